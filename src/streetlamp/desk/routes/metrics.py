"""Figures for a monitoring system, as text in the Prometheus format.

Behind the login like everything else (a token with the right ``view_metrics`` will do), unless the
owner lets programs on this very machine read them without one (``desk.open_metrics``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response
from starlette.requests import HTTPConnection

from streetlamp.desk.auth import Need, checked, logged_in, needs
from streetlamp.desk.context import Desk, TheDesk
from streetlamp.desk.feed_services import FeedView
from streetlamp.desk.fleet_services import Fleet, Standing
from streetlamp.desk.notify_services import Notify
from streetlamp.desk.options import is_loopback
from streetlamp.desk.rights import Right
from streetlamp.desk.scope import Eyes
from streetlamp.desk.seen import open_count
from streetlamp.values import CameraState, CameraStatus

router = APIRouter(tags=["metrics"])

_NEED: Final = Need(Right.VIEW_METRICS)
_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PASSED_ON: Final = ("forwarded", "via", "x-forwarded-for", "x-real-ip")


def _may_read(connection: HTTPConnection, desk: TheDesk) -> Eyes:
    """Whose figures may be read; RefusalError 401 and 403 for whoever may read none."""
    near = connection.client is not None and is_loopback(connection.client.host)
    passed_on = any(name in connection.headers for name in _PASSED_ON)
    if desk.options.open_metrics and near and not passed_on:
        return Eyes.of(desk.services.site)
    return checked(logged_in(connection, desk), _NEED, connection).eyes


may_read = needs(_NEED, _may_read)


@dataclass(slots=True)
class _Metric:
    name: str
    kind: str  # gauge or counter
    about: str
    rows: list[tuple[str, float]] = field(default_factory=list)  # camera ("" for none), value
    label: str = "camera"

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.about}"
        yield f"# TYPE {self.name} {self.kind}"
        for camera, value in self.rows:
            label = f'{{{self.label}="{_escaped(camera)}"}}' if camera else ""
            yield f"{self.name}{label} {float(value):.10g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
def metrics(desk: TheDesk, eyes: Annotated[Eyes, Depends(may_read)]) -> Response:
    """How the cameras, the detector, the load and the disk do, for Prometheus."""
    lines = [line for metric in _metrics(desk, eyes) for line in metric.lines()]
    return Response("\n".join(lines) + "\n", media_type=_TYPE)


def _metrics(desk: Desk, eyes: Eyes) -> Iterator[_Metric]:
    yield from _cameras(eyes.only(desk.services.statuses(), lambda one: one.camera))
    machine, disk = desk.services.machine(), desk.services.disk()
    for name, kind, about, value in (
        ("detector_up", "gauge", "1 while somebody looks for people.", machine.looking),
        ("detector_restarts_total", "counter", "Fresh detectors made.", machine.restarts),
        ("detector_hung", "gauge", "Looks that never came back.", machine.hung),
        ("detector_busy_seconds_total", "counter", "Time spent looking.", machine.busy),
        ("looks_asked_total", "counter", "Looks cameras asked for.", machine.asked),
        ("looks_answered_total", "counter", "Looks answered.", machine.looked),
        ("looks_failed_total", "counter", "Looks that failed.", machine.failed),
        ("looks_replaced_total", "counter", "Looks a newer one replaced.", machine.replaced),
        ("looks_waiting", "gauge", "Looks nobody works on yet.", machine.waiting),
        ("looks_oldest_seconds", "gauge", "Age of the oldest unanswered.", machine.longest),
        ("load_level", "gauge", "Of overload; 0: nothing gives way.", machine.level),
        ("load_looks_factor", "gauge", "Share of looks a second left.", machine.looks_factor),
        ("load_clear_share", "gauge", "Share of cameras in full detail.", machine.clear_share),
        ("disk_free_bytes", "gauge", "Room on the disk.", disk.free_bytes),
        ("disk_used_bytes", "gauge", "What recordings and clips take.", disk.used_bytes),
        ("disk_recording", "gauge", "1 while all is recorded.", disk.recording),
        ("alarms_open", "gauge", "Alarms not answered.", open_count(desk.services.alarms, eyes)),
    ):
        yield _Metric(f"streetlamp_{name}", kind, about, [("", value)])
    if desk.services.fleet is not None:
        yield from _fleet(desk.services.fleet, eyes)
    if desk.services.notify is not None:
        yield from _notify(desk.services.notify)
    if eyes.everything:
        yield from _feeds(desk.services.feeds())


def _feeds(feeds: Sequence[FeedView]) -> Iterator[_Metric]:
    """How the devices and brokers do from which readings come."""
    if not feeds:
        return
    for name, kind, about, values in (
        ("up", "gauge", "1 while it answers.", [one.there for one in feeds]),
        ("readings_total", "counter", "Readings taken.", [one.taken for one in feeds]),
        ("refused_total", "counter", "What came and is no reading.",
         [one.refused for one in feeds]),
        ("lost_total", "counter", "Readings lost while the disk took none.",
         [one.lost for one in feeds]),
        ("last_reading_timestamp_seconds", "gauge", "When readings were last taken; 0: not yet.",
         [one.last or 0.0 for one in feeds]),
    ):  # fmt: skip
        rows = [(f"{one.room}/{one.name}", float(v)) for one, v in zip(feeds, values, strict=True)]
        yield _Metric(f"streetlamp_feed_{name}", kind, about, rows, label="feed")


def _notify(notify: Notify) -> Iterator[_Metric]:
    """What became of the messages to each target."""
    targets = notify.targets()
    for name, about, values in (
        ("sent", "Messages sent in the last 30 days.", [one.sent for one in targets]),
        ("waiting", "Messages that wait to be sent.", [one.waiting for one in targets]),
        ("dead", "Messages that were given up.", [one.dead for one in targets]),
    ):
        rows = [(one.name, float(value)) for one, value in zip(targets, values, strict=True)]
        yield _Metric(f"streetlamp_notify_{name}", "gauge", about, rows, label="target")


def _fleet(fleet: Fleet, eyes: Eyes) -> Iterator[_Metric]:
    """How well the cameras serve. A share is left out while nothing was expected."""
    cameras = eyes.only(fleet.now(), lambda one: one.camera)
    month = fleet.report(fleet.period("month"), None if eyes.everything else eyes.see)
    lost = [one for one in cameras if one.state is Standing.LOST]
    visits = [one for one in cameras if one.needs_visit]
    for name, about, value in (
        ("cameras_lost", "Cameras that do not do their whole job now.", len(lost)),
        ("cameras_to_visit", "Cameras somebody should go to.", len(visits)),
        ("serviceability_month", "Share of this month's expected minutes kept, 0-1.",
         month.whole.figures.share),
        ("serviceability_objective", "The share asked for, 0-1.", month.budget.objective),
        ("error_budget_minutes", "Camera minutes that may be lost this month.",
         month.budget.allowed),
        ("error_budget_minutes_left", "Of those, what is left.", month.budget.left),
        ("error_budget_burn_rate", "1: all of it is spent at the month's end.",
         month.budget.burn_rate),
        ("minutes_down", "Camera minutes of this month in which Streetlamp was not running.",
         month.whole.figures.down),
    ):  # fmt: skip
        if value is not None:
            yield _Metric(f"streetlamp_{name}", "gauge", about, [("", value)])
    for name, about, rows in (
        ("serving", "1 while it does its whole job.",
         [(one.camera, float(one.state is Standing.WELL)) for one in cameras]),
        ("serviceability_7d", "Share of the last 7 days' minutes kept, 0-1.",
         [(one.camera, one.week.share) for one in cameras]),
        ("serviceability_30d", "Share of the last 30 days' minutes kept, 0-1.",
         [(one.camera, one.month.share) for one in cameras]),
    ):  # fmt: skip
        known = [(camera, value) for camera, value in rows if value is not None]
        yield _Metric(f"streetlamp_camera_{name}", "gauge", about, known)


def _cameras(all_of_them: Sequence[CameraStatus]) -> Iterator[_Metric]:
    for name, kind, about, values in (
        ("live", "gauge", "1 while pictures come.",
         [one.state is CameraState.LIVE for one in all_of_them]),
        ("restarts_total", "counter", "Times it was opened again.",
         [one.restarts for one in all_of_them]),
        ("pictures_per_second", "gauge", "Pictures shown a second.",
         [one.fps for one in all_of_them]),
        ("looks_per_second", "gauge", "Looks a second.",
         [one.looks_per_second for one in all_of_them]),
        ("hidden_share", "gauge", "Part of the picture that is hidden, 0-1.",
         [one.hidden_share for one in all_of_them]),
        ("whole_hidden", "gauge", "1 while the whole picture is hidden.",
         [bool(one.whole_hidden) for one in all_of_them]),
        ("recording", "gauge", "1 while it is recorded.",
         [one.recording for one in all_of_them]),
        ("last_picture_timestamp_seconds", "gauge", "When the last picture was taken.",
         [one.last_frame for one in all_of_them]),
    ):  # fmt: skip
        rows = [(one.camera, float(v)) for one, v in zip(all_of_them, values, strict=True)]
        yield _Metric(f"streetlamp_camera_{name}", kind, about, rows)
