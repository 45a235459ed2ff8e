"""A rule run over what was followed, a stretch at once: the same events as look by look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from streetlamp.backtest.follow import Followed
from streetlamp.backtest.said import Listening, Said
from streetlamp.backtest.screen import Plan
from streetlamp.backtest.show import Show
from streetlamp.backtest.stretches import LEAST_ROWS, Piece, Stretch, columns, stretches
from streetlamp.rules import scan
from streetlamp.rules.base import BACK_SECONDS, Rule, State
from streetlamp.values import Kind


class Quick:
    """Of a rule that has a `Rule.scan`. Where a clock was set back, or pictures change their size
    while somebody is there, it is shown each look."""

    def __init__(
        self,
        camera: str,
        rule: Rule[Any, Any],
        heard: Listening | None = None,
        *,
        by_looks: bool = False,
        least: int = LEAST_ROWS,
    ) -> None:
        """heard: is told what the rule makes. by_looks: shows it each look everywhere, and least:
        takes stretches of so many rows; what it says is the same."""
        self._camera, self._rule = camera, rule
        self._by_looks, self._least = by_looks, least
        self._state: State[Any, Any] = rule.start()
        self._heard = Listening() if heard is None else heard

    def run(
        self, parts: Sequence[Followed], goes_on: Callable[[float], None] = lambda share: None
    ) -> Said:
        """What the rule says of parts that follow each other in time."""
        total = max(sum(len(part.looks) for part in parts), 1)
        done = 0
        rule = self._rule
        for stretch in stretches(parts, rule.families, rule.hold_seconds, self._least):
            goes_on(done / total)
            self._take(stretch)
            done += sum(piece.stop - piece.start for piece in stretch.pieces)
        return self._heard.said(self._rule.options)

    def _take(self, stretch: Stretch) -> None:
        rule = self._rule
        if stretch.fresh:
            self._finish()
        first = stretch.pieces[0]
        begins = float(first.part.seconds[first.start])
        late = self._state.now is None or begins > self._state.now
        if not late and self._state.now is not None and begins < self._state.now - BACK_SECONDS:
            serial = self._state.serial
            self._finish()  # as `Rule.step` does when the clock was set back
            self._state, late = replace(self._state, serial=serial), True
        if self._by_looks or not late or not stretch.rising:
            for piece in stretch.pieces:
                self._show(piece)
            return
        seen = columns(self._camera, stretch, rule.families, rule.hold_seconds, rule.relink_seconds)
        self._state, made = scan.over(rule, self._state, seen)
        self._heard.note(made)

    def _finish(self) -> None:
        if self._state.now is not None:
            self._heard.note(self._rule.finish(self._state, self._state.now))
            self._state = self._rule.start(self._state)

    def _show(self, piece: Piece) -> None:
        """Each look of a piece."""
        part = piece.part
        people = part.looks.kind == Kind.PERSON
        rows = np.flatnonzero(np.isin(people, list(self._rule.families)))
        every = Plan((), rows, None, self._rule.place, sparse=False)
        for look in Show(self._camera, part, every, piece.offset).looks(piece.start, piece.stop):
            if look is None:
                continue  # watching began anew: seen to
            self._heard.shown += 1
            self._state, made = self._rule.step(self._state, look)
            self._heard.note(made)
