"""The life of an alarm: raised by an event, answered by a person, kept with its clip."""

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.clips import ClipCutter, Exporter
from streetlamp.alarms.life import InvalidTransitionError, NoSuchAlarmError
from streetlamp.alarms.options import AlarmOptions

__all__ = [
    "AlarmBook",
    "AlarmOptions",
    "ClipCutter",
    "Exporter",
    "InvalidTransitionError",
    "NoSuchAlarmError",
]
