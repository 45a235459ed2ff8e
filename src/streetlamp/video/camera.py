"""One camera's pipeline: what a source gives goes in, masked pictures and tracks come out.

This is the glass wall's door.
"""

from __future__ import annotations

from streetlamp.video.hiding import Figures, Hiding, Looker, Now, Output, Shown

__all__ = ["Camera", "Figures", "Looker", "Now", "Output", "Shown"]


class Camera(Hiding):
    """One camera's pictures, masked. `push` each picture in turn; `flush` at the end."""
