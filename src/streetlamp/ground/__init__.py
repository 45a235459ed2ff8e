"""The ground a camera looks at, in metres: a plane, from points or from people's heights.

A flat ground seen by a camera without distortion is a projective map (a homography) of the picture
(Criminisi 2000, "Single-View Metrology"; Hartley & Zisserman 2004, chapter 8). Four points whose
places on the ground are known fix it. Where nobody measured the ground, people do: with a camera
that is not tilted sideways, how tall upright people look at every height of the picture gives the
horizon and the scale (Hoiem, Efros & Hebert 2008, "Putting Objects in Perspective").

A calibration is never exact, so a plane carries its `variants`: what the plane would be if one
independent cause of error (a click, the mean height, …) were one standard deviation off. Whatever
is measured on the plane is measured on the variants too, and the differences are its doubt.

See ``design/ground.md``.
"""

from streetlamp.ground.options import GroundOptions
from streetlamp.ground.people import plane_from_people
from streetlamp.ground.plane import Plane
from streetlamp.ground.points import plane_from_points, plane_from_rectangle

__all__ = [
    "GroundOptions",
    "Plane",
    "plane_from_people",
    "plane_from_points",
    "plane_from_rectangle",
]
