"""From ``notify:`` in the site file to options, and from options to targets."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny, StringConstraints

from streetlamp.notify.base import NOTIFIERS, Notifier, Surroundings
from streetlamp.notify.options import TargetOptions

TargetName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


def target_options(kind: str) -> type[TargetOptions]:
    """The options class of a kind of target; KeyError when there is no such kind."""
    return NOTIFIERS[kind].Options


def parse_target(data: Any) -> Any:
    """A mapping with ``kind: KIND`` becomes that kind's options."""
    if isinstance(data, TargetOptions):
        return data
    if not isinstance(data, Mapping):
        raise ValueError("a target is a mapping that begins with kind:")  # noqa: TRY004
    kinds, kind = sorted(NOTIFIERS), data.get("kind")
    if kind is None:
        raise ValueError(f"'kind' is missing: which kind of target? ({', '.join(kinds)})")
    if not isinstance(kind, str) or kind not in NOTIFIERS:
        near = difflib.get_close_matches(str(kind), kinds, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(kinds)}"
        raise ValueError(f"there is no kind of target '{kind}'; {hint}")
    return target_options(kind).model_validate(dict(data))


Target = Annotated[SerializeAsAny[TargetOptions], BeforeValidator(parse_target)]


def make_target(name: str, options: TargetOptions, around: Surroundings) -> Notifier:
    """UserError when it cannot work with these options."""
    return NOTIFIERS[options.kind](name, options, around)
