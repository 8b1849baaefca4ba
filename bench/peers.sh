#!/usr/bin/env bash
# Installs what the benchmarks are held against into a throw-away folder: a Python environment in .cache/bench/peers.
# PYTHON names another Python than python3; the reference library wants 3.8 to 3.12.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
folder=.cache/bench/peers

"$python" -c 'import sys; sys.exit(not (3, 8) <= sys.version_info < (3, 13))' || {
  echo "bench: $python is not Python 3.8 to 3.12, which stream-infer wants; name one: PYTHON=/usr/bin/python3.11 bash bench/peers.sh" >&2
  exit 1
}
rm -rf "$folder"
mkdir -p .cache/bench
"$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check stream-infer==0.6.7 opencv-python-headless av onnxruntime
# the last thing made: with it the folder is whole
"$folder/bin/python" -m pip list --disable-pip-version-check --format=freeze > "$folder/versions.txt"
