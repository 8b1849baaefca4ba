#!/bin/sh
# Installs the system packages that the tests need (Debian, Ubuntu). Does nothing when all of them are there.
set -eu

PACKAGES='ffmpeg chromium openssl python3-venv python3-gi gir1.2-gst-rtsp-server-1.0
redis-server mosquitto postgresql
gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly'

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
  echo 'test-packages: this is no Debian or Ubuntu. The tests need, by your own package manager:'
  echo '  ffmpeg with libx264, Chromium, OpenSSL, Redis, Mosquitto, PostgreSQL, Python 3 with PyGObject, the GStreamer RTSP server with its'
  echo '  introspection data, and the GStreamer plugins base, good, bad and ugly (x264enc, h264parse).'
  exit 0
fi

missing=''
for package in $PACKAGES; do
  state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$state" = 'install ok installed' ] && continue
  # Ubuntu's chromium package only fetches a snap; a browser that is there already is as good.
  if [ "$package" = chromium ] && { command -v chromium || command -v google-chrome; } >/dev/null 2>&1; then continue; fi
  missing="$missing $package"
done

if [ -z "$missing" ]; then
  echo 'test-packages: all there'
  exit 0
fi

run_as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null 2>&1; then sudo "$@"
  else echo "test-packages: not root and no sudo; run yourself: $*" >&2; exit 1
  fi
}

echo "test-packages: installing$missing"
run_as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of names
run_as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
