#!/bin/sh
# Installs FlowFuse Dashboard 2, which an example shows streams with, into .cache/dashboard for its test. Does nothing when it is
# there. Where it cannot be had that test is pending.
set -eu
cd "$(dirname "$0")/.."

PACKAGE='@flowfuse/node-red-dashboard@1.31.0'
folder=.cache/dashboard

if [ "$(cat $folder/package 2>/dev/null)" = "$PACKAGE" ]; then
  echo 'test-dashboard: all there'
  exit 0
fi

rm -rf "$folder"
mkdir -p "$folder"
echo '{ "private": true }' > "$folder/package.json"
echo "test-dashboard: installing $PACKAGE into $folder"
if npm install --prefix "$folder" --no-audit --no-fund --loglevel=error "$PACKAGE"; then
  echo "$PACKAGE" > "$folder/package"
else
  rm -rf "$folder"
  echo 'test-dashboard: it could not be installed; the test of the dashboard stays pending' >&2
fi
