"""What was left in a scene and what was removed from it: a background model, where nobody is."""

from streetlamp.video.things.watch import ThingWatch

__all__ = ["ThingWatch"]
