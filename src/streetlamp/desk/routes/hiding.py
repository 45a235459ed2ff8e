"""The audit of the hiding: how well people are hidden, and what a person says of its findings."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.refusal import RefusalError, not_found, problems
from streetlamp.desk.rights import Right
from streetlamp.desk.services import HidingAudit
from streetlamp.desk.wire import Wire
from streetlamp.inspection.plan import Stratum
from streetlamp.inspection.report import CameraReport, verdict_in_words
from streetlamp.inspection.statistics import Rate
from streetlamp.store.inspections import Sighting, Verdict

router = APIRouter(prefix="/api/hiding", tags=["hiding"])

Judge = Annotated[Login, Depends(may(Right.JUDGE_HIDING))]
SightingId = Annotated[str, InPath(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class RateOut(Wire):
    seconds: float = Field(description="Seconds of footage that the looks stand for.")
    looks: int
    leaking: int = Field(description="Looks in which somebody could be seen.")
    low: float = Field(description="Low end of the leak rate's 95 % interval, 0–1.")
    best: float = Field(description="The leak rate: the share of footage that shows somebody.")
    high: float = Field(description="High end of the interval.")

    @classmethod
    def of(cls, rate: Rate) -> RateOut:
        return cls.model_validate(rate)


class CameraHidingOut(Wire):
    camera: str
    words: str = Field(description="The figures in one sentence.")
    inspected: float = Field(description="When it was last looked at, POSIX seconds; 0: never.")
    chance: float = Field(
        description="Chance that masks off in 1 of 100 pictures with people would have been found."
    )
    people: RateOut = Field(description="Of footage in which people are hidden.")
    moving: RateOut = Field(description="Of footage in which something else moves.")
    quiet: RateOut = Field(description="Of the rest.")
    everything: RateOut = Field(description="Of all footage, each kind weighted with its length.")

    @classmethod
    def of(cls, report: CameraReport) -> CameraHidingOut:
        rates = {stratum.value: RateOut.of(report.rates[stratum]) for stratum in Stratum}
        return cls.model_validate(
            {
                "camera": report.camera,
                "words": verdict_in_words(report),
                "inspected": report.inspected,
                "chance": report.chance,
                "everything": RateOut.of(report.everything),
                **rates,
            }
        )


class SightingOut(Wire):
    id: str
    camera: str
    time: float = Field(description="Of the picture, POSIX seconds.")
    size: tuple[int, int] = Field(description="Width and height of the picture, pixels.")
    box: tuple[float, float, float, float] = Field(description="Pixels x1 y1 x2 y2.")
    score: float
    verdict: Verdict = Field(
        description="open: both models see somebody; perhaps: one does; thing: it stands there at "
        "other times, too; leak or false: a person said so; removed: its recording is gone."
    )
    judged: float | None
    judge: str


class HidingOut(Wire):
    cameras: tuple[CameraHidingOut, ...]
    sightings: tuple[SightingOut, ...] = Field(description="What waits for a person's word.")


class VerdictIn(BaseModel):
    """Who says so is taken from the session."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["leak", "false"] = Field(description="Somebody can be seen, or nobody.")


@router.get("")
def hiding(desk: TheDesk, person: Judge) -> HidingOut:
    """How well people are hidden in what was recorded in the last seven days."""
    audit = _audit(desk)
    reports = person.eyes.only(audit.reports(desk.services.now()), lambda one: one.camera)
    found = audit.sightings(sees=None if person.eyes.everything else person.sees)
    return HidingOut(
        cameras=tuple(CameraHidingOut.of(one) for one in reports),
        sightings=tuple(_out(one) for one in found),
    )


@router.post("/sightings/{id}", responses=problems(409))
def judge(id: SightingId, body: VerdictIn, desk: TheDesk, person: Judge) -> SightingOut:  # noqa: A002
    """Say whether somebody can be seen there."""
    now = desk.services.now()
    audit = _find(desk, id, person)
    try:
        changed = audit.judge(id, Verdict(body.verdict), person.user, now)
    except ValueError as error:
        raise RefusalError(409, f"That cannot be said: {error}.", "Look again.") from None
    about = f"sighting:{id}"
    desk.services.audit.record(now, person.user, f"call {body.verdict}", about)
    return _out(changed)


@router.post("/sightings/{id}/remove")
def remove(id: SightingId, desk: TheDesk, person: Judge) -> SightingOut:  # noqa: A002
    """Cut the stretch around it out of the recordings and of alarms' clips, for good."""
    now = desk.services.now()
    audit = _find(desk, id, person)
    # noted first: what is gone must never be gone unsaid
    desk.services.audit.record(now, person.user, "remove recording", f"sighting:{id}")
    try:
        return _out(audit.remove(id, person.user, now))
    except OSError as error:
        raise RefusalError(
            503, f"It could not be removed: {error.strerror or error}.", "Look at the disk."
        ) from None


@router.get(
    "/sightings/{id}/still.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
def still(id: SightingId, desk: TheDesk, person: Judge) -> Response:  # noqa: A002
    """Where it was: a frame in a picture that is a coarse mosaic all over."""
    picture = _find(desk, id, person).still(id)
    if picture is None:
        raise RefusalError(404, "Its recording is gone.", "Its time to be kept is over.")
    about = f"sighting:{id}"
    desk.looks.note(person.token, person.user, "look at sighting", about, desk.services.now())
    return Response(picture, media_type="image/jpeg")


def _find(desk: Desk, id: str, person: Login) -> HidingAudit:  # noqa: A002
    """The audit, where it has this sighting, of a camera this person may see; RefusalError 404."""
    audit = _audit(desk)
    try:
        seen = person.sees(audit.get(id).camera)
    except KeyError:
        seen = False
    if not seen:
        raise not_found("sighting")
    return audit


def _audit(desk: Desk) -> HidingAudit:
    if desk.services.hiding is None:
        raise RefusalError(404, "Nothing is audited here.", "")
    return desk.services.hiding


def _out(sighting: Sighting) -> SightingOut:
    return SightingOut.model_validate(sighting)
