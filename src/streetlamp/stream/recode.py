"""The pictures of a copied GOP, for the few files that cannot take it as it came."""

from __future__ import annotations

from collections.abc import Iterator

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from streetlamp.stream.nals import as_mp4
from streetlamp.values import CopiedGop


def pictures(gop: CopiedGop, size: tuple[int, int], *, full_range: bool) -> Iterator[av.VideoFrame]:
    """Its pictures in the order of presentation, as yuv420p of `size` (width, height).

    Nothing is hidden in a copied GOP, so nothing has to be here. av.FFmpegError when the camera
    sent damage.
    """
    context = av.CodecContext.create("h264", "r")
    assert isinstance(context, VideoCodecContext)
    context.extradata = gop.config
    context.thread_count = 1
    for sample in gop.samples:
        packet = Packet[VideoStream](as_mp4(sample.data, gop.length_size))
        packet.pts = sample.pts
        for picture in context.decode(packet):
            yield plain(picture, size, full_range=full_range)
    for picture in context.decode(None):
        yield plain(picture, size, full_range=full_range)


def plain(picture: av.VideoFrame, size: tuple[int, int], *, full_range: bool) -> av.VideoFrame:
    """The picture as yuv420p of `size`, in the range asked for."""
    return picture.reformat(
        *size,
        format="yuv420p",
        dst_color_range=ColorRange.JPEG if full_range else ColorRange.MPEG,
    )
