"""Tells people and other systems of alarms, away from the desk: one file a kind of target, in
``kinds/``. What is sent holds masked pictures or none, and waits in the database until it is."""
