"""RTSP server on the loopback for the tests: /file plays a video file from its start for every client, /test is a live
test picture. TCP and UDP. Prints "ready PORT" when it accepts clients; ends when its standard input is closed.

usage: rtsp-server.py [--file FILE.mp4] [--user NAME --password WORD] [--port PORT]
                      [--codec h264|h265|mjpeg] [--size WIDTHxHEIGHT] [--rate FRAMES/SECONDS] [--pattern NAME] [--path PATH]
"""
import argparse
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

CODECS = {
    "h264": "x264enc tune=zerolatency key-int-max=15 speed-preset=ultrafast ! rtph264pay name=pay0 pt=96 config-interval=1",
    "h265": "x265enc tune=zerolatency key-int-max=15 speed-preset=ultrafast ! rtph265pay name=pay0 pt=96 config-interval=1",
    "mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}
ROLE = "viewer"


def live_pipeline(options):
    width, height = options.size.split("x")
    picture = f"video/x-raw,format=I420,width={width},height={height},framerate={options.rate}"
    return f"( videotestsrc is-live=true pattern={options.pattern} ! {picture} ! {CODECS[options.codec]} )"


def file_pipeline(path):
    quoted = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'( filesrc location="{quoted}" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=1 )'


def add_mount(server, path, launch, shared, guarded):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch)
    factory.set_shared(shared)
    if guarded:
        permissions = GstRtspServer.RTSPPermissions()
        role = Gst.Structure.new_from_string(
            f"{ROLE}, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
        )
        permissions.add_role_from_structure(role)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory(path, factory)


def guard(server, user, password):
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    auth = GstRtspServer.RTSPAuth()
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--file")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--port", default="0")
    parser.add_argument("--codec", choices=CODECS, default="h264")
    parser.add_argument("--size", default="320x240")
    parser.add_argument("--rate", default="15/1")
    parser.add_argument("--pattern", default="ball")
    parser.add_argument("--path", default="test")
    options = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    guarded = options.user is not None
    if options.file:
        add_mount(server, "/file", file_pipeline(options.file), False, guarded)
    add_mount(server, f"/{options.path}", live_pipeline(options), True, guarded)
    if guarded:
        guard(server, options.user, options.password or "")
    if server.attach(None) == 0:
        sys.exit("the server could not be attached")
    loop = GLib.MainLoop()
    # The test that started us holds the other end of stdin: when it dies, so do we.
    GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IOCondition.IN | GLib.IOCondition.HUP, lambda *_: loop.quit())
    print(f"ready {server.get_bound_port()}", flush=True)
    loop.run()


main()
