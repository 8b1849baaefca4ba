#!/bin/sh
# Makes the Python that the tests need, in .cache/python: numpy for algos, the Python library stream-infer, MLServer with ONNX
# Runtime (an Open Inference Protocol server that is not ours) and Triton's client (one that is not ours). Does nothing when it is there.
set -eu
cd "$(dirname "$0")/.."

PACKAGES='numpy mlserver==1.7.1 onnxruntime tritonclient[http,grpc] stream-infer==0.6.7'
folder=.cache/python
python=$folder/bin/python

if [ -x "$python" ] && [ "$(cat $folder/packages 2>/dev/null)" = "$PACKAGES" ]; then
  echo 'test-python: all there'
  exit 0
fi

echo "test-python: installing $PACKAGES into $folder"
python3 -m venv "$folder"
# shellcheck disable=SC2086 # a list of names
"$python" -m pip install --quiet --disable-pip-version-check $PACKAGES
echo "$PACKAGES" > "$folder/packages"
