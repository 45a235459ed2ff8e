"""The faults, one small class each; adding one touches no other file."""
