#!/bin/sh
# Makes the Python that some tests need, in .cache/python: numpy for algos, the Python library stream-infer, MLServer with ONNX
# Runtime (an Open Inference Protocol server that is not ours) and Triton's client (one that is not ours). Does nothing when it is
# there. Where it cannot be made (no Python of 3.9 to 3.12 with venv, no PyPI) these tests are pending.
set -eu
cd "$(dirname "$0")/.."

PACKAGES='numpy mlserver==1.7.1 onnxruntime tritonclient[http,grpc] stream-infer==0.6.7'
folder=.cache/python

if [ -x "$folder/bin/python" ] && [ "$(cat $folder/packages 2>/dev/null)" = "$PACKAGES" ]; then
  echo 'test-python: all there'
  exit 0
fi

make_with() {
  rm -rf "$folder"
  "$1" -c 'import sys; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 12))' || return 1
  "$1" -m venv "$folder" || return 1
  # shellcheck disable=SC2086 # a list of names
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check $PACKAGES || return 1
  echo "$PACKAGES" > "$folder/packages"
}

for python in "${PYTHON:-python3}" /usr/bin/python3; do
  command -v "$python" >/dev/null 2>&1 || continue
  echo "test-python: installing $PACKAGES into $folder by $python"
  if make_with "$python"; then exit 0; fi
done
rm -rf "$folder"
echo 'test-python: it could not be made; the tests of Python algos and of other inference servers stay pending' >&2
