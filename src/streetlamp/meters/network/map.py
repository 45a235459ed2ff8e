"""The network as a picture (SVG): where a leak is likely to be, and where the sensors are."""

from __future__ import annotations

from html import escape
from typing import Final

import numpy as np

from streetlamp.meters.network.plan import Plan
from streetlamp.meters.network.tell import PIPE
from streetlamp.values import Finding

_SIZE: Final = 900.0
_EDGE: Final = 40.0
_TOP: Final = 60.0
_HEAD: Final = (
    "<style>svg{background:#fff}.t{font-size:16px;font-weight:600;fill:#222}"
    ".s{font-size:11px;fill:#444}.p{stroke:#bbb;stroke-width:1}.l{stroke:#c02a2a}"
    ".o{fill:#2a78c0}@media(prefers-color-scheme:dark){svg{background:#14161a}.t{fill:#eee}"
    ".s{fill:#bbb}.p{stroke:#444}}</style>"
)


def draw_map(finding: Finding, plan: Plan) -> str:
    """The whole document: likely pipes red and thick, sensors blue. North is up."""
    x, y = plan.place[:, [0, 2]], plan.place[:, [1, 3]]
    span = max(float(np.ptp(x)), float(np.ptp(y)), 1e-9)
    scale = (_SIZE - 2 * _EDGE) / span
    x = _EDGE + (x - x.min()) * scale
    y = _TOP + (y.max() - y) * scale
    height = float(y.max()) + _EDGE
    number = {name: at for at, name in enumerate(plan.pipes)}
    chance = {
        number[name.removeprefix(PIPE)]: value
        for name, value in finding.numbers.items()
        if name.startswith(PIPE)
    }
    most = max(chance.values(), default=1.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE:.0f} {height:.0f}" '
        f'width="{_SIZE:.0f}" height="{height:.0f}" font-family="sans-serif">{_HEAD}',
        f'<text class="t" x="{_EDGE}" y="24">{escape(f"Leak near {finding.subject}")}</text>',
        f'<text class="s" x="{_EDGE}" y="42">Red: pipes it may be at, thicker where likelier. '
        "Blue: pressure sensors.</text>",
    ]
    for at, (x0, x1) in enumerate(x.tolist()):
        if at not in chance:
            parts.append(_line("p", x0, y[at, 0], x1, y[at, 1]))
    for at, value in chance.items():
        width = 2 + 5 * value / most
        parts.append(_line("l", x[at, 0], y[at, 0], x[at, 1], y[at, 1], width, plan.pipes[at]))
    for sensor, name in zip(plan.sensor_at.tolist(), plan.sensors, strict=True):
        there = np.argwhere(plan.ends == sensor)
        if len(there):
            pipe, end = there[0]
            parts.append(
                f'<circle class="o" cx="{x[pipe, end]:.1f}" cy="{y[pipe, end]:.1f}" r="4">'
                f"<title>{escape(name)}</title></circle>"
            )
    return "\n".join([*parts, "</svg>"])


def _line(
    style: str, x0: float, y0: float, x1: float, y1: float, width: float = 0, title: str = ""
) -> str:
    wide = f' stroke-width="{width:.1f}"' if width else ""
    inner = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<line class="{style}" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"{wide}>'
        f"{inner}</line>"
    )
