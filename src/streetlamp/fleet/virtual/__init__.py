"""Virtual cameras: a clip served over RTSP as a camera would, with drills of what goes wrong.

``faulted`` applies the same faults to pictures at hand. A new fault is one class in ``kinds/``.
"""

from streetlamp.fleet.virtual.base import FAULTS, Fault, PictureFault, StreamFault
from streetlamp.fleet.virtual.picture import Picture
from streetlamp.fleet.virtual.picture_faults import faulted, picture_fault_names
from streetlamp.fleet.virtual.schedule import Drill, parse_drills
from streetlamp.fleet.virtual.virtual_camera import VirtualCamera, VirtualCameras

__all__ = [
    "FAULTS",
    "Drill",
    "Fault",
    "Picture",
    "PictureFault",
    "StreamFault",
    "VirtualCamera",
    "VirtualCameras",
    "faulted",
    "parse_drills",
    "picture_fault_names",
]
