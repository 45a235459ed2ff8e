"""Tries rules on the last days in a process of its own, so that no camera waits for it.

The process is started with the first question, is nice to everybody else, keeps what it has
followed in memory for the next one, and ends after ten quiet minutes. One question at a time.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from streetlamp.backtest.answer import Answer
from streetlamp.backtest.engine import Engine, Job
from streetlamp.backtest.index import span
from streetlamp.backtest.replay import Setup
from streetlamp.errors import UserError
from streetlamp.rules.almanac import PLAIN, Almanac
from streetlamp.rules.runner import make_rule
from streetlamp.site import CameraOptions, Site

QUIET_SECONDS: Final = 600.0
_NICE: Final = 10
_POLL: Final = 0.1  # seconds


class BusyError(UserError):
    """Another question is being answered."""


class Backtester:
    """Answers for the cameras of a site. Thread-safe; `run` waits for the answer."""

    def __init__(
        self,
        site: Site,
        options: Callable[[str], CameraOptions] | None = None,
        almanac: Almanac = PLAIN,
    ) -> None:
        """options: a camera's as they are in force, changes made at the desk among them."""
        self._site = site
        self._options = options or site.cameras.__getitem__
        self._almanac = almanac
        self._turn = threading.Lock()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._share: float | None = None

    @property
    def share(self) -> float | None:
        """How much of the running question is done, 0–1; None: none runs."""
        return self._share

    def kept(self, camera: str) -> tuple[float, float] | None:
        """From when to when something is kept of a camera, to the hour (POSIX seconds)."""
        found = span(self._site.data, camera)
        if found is not None and self._turn.acquire(blocking=False):  # who asks will want more
            try:
                self._started().send(camera)
            except OSError:
                self.close()  # it is started again with the first question
            finally:
                self._turn.release()
        return found

    def job(
        self,
        camera: str,
        start: float,
        end: float,
        draft: Mapping[str, Any] | None = None,
        *,
        compare: bool = False,
    ) -> Job:
        """A question. UserError: a draft that cannot be used, in words for who wrote it.

        draft: zones, lines and rules as they would stand in the site file; None: as they are.
        """
        options = self._options(camera)
        now = self._setup(options)
        setup = now if draft is None else self._setup(drafted(options, draft))
        before = now if compare and draft is not None else None
        return Job(camera, start, end, setup, before, self._site.alarms.merge_seconds)

    def _setup(self, options: CameraOptions) -> Setup:
        return setup_of(self._site, options, self._almanac)

    def run(self, job: Job, stop: threading.Event) -> Answer | None:
        """The answer, None when it was stopped. BusyError; UserError says what went wrong."""
        if not self._turn.acquire(blocking=False):
            raise BusyError("another back-test is running; wait until it is done")
        try:
            self._share = 0.0
            return self._ask(job, stop)
        finally:
            self._share = None
            self._turn.release()

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(5.0)
        self._process = self._pipe = None

    def _ask(self, job: Job, stop: threading.Event) -> Answer | None:
        pipe = self._started()
        try:
            pipe.send(job)
            while True:
                if stop.is_set():
                    self.close()  # what it has followed so far goes with it
                    return None
                if not pipe.poll(_POLL):
                    continue
                said = pipe.recv()
                if isinstance(said, float):
                    self._share = said
                elif isinstance(said, Answer):
                    return said
                else:
                    assert isinstance(said, UserError)
                    raise said
        except (EOFError, OSError):
            self.close()
            raise UserError(
                "the back-test ended suddenly, perhaps for lack of memory; try a shorter stretch"
            ) from None

    def _started(self) -> Connection:
        if self._process is not None and self._process.is_alive() and self._pipe is not None:
            return self._pipe
        self.close()
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, self._site.data), name="back-test", daemon=True
        )
        self._process.start()
        theirs.close()
        return self._pipe


def setup_of(
    site: Site, options: CameraOptions, almanac: Almanac, only: str | None = None
) -> Setup:
    """What is tried of a camera: all its rules, or the one called `only`.

    UserError: whatever is wrong with one of them, before anything runs.
    """
    rules = tuple(one for one in options.rules if only in (None, one.name))
    for rule in rules:
        make_rule(rule, options.places, site.zone, options.plane)
    return Setup(rules, options.places, site.zone, options.plane, almanac)


def drafted(options: CameraOptions, draft: Mapping[str, Any]) -> CameraOptions:
    """The camera with other zones, lines or rules. UserError says what is wrong with them."""
    parts = ("zones", "lines", "ground", "rules")
    given = {key: draft[key] for key in parts if draft.get(key) is not None}
    kept = {key: getattr(options, key) for key in parts if key not in given}
    data = {"source": options.source, **kept, **given}
    try:
        return CameraOptions.model_validate(data)
    except ValidationError as error:
        said = [
            ".".join(str(step) for step in one["loc"]) + ": " + one["msg"]
            for one in error.errors(include_url=False, include_context=False)
        ]
        raise UserError("; ".join(one.replace("Value error, ", "") for one in said[:5])) from None


def _work(pipe: Connection, data: Path) -> None:
    """The process: answers until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    with suppress(OSError):
        os.nice(_NICE)
    engine = Engine(data)
    with suppress(EOFError, OSError):
        while pipe.poll(QUIET_SECONDS):
            job = pipe.recv()
            if isinstance(job, str):
                engine.prepare(job)
                continue
            try:
                pipe.send(engine.answer(job, pipe.send))
            except UserError as error:
                pipe.send(error)
            except MemoryError:
                pipe.send(UserError("there is not enough memory; try a shorter stretch"))
