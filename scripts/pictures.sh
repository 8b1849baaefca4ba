#!/usr/bin/env bash
# Makes the pictures of the README anew: a frame of the demo's annotated video, the editor and its streams tab while the demo flow plays, and the studio.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p docs/images
npm run demo -- --headless
ffmpeg -v error -y -ss 5 -i .demo/annotated.mp4 -frames:v 1 -q:v 3 docs/images/annotated.jpg
UPDATE_SCREENSHOTS=1 npx mocha --timeout 180000 test/e2e/example.test.ts test/e2e/studio.test.ts --grep pictures
