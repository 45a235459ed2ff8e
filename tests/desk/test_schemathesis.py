"""The desk held against its own OpenAPI: made-up requests, good and bad, and no answer that is not
written down there.

Schemathesis makes the requests from the document the desk serves and checks each answer: no server
error, documented status, media type and JSON, requests that do not fit refused, requests that fit
taken, no login no answer. The same requests are made on every run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.config import (
    CoveragePhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
    StatefulPhaseConfig,
)
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from streetlamp.desk.limit import LoginLimit
from streetlamp.vault.roles import EVERY_CAMERA, EVERY_ROLE
from support.lamp import PASSWORD, T0
from support.two_cameras import OWNER, TwoCameras, start_two_cameras

HOST = {"Host": "localhost", "Origin": "http://localhost"}
MOST = 1  # made-up requests an operation, beside those that try every bound of it
ALONE = 3  # where the bounds are not tried

# Here requests that fit the document may be refused all the same (422), because it has no words for
# what is asked: that `end` comes after `start`, and not too long after; that a period is a date;
# that a browser's keys are points of a curve.
RELATED = {
    "GET /api/alarms/report",
    "GET /api/counts",
    "GET /api/counts.csv",
    "GET /api/counts/periods",
    "GET /api/counts/usual",
    "GET /api/events",
    "GET /api/events.csv",
    "GET /api/events/facets",
    "GET /api/cameras/{id}/heat",
    "GET /api/cameras/{id}/heat.csv",
    "GET /api/cameras/{id}/heat.png",
    "POST /api/notify/me/browsers",
    "GET /api/cameras/{id}/recordings",
    "GET /api/cameras/{id}/export.mp4",
    "POST /api/stores/{id}/entries",  # a kind of entry takes some units only
    "GET /api/fleet/report",
    "GET /api/fleet/report.html",
    "GET /api/fleet/report.csv",
}


@pytest.fixture
def two(tmp_path: Path) -> Iterator[TwoCameras]:
    running = start_two_cameras(tmp_path / "two")
    desk = running.lamp.app.state.desk
    desk.limit = desk.token_limit = LoginLimit(free=10**9)  # it guesses all the time
    yield running
    running.lamp.stop()


def _schema(two: TwoCameras, headers: dict[str, str], *, bounds: bool) -> Any:
    """bounds: also tries every bound of what is asked, and a method that is not documented."""
    project = ProjectConfig(
        headers=headers,
        phases=PhasesConfig(
            coverage=CoveragePhaseConfig(enabled=bounds, unexpected_methods={"PATCH"}),
            stateful=StatefulPhaseConfig(enabled=False),
        ),
        generation=GenerationConfig(
            deterministic=True, max_examples=MOST if bounds else ALONE, no_shrink=True
        ),
    )
    config = SchemathesisConfig(projects=ProjectsConfig(default=project), seed=1)
    program = {**headers, "Authorization": f"Bearer {two.token}"}
    return schemathesis.openapi.from_asgi(
        "/api/openapi.json", two.lamp.app, config=config, headers=program
    )


def _run(schema: Any) -> None:
    """Fails with everything that was found, once each."""
    found: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for event in from_schema(schema).execute():
        if isinstance(event, FatalError | NonFatalError):
            found[str(event)] += 1
        if not isinstance(event, ScenarioFinished):
            continue
        asked[event.recorder.label] += len(event.recorder.cases)
        for checks in event.recorder.checks.values():
            for check in checks:
                told = check.failure_info
                excused = check.name == "positive_data_acceptance" and (
                    event.recorder.label in RELATED
                )
                if told is not None and not excused:
                    found[f"{event.recorder.label}: {told.failure}\n{told.code_sample}"] += 1
    assert asked, "nothing was asked"
    print(f"{asked.total()} requests to {len(asked)} operations")
    assert not found, "\n\n".join(f"{text}  ({n} times)" for text, n in found.items())


def _restore_owner(two: TwoCameras) -> None:
    """It finds the owner in the list of users, and takes rights away or removes them."""
    found = two.lamp.accounts.get(OWNER)
    if found is None:
        two.lamp.users.add(OWNER, PASSWORD, T0, EVERY_ROLE, EVERY_CAMERA)
    elif (found.roles, found.cameras, found.disabled) != (EVERY_ROLE, EVERY_CAMERA, False):
        two.lamp.accounts.grant(OWNER, EVERY_ROLE, EVERY_CAMERA, T0)
        two.lamp.accounts.switch(OWNER, T0, on=True)


def test_at_the_page(two: TwoCameras) -> None:
    """As the owner, who may do everything."""

    class Session:
        token = ""

        def get(self, case: Any, context: Any) -> str:
            del case, context
            _restore_owner(two)
            if two.lamp.users.user_of(self.token, T0) is None:  # it had logged out
                self.token = two.lamp.users.login(OWNER, PASSWORD, T0) or ""
            return self.token

        def set(self, case: Any, data: str, context: Any) -> None:
            del context
            case.cookies = {**(case.cookies or {}), "streetlamp": data}

    schema = _schema(two, HOST, bounds=True)
    schema.auth(refresh_interval=None)(Session)
    _run(schema)


def test_a_program(two: TwoCameras) -> None:
    """With a token that has every right a token can have, on one of the cameras."""

    class Token:
        def get(self, case: Any, context: Any) -> str:
            del case, context
            return two.token

        def set(self, case: Any, data: str, context: Any) -> None:
            del context
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}

    schema = _schema(two, {"Host": "localhost"}, bounds=False)
    schema.auth()(Token)
    _run(schema)
