"""What every target can be told. A kind's own options stand beside it, in ``kinds/``."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal

from pydantic import ConfigDict, Field

from streetlamp.options import Options
from streetlamp.rules.schedule import Window
from streetlamp.values import Alarm, Severity


class TargetOptions(Options):
    """Common to all targets."""

    model_config = ConfigDict(hide_input_in_errors=True)

    kind: str = Field(title="Kind", description="Which kind of target this is.")
    enabled: bool = Field(True, title="On", description="false: nothing is sent there.")
    severities: tuple[Severity, ...] = Field(
        (Severity.WARNING, Severity.HIGH, Severity.CRITICAL),
        min_length=1,
        title="Severities",
        description="How urgent an alarm must be to be told there.",
    )
    cameras: tuple[str, ...] = Field(
        ("*",),
        min_length=1,
        title="Cameras",
        description="Which cameras' alarms: ids, or patterns such as north-*. An alarm about "
        "several cameras is told where all of them (*) are.",
    )
    rules: tuple[str, ...] = Field(
        ("*",),
        min_length=1,
        title="Rules",
        description="Which rules' alarms: their names or kinds, or patterns such as intrusion or "
        "camera_*.",
    )
    tell: tuple[
        Literal["raised", "escalated", "acknowledged", "resolved", "false", "reminder"], ...
    ] = Field(
        ("raised", "escalated"),
        min_length=1,
        title="What is told",
        description="Which steps of an alarm's life: raised, escalated (more urgent than before), "
        "acknowledged, resolved, false, reminder (acknowledged, and no news since). What is "
        "escalated to this target by alarms: escalation is told whatever stands here.",
    )
    quiet: tuple[Window, ...] = Field(
        (),
        title="Quiet hours",
        description="Days and hours in which only critical alarms are told at once; the rest comes "
        "as one message at their end.",
    )
    gather_seconds: float = Field(
        2.0,
        ge=0,
        le=300,
        title="Gather",
        description="Seconds for which a message waits for more of the same moment.",
    )
    critical_seconds: float = Field(
        0.5,
        ge=0,
        le=60,
        title="Gather, when critical",
        description="The same once something critical is in it.",
    )
    storm_alarms: int = Field(
        20,
        ge=1,
        le=10_000,
        title="Storm",
        description="More than so much to tell within a minute is a storm, and one message.",
    )
    storm: Literal["first", "whole"] = Field(
        "first",
        title="Message of a storm",
        description="first: it is sent when the storm begins, and what follows is counted in "
        "silence. whole: it is sent when the storm is over, or after 90 seconds, with all of it.",
    )
    retry_hours: float = Field(
        72.0,
        gt=0,
        le=720,
        title="Give up after",
        description="Hours in which a message is tried again and again before it is given up. The "
        "desk shows it then, and can send it again.",
    )
    link: str = Field(
        "",
        max_length=300,
        title="Address of the desk",
        description="Where people open the desk, for the link in a message. Left out: no link.",
        examples=["https://lamp.example.org"],
    )

    def wants(self, alarm: Alarm) -> bool:
        """Whether this alarm, as it is now, is told there."""
        return (
            alarm.shelved is None
            and alarm.severity in self.severities
            and any(fnmatchcase(alarm.camera, one) for one in self.cameras)
            and any(
                fnmatchcase(name, one) for one in self.rules for name in (alarm.rule, alarm.kind)
            )
        )
