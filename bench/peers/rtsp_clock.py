"""An RTSP camera that says when each picture leaves it. Run by the system's Python (GStreamer).

    rtsp_clock.py CLIP.mp4

Prints ``port N`` when it listens (on loopback alone); then, for every viewer, ``sent P W`` a few
times: the picture with the time stamp P (seconds of the clip) leaves at the POSIX time W.
"""

import sys
import time
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def leaving(pad: Any, info: Any, pay: Any) -> Any:
    """When the picture in this buffer is due: what stands before the network waits until then."""
    clock, stamp = pay.get_clock(), info.get_buffer().pts
    base = pay.get_base_time()
    segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0)
    if clock is not None and base and segment is not None:
        running = segment.parse_segment().to_running_time(Gst.Format.TIME, stamp)
        due = time.time() + (base + running - clock.get_time()) / Gst.SECOND
        print("sent", f"{stamp / Gst.SECOND:.6f}", f"{due:.6f}", flush=True)
    return Gst.PadProbeReturn.OK


def configured(_factory: Any, media: Any) -> None:
    pay = media.get_element().get_by_name("pay0")
    pay.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, leaving, pay)


def main(clip: str) -> None:
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        f"( filesrc location={clip} ! qtdemux ! h264parse ! "
        "rtph264pay config-interval=-1 name=pay0 pt=96 )"
    )
    factory.connect("media-configure", configured)
    server.get_mount_points().add_factory("/camera", factory)
    if server.attach(None) == 0:
        sys.exit("cannot listen")
    print("port", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


main(sys.argv[1])
