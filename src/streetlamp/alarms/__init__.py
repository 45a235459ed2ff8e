"""The life of an alarm: raised by an event, answered by a person, kept with its clip."""
