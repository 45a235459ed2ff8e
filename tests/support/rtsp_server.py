"""A small RTSP server for tests, run by the system's Python (it has GStreamer's bindings).

Usage: rtsp_server.py [--login NAME:PASSWORD] PATH=PIPELINE [PATH=PIPELINE …]

Prints ``port N`` when it listens (on loopback alone), and serves until it is killed. Each pipeline
ends in an element called pay0. ``--login`` asks for digest authentication.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402


def main(arguments):
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    login = None
    if arguments[0] == "--login":
        login, arguments = arguments[1], arguments[2:]
        auth = GstRtspServer.RTSPAuth()
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        token = GstRtspServer.RTSPToken()
        token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
        name, _, password = login.partition(":")
        auth.add_digest(name, password, token)
        server.set_auth(auth)
    for mount in arguments:
        path, _, pipeline = mount.partition("=")
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {pipeline} )")
        if login:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("viewer", "media.factory.access", True)
            permissions.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(path, factory)
    if server.attach(None) == 0:
        sys.exit("cannot listen")
    print("port", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


main(sys.argv[1:])
