"""A small RTSP server for tests, run by the system's Python (it has GStreamer's bindings).

Prints ``port N`` when it listens (on loopback alone), and serves until it is killed. Each pipeline
ends in an element called pay0. ``--tls`` takes a PEM file with a certificate and its key.
"""

import argparse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default="0")
    parser.add_argument("--login", help="NAME:PASSWORD")
    parser.add_argument("--method", default="digest", choices=["digest", "basic"])
    parser.add_argument("--tls")
    parser.add_argument("--shared", action="store_true", help="one pipeline for all viewers")
    parser.add_argument("mounts", nargs="+", metavar="PATH=PIPELINE")
    return parser.parse_args()


def auth_for(chosen, token):
    auth = GstRtspServer.RTSPAuth()
    if chosen.tls:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(chosen.tls))
    name, _, password = (chosen.login or "").partition(":")
    if not chosen.login:
        auth.set_default_token(token)
    elif chosen.method == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(name, password, token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(name, password), token)
    return auth


def main(chosen):
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address(chosen.host)
    server.set_service(chosen.port)
    guarded = bool(chosen.login or chosen.tls)
    if guarded:
        token = GstRtspServer.RTSPToken()
        token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
        server.set_auth(auth_for(chosen, token))
    for mount in chosen.mounts:
        path, _, pipeline = mount.partition("=")
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {pipeline} )")
        factory.set_shared(chosen.shared)
        if guarded:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("viewer", "media.factory.access", True)
            permissions.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(path, factory)
    if server.attach(None) == 0:
        raise SystemExit("cannot listen")
    print("port", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


main(options())
