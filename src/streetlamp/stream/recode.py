"""The pictures of a copied GOP, for the few files that cannot take it as it came."""

from __future__ import annotations

from collections.abc import Iterator

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange

from streetlamp.stream.nals import as_mp4
from streetlamp.values import CopiedGop


def pictures(
    gop: CopiedGop, size: tuple[int, int], *, full_range: bool
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Its pictures in the order of presentation, each with its pts, as yuv420p of `size`.

    Nothing is hidden in a copied GOP, so nothing has to be here. What the camera damaged is left
    out.
    """
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, VideoCodecContext)
    context.extradata = gop.config
    context.thread_count = 1
    for sample in (*gop.samples, None):
        packet = None
        if sample is not None:
            packet = Packet(as_mp4(sample.data, gop.length_size))
            packet.pts = sample.pts
        try:
            decoded = context.decode(packet)
        except av.InvalidDataError:
            continue
        for picture in decoded:
            if picture.pts is not None:
                yield picture.pts, plain(picture, size, full_range=full_range)


def plain(picture: av.VideoFrame, size: tuple[int, int], *, full_range: bool) -> av.VideoFrame:
    """The picture as yuv420p of `size`, in the range asked for."""
    return picture.reformat(
        *size,
        format="yuv420p",
        dst_color_range=ColorRange.JPEG if full_range else ColorRange.MPEG,
    )
