"""What rules would have raised in the last days, and how right they were."""

from __future__ import annotations

import asyncio
import threading
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi import Path as InPath

from streetlamp.alarms.precision import precisions
from streetlamp.backtest.answer import Answer
from streetlamp.backtest.engine import Job, NothingKeptError
from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.refusal import RefusalError, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.services import Backtest
from streetlamp.desk.wire_backtest import (
    BacktestIn,
    BacktestOut,
    KeptOut,
    PrecisionOut,
    PrecisionsOut,
)
from streetlamp.errors import UserError
from streetlamp.rules.base import RULES

router = APIRouter(prefix="/api", tags=["backtest"])

Tester = Annotated[Login, Depends(may(Right.BACKTEST, "id"))]
Reader = Annotated[Login, Depends(may(Right.VIEW_REPORTS))]
CameraId = Annotated[str, InPath(min_length=1, max_length=80)]
LONGEST: Final = 32 * 86_400.0  # seconds
_ASK: Final = 0.2  # seconds between looks whether whoever asked is still there


@router.get("/cameras/{id}/backtest", responses=problems(404))
def kept(id: CameraId, desk: TheDesk, _: Tester) -> KeptOut:  # noqa: A002
    """Since when rules can be tried on this camera, and how far a running test is."""
    camera, tester = desk.camera(id), _tester(desk)
    span = tester.kept(camera.id)
    start, end = span if span is not None else (None, None)
    return KeptOut(start=start, end=end, running=tester.share)


@router.post("/cameras/{id}/backtest", responses=problems(404, 503))
async def backtest(
    id: CameraId,  # noqa: A002
    body: BacktestIn,
    request: Request,
    desk: TheDesk,
    person: Tester,
) -> BacktestOut:
    """What rules would have raised; nothing is changed. Hang up to stop it."""
    camera, tester = desk.camera(id), _tester(desk)
    if not body.start < body.end or body.end - body.start > LONGEST:
        raise RefusalError(
            422, "The stretch must end after it starts, 32 days later at most.",
            "Times are POSIX seconds.",
        )  # fmt: skip
    try:
        job = await asyncio.to_thread(
            tester.job, camera.id, body.start, body.end, body.draft, compare=body.compare
        )
    except UserError as error:
        raise RefusalError(422, str(error), "Write rules as in the site file.") from None
    await asyncio.to_thread(
        desk.services.audit.record, desk.services.now(), person.user, "back-test",
        f"camera:{camera.id}", start=body.start, end=body.end, draft=body.draft is not None,
    )  # fmt: skip
    answer = await _run(tester, job, request)
    return BacktestOut.of(answer)


async def _run(tester: Backtest, job: Job, request: Request) -> Answer:
    if tester.share is not None:
        raise _busy()
    stop = threading.Event()
    work = asyncio.create_task(asyncio.to_thread(tester.run, job, stop))
    try:
        while not (await asyncio.wait({work}, timeout=_ASK))[0]:
            if await request.is_disconnected():
                stop.set()
        answer = await work
    except NothingKeptError as error:
        raise RefusalError(404, str(error), "") from None
    except UserError as error:
        raise RefusalError(503, f"It could not be answered: {error}.", "Try again.") from None
    finally:
        stop.set()  # also when the desk itself closes
    if answer is None:
        raise RefusalError(503, "The back-test was stopped.", "Ask again.")
    return answer


def _busy() -> RefusalError:
    return RefusalError(
        503, "Another back-test is running.", "Wait until it is done.", {"Retry-After": "5"}
    )


@router.get("/rules/precision")
def precision(
    desk: TheDesk, person: Reader, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> PrecisionsOut:
    """How many of each rule's alarms were true, by what people answered at the desk."""
    since = desk.services.now() - days * 86_400.0
    told = person.eyes.only(desk.services.alarms.tallies(since), lambda one: one.camera)
    tallies = [one for one in told if one.kind in RULES]
    rows = tuple(PrecisionOut.model_validate(row) for row in precisions(tallies))
    return PrecisionsOut(days=days, rules=rows)


def _tester(desk: Desk) -> Backtest:
    if desk.services.backtest is None:
        raise RefusalError(404, "Rules cannot be tried here.", "")
    return desk.services.backtest
