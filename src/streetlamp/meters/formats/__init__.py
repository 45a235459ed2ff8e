"""One file a format in which readings are delivered (see `streetlamp.meters.format`)."""
