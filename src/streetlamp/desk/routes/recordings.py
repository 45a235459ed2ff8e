"""Recorded masked video: what there is, one segment, and any stretch as a file."""

from __future__ import annotations

import math
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi import Path as InPath

from streetlamp.desk.auth import Login, may
from streetlamp.desk.context import TheDesk
from streetlamp.desk.ranged import VIDEO, WHOLE_VIDEO, send
from streetlamp.desk.refusal import RefusalError, not_found
from streetlamp.desk.rights import Right
from streetlamp.desk.wire import SegmentOut, SegmentsOut
from streetlamp.errors import UserError
from streetlamp.vault import files

router = APIRouter(prefix="/api", tags=["recordings"])

CameraId = Annotated[str, InPath(min_length=1, max_length=80)]
SegmentId = Annotated[str, InPath(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Time = Annotated[float, Query(description="POSIX seconds.", ge=0, le=1e11, allow_inf_nan=False)]
Viewer = Annotated[Login, Depends(may(Right.VIEW_RECORDINGS))]
OfCamera = Annotated[Login, Depends(may(Right.VIEW_RECORDINGS, "id"))]
Exporter = Annotated[Login, Depends(may(Right.EXPORT, "id"))]
_LONGEST_LIST: Final = 32 * 86400.0  # seconds


@router.get("/cameras/{id}/recordings")
def recordings(id: CameraId, desk: TheDesk, _: OfCamera, start: Time, end: Time) -> SegmentsOut:  # noqa: A002
    """Segments that share time with [start, end), at most 32 days, oldest first."""
    camera = desk.camera(id)
    _check(start, end, _LONGEST_LIST)
    found = desk.services.recordings.list(camera.id, start, end)
    return SegmentsOut(segments=tuple(SegmentOut.model_validate(one) for one in found))


@router.get("/segments/{id}", response_class=Response, responses=VIDEO)
def segment(
    id: SegmentId,  # noqa: A002
    desk: TheDesk,
    person: Viewer,
    range: Annotated[str | None, Header()] = None,  # noqa: A002
) -> Response:
    """One segment as fragmented MP4; of one being written, what is whole. Takes a Range."""
    stack = ExitStack()
    try:
        footage = stack.enter_context(desk.services.recordings.open(id))
    except KeyError:
        raise not_found("segment") from None
    with stack:
        if not person.sees(footage.segment.camera):
            raise not_found("segment")
        what = f"camera:{footage.segment.camera}"
        desk.looks.note(person.token, person.user, "watch recording", what, desk.services.now())
        return send(footage.file, range, size=footage.size, close=stack.pop_all().close)


@router.get("/cameras/{id}/export.mp4", response_class=Response, responses=WHOLE_VIDEO)
def export(id: CameraId, desk: TheDesk, person: Exporter, start: Time, end: Time) -> Response:  # noqa: A002
    """A stretch of recording as one MP4 to be kept, from the keyframe at or before `start`."""
    camera = desk.camera(id)
    _check(start, end, desk.options.max_export_minutes * 60)
    now = desk.services.now()
    with ExitStack() as stack:
        desk.exports.enter("exports")
        stack.callback(desk.exports.leave)
        desk.services.audit.record(now, person.user, "export", f"camera:{id}", start=start, end=end)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="streetlamp-export-")))
        path = folder / "export.mp4"
        try:
            desk.services.recordings.export(camera.id, start, end, path)
        except UserError as error:
            raise RefusalError(
                404, str(error), "Choose a stretch that is on the timeline."
            ) from None
        handle = stack.enter_context(files.open_read(path))
        stamp = datetime.fromtimestamp(start, UTC).strftime("%Y%m%d-%H%M%S")
        name = f"{camera.id}-{stamp}Z.mp4"
        return send(handle, None, name=name, close=stack.pop_all().close)


def _check(start: float, end: float, longest: float) -> None:
    if not (math.isfinite(start) and math.isfinite(end) and start < end):
        raise RefusalError(422, "The stretch must end after it starts.", "Times are POSIX seconds.")
    if end - start > longest:
        raise RefusalError(
            422, f"The stretch is longer than {longest / 3600:g} hours.", "Ask for less at a time."
        )
