"""How a camera's zones, lines, ground and rules look on the wire while they are changed.

A set travels in the very form of the site file. What stands in it is checked by the rooms that
know it, so that every mistake comes back with its field and in plain words.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from streetlamp.desk.rule_services import Checked, Matrix, Origin, SetView
from streetlamp.desk.wire import Wire

MOST: int = 100  # zones, lines, rules
Note = Annotated[str, Field(max_length=500)]
Number = Annotated[int, Field(strict=True, ge=0, le=10**9)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RuleSetIn(_In):
    """A camera's set, as it would stand in the site file."""

    zones: dict[str, Any] = Field(
        default={}, max_length=MOST, description="Corners [x, y] by name, fractions 0–1."
    )
    lines: dict[str, Any] = Field(
        default={}, max_length=MOST, description="Start and end [x, y] by name, fractions 0–1."
    )
    ground: dict[str, Any] | None = Field(
        default=None, description="How the ground is calibrated, or null."
    )
    rules: list[Any] = Field(
        default=[], max_length=MOST, description="Mappings that begin with `rule` and its kind."
    )


class CheckIn(_In):
    set: RuleSetIn


class SaveIn(_In):
    set: RuleSetIn
    based_on: Number = Field(description="The version that was changed.")
    note: Note = Field(default="", description="Why, in a sentence.")


class RevertIn(_In):
    version: Number = Field(description="Where to go back to; 0: what the site file says.")
    based_on: Number = Field(description="The version that counts now.")
    note: Note = ""


class RuleSetOut(Wire):
    """A camera's set, as it would stand in the site file."""

    zones: dict[str, Any]
    lines: dict[str, Any]
    ground: dict[str, Any] | None
    rules: tuple[Any, ...]


class RuleVersionOut(Wire):
    version: int
    origin: Origin = Field(description="`file`: there somebody went back to the site file.")
    author: str
    time: float
    note: str


class CameraRulesOut(Wire):
    """What a camera watches for now, and where that stands."""

    camera: str
    origin: Origin = Field(description="Whether the site file's set counts, or the desk's.")
    version: int = Field(description="Of the desk's set; 0: never changed at the desk.")
    set: RuleSetOut = Field(description="What counts.")
    file: RuleSetOut = Field(description="What the site file says.")
    file_changed: bool = Field(
        description="The site file says something else than when the desk's set was saved."
    )
    problem: str = Field(description="Why the desk's set is not in force; empty if it is.")
    versions: tuple[RuleVersionOut, ...] = Field(description="Newest first.")
    plane: Matrix | None = Field(
        description="Fractions of the picture to metres on the ground (a homography), or null."
    )

    @classmethod
    def of(cls, view: SetView) -> CameraRulesOut:
        plain = {name: getattr(view, name) for name in cls.model_fields}
        return cls.model_validate(plain)


class MistakeOut(Wire):
    path: tuple[str | int, ...] = Field(description="Keys and places in lists, from the set down.")
    text: str


class ChangeOut(Wire):
    what: Literal["zone", "line", "ground", "rule"]
    name: str
    change: Literal["added", "changed", "removed"]


class CheckedOut(Wire):
    mistakes: tuple[MistakeOut, ...]
    changes: tuple[ChangeOut, ...] = Field(description="From what counts now.")
    plane: Matrix | None

    @classmethod
    def of(cls, checked: Checked) -> CheckedOut:
        return cls(
            mistakes=tuple(MistakeOut.model_validate(one) for one in checked.mistakes),
            changes=tuple(ChangeOut.model_validate(one) for one in checked.changes),
            plane=checked.plane,
        )


class YamlOut(Wire):
    text: str = Field(description="A piece of site file.")


class RuleKindOut(Wire):
    """A kind of rule, and the form of its options."""

    kind: str
    summary: str
    about: str = Field(description="More about it.")
    watches: Literal["zone", "line"]
    needs_ground: bool
    first: tuple[str, ...] = Field(description="The fields to show first, in order.")
    form: dict[str, Any] = Field(
        description="JSON schema of its options, with titles, descriptions and defaults."
    )


class RuleKindsOut(Wire):
    kinds: tuple[RuleKindOut, ...]
