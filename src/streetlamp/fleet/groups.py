"""What cameras have in common: the things in the site file that several of them depend on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from streetlamp.fleet.options import FleetOptions


@dataclass(frozen=True, slots=True)
class Group:
    """A switch, a power feed, a recorder, and the cameras behind it, however far."""

    id: str
    name: str
    kind: str
    cameras: frozenset[str]
    depth: int  # how many things it hangs on itself


def groups_of(options: FleetOptions, cameras: Mapping[str, Any]) -> tuple[Group, ...]:
    """The groups that have cameras."""
    behind = options.behind(cameras)
    return tuple(
        Group(id_, one.name or id_, one.kind, behind[id_], len(list(options.above(id_))))
        for id_, one in options.groups.items()
        if behind[id_]
    )


def things_behind(options: FleetOptions, cameras: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The names of the things that each camera depends on, the nearest first."""
    groups = sorted(groups_of(options, cameras), key=lambda one: (-one.depth, len(one.cameras)))
    return {
        camera: tuple(group.name for group in groups if camera in group.cameras)
        for camera in cameras
    }


def blamed(
    groups: Collection[Group],
    lost: Collection[str],
    lost_before: Collection[str],
    most: float,
) -> tuple[Group, frozenset[str]] | None:
    """The one thing that explains the most of what is lost, and which that is; None: there is none.

    lost: cameras lost together. lost_before: others that are lost, too. most: share (0–1) of the
    cameras behind a thing that must be lost. Of equals the smaller thing, nearer to the cameras.
    """
    fitting = []
    for group in groups:
        mine = group.cameras.intersection(lost)
        gone = len(mine) + len(group.cameras.intersection(lost_before) - mine)
        if len(mine) >= 2 and gone >= most * len(group.cameras):
            fitting.append((len(mine), -len(group.cameras), group.depth, group.id, group, mine))
    if not fitting:
        return None
    *_, group, mine = max(fitting, key=lambda one: one[:4])
    return group, frozenset(mine)
