"""One file a cause (see `streetlamp.meters.base`)."""
