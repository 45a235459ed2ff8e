"""Lengths of time, moments and shares in words."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def length(seconds: float) -> str:
    """ "40 seconds", "12 minutes", "3 h 20 min", "2 days 4 h"."""
    if seconds < 90:
        n = round(seconds)
        return f"{n} second{'' if n == 1 else 's'}"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} minutes"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    days, hours = divmod(hours + (minutes >= 30), 24)
    return f"{days:,} days" + (f" {hours} h" if hours and days < 100 else "")


def moment(time: float, zone: tzinfo = UTC) -> str:
    """ "2026-03-29 01:59 UTC"; what is no date is given as it is."""
    try:
        return datetime.fromtimestamp(time, zone).strftime("%Y-%m-%d %H:%M %Z")
    except (OverflowError, ValueError, OSError):
        return f"{time:.0f} seconds after 1970"


def percent(share: float | None) -> str:
    """ "99.3 %"; never rounded up to 100 when something is missing."""
    if share is None:
        return "–"
    if share >= 1.0:
        return "100 %"
    if abs(share * 100 - round(share * 100)) < 1e-9:
        return f"{round(share * 100)} %"
    tenths = min(999, max(0, round(share * 1000)))
    if share > 0.999:
        return f"{min(9999, int(share * 10_000)) / 100:.2f} %"
    return f"{tenths / 10:.1f} %"


def count(n: int, one: str, many: str = "") -> str:
    """ "1 camera", "12 cameras"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
