"""Alarms as somebody sees them who may see some cameras only."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from streetlamp.alarms.life import OPEN
from streetlamp.desk.scope import Eyes
from streetlamp.desk.services import AlarmBook
from streetlamp.store.alarm_groups import GroupSum
from streetlamp.values import Alarm, AlarmState


def own_cameras(book: AlarmBook, eyes: Eyes) -> frozenset[str] | None:
    """Of the cameras that alarms are about, those that `eyes` see; None: every one, and what is
    about several."""
    return None if eyes.everything else frozenset(eyes.only(book.cameras(), str))


def alarms_of(
    book: AlarmBook,
    eyes: Eyes,
    states: Collection[AlarmState] | None = None,
    camera: str | None = None,
    limit: int | None = 50,
    before: float | None = None,
    **more: Any,
) -> list[Alarm]:
    """As `AlarmBook.list`, of the cameras that `eyes` see."""
    cameras = own_cameras(book, eyes)
    return list(book.list(states, camera, limit, before, cameras=cameras, **more))


def groups_of(
    book: AlarmBook, eyes: Eyes, ids: Collection[str] | None = None, **more: Any
) -> list[GroupSum]:
    """As `AlarmBook.groups`: where `eyes` see some cameras only, with the numbers of these, and
    nothing that tells of the others."""
    return list(book.groups(ids, cameras=own_cameras(book, eyes), **more))


def open_count(book: AlarmBook, eyes: Eyes) -> int:
    """How many alarms nobody has answered yet, of the cameras that `eyes` see."""
    if eyes.everything:
        return book.open_count()
    return len(alarms_of(book, eyes, OPEN, limit=None, shelved=False))
