"""What an owner may set about serviceability, planned work, alarms, and what cameras depend on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, tzinfo
from fnmatch import fnmatchcase
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from streetlamp.options import Options


def _moment(value: Any) -> Any:
    """A moment as YAML gives it: text, a date (its midnight) or a date with a time."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(
                f"{value!r} is no moment; write it like 2026-05-01 08:00 (the site's time)"
            ) from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value


Moment = Annotated[datetime, BeforeValidator(_moment)]


class MaintenanceOptions(Options):
    """Planned work: minutes that are not expected of some cameras."""

    begins: Moment = Field(
        alias="from",
        title="From",
        description="When it begins, by the clock of the site.",
        examples=["2026-05-04 08:00"],
    )
    until: Moment = Field(
        title="Until",
        description="When it ends.",
        examples=["2026-05-04 12:00"],
    )
    cameras: tuple[str, ...] = Field(
        default=("*",),
        min_length=1,
        title="Cameras",
        description="Which cameras: ids, or patterns such as north-*. Left out: all of them.",
        examples=[["north-*"]],
    )
    why: str = Field(
        min_length=1,
        max_length=200,
        title="Why",
        description="What is done. Stands in the report.",
        examples=["New switch in the north cabinet"],
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if (self.begins.tzinfo is None) is (self.until.tzinfo is None) and (
            self.until <= self.begins
        ):
            raise ValueError("until is not later than from")
        return self

    def span(self, zone: tzinfo) -> tuple[int, int]:
        """From and until as whole minutes, POSIX seconds: all that lie in it, even in part."""
        start, end = (
            moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
            for moment in (self.begins, self.until)
        )
        return (
            int(start.astimezone(UTC).timestamp() // 60) * 60,
            -int(-end.astimezone(UTC).timestamp() // 60) * 60,
        )


class GroupOptions(Options):
    """Something that several cameras depend on. When it fails, that is one alarm."""

    name: str = Field(
        default="",
        max_length=80,
        title="Name",
        description="What people call it. Left out: its id.",
        examples=["Switch in the north cabinet"],
    )
    kind: str = Field(
        default="switch",
        min_length=1,
        max_length=40,
        title="Kind",
        description="What it is: switch, power feed, recorder, radio link, …",
        examples=["switch"],
    )
    cameras: tuple[str, ...] = Field(
        default=(),
        title="Cameras",
        description="The cameras that hang on it: ids, or patterns such as north-*.",
        examples=[["north-*"]],
    )
    behind: str = Field(
        default="",
        title="Behind",
        description="The id of the group that this one hangs on itself: a switch behind a power "
        "feed.",
        examples=["feed-north"],
    )


class FleetAlarmOptions(Options):
    """When trouble with cameras becomes an alarm, and what becomes one alarm together."""

    enabled: bool = Field(
        default=True,
        title="Alarms about cameras",
        description="false: trouble with cameras is only kept in the ledger.",
    )
    down_seconds: float = Field(
        default=60.0,
        ge=0,
        le=86_400,
        title="Camera down",
        description="Seconds a camera must have sent nothing before that is an alarm.",
    )
    tamper_seconds: float = Field(
        default=60.0,
        ge=0,
        le=86_400,
        title="Tampered with",
        description="Seconds a camera must have been covered or turned away before that is an "
        "alarm, beside the time it takes to be sure.",
    )
    degraded_seconds: float = Field(
        default=600.0,
        ge=0,
        le=86_400,
        title="Degraded",
        description="Seconds for which a camera must have been lost for any other reason (out of "
        "focus, frozen, not recorded, …) before that is an alarm.",
    )
    recovered_seconds: float = Field(
        default=60.0,
        ge=0,
        le=86_400,
        title="Recovered",
        description="Seconds a camera must have been well before its alarm ends.",
    )
    together_seconds: float = Field(
        default=60.0,
        ge=1,
        le=3600,
        title="Together",
        description="Cameras behind one thing that are lost within this many seconds are one "
        "alarm.",
    )
    most_percent: float = Field(
        default=60.0,
        gt=0,
        le=100,
        title="Most of them",
        description="Part of the cameras behind one thing that must be lost for it to be blamed.",
    )
    at_once_seconds: float = Field(
        default=5.0,
        ge=0,
        le=600,
        title="At once",
        description="Cameras with nothing known in common are one alarm when no more than this "
        "many seconds lie between one and the next being lost.",
    )
    at_once_cameras: int = Field(
        default=3,
        ge=2,
        le=1000,
        title="Cameras at once",
        description="And when they are at least so many.",
    )


class FleetOptions(Options):
    """What is asked of the cameras together, and how it is told when they fail."""

    objective_percent: float = Field(
        default=95.0,
        ge=0,
        lt=100,
        title="Objective",
        description="Share of the expected minutes in which a camera must do its whole job. "
        "National plans for public places ask for 95 % and more.",
    )
    alarms: FleetAlarmOptions = Field(
        default=FleetAlarmOptions.model_validate({}),
        title="Alarms about cameras",
        description="When trouble with cameras becomes an alarm, and what becomes one together.",
    )
    maintenance: tuple[MaintenanceOptions, ...] = Field(
        default=(),
        title="Planned maintenance",
        description="Work that was announced. Its minutes are not expected, and are listed in the "
        "report. It counts from when Streetlamp has read it: never for what is already past. Such "
        "as [{from: 2026-05-04 08:00, until: 2026-05-04 12:00, cameras: [north-*], why: New "
        "switch}].",
    )
    groups: dict[str, GroupOptions] = Field(
        default={},
        title="Groups",
        description="What cameras depend on, by id: switches, power feeds, recorders. Many cameras "
        "lost with one of them are one alarm. Such as switch-north: {name: Switch in the north "
        "cabinet, kind: switch, cameras: [north-*], behind: feed-north} and feed-north: {kind: "
        "power feed}.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for id_, group in self.groups.items():
            if group.behind and group.behind not in self.groups:
                raise ValueError(f"group {id_} is behind {group.behind!r}, and there is none")
            for above in self.above(id_):
                if above == id_:
                    raise ValueError(f"group {id_} is behind itself")
        return self

    def above(self, group: str) -> Iterator[str]:
        """The groups that one hangs on, the nearest first; ends when it comes round."""
        seen: set[str] = set()
        above = self.groups[group].behind
        while above and above not in seen:
            seen.add(above)
            yield above
            above = self.groups[above].behind

    def behind(self, cameras: Mapping[str, Any]) -> dict[str, frozenset[str]]:
        """The ids of the cameras behind each group, directly or through another."""
        found: dict[str, set[str]] = {id_: set() for id_ in self.groups}
        for id_, group in self.groups.items():
            own = matching(group.cameras, cameras)
            for one in (id_, *self.above(id_)):
                found[one] |= own
        return {id_: frozenset(own) for id_, own in found.items()}


def matching(patterns: tuple[str, ...], cameras: Mapping[str, Any]) -> set[str]:
    """The ids that one of the patterns means."""
    return {id_ for id_ in cameras for pattern in patterns if fnmatchcase(id_, pattern)}
