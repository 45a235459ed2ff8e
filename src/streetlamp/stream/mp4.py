"""One track of H.264 as a progressive MP4: pictures of several makers under one description.

Boxes follow ISO/IEC 14496-12 (§ 8.6 times, § 8.7 places of the samples).
"""

from __future__ import annotations

import struct
from array import array
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from streetlamp.h264 import config_record, holds_sets, set_id, sets_of
from streetlamp.stream import boxes
from streetlamp.stream.nals import join

_LARGE: Final = 1 << 32
_MDAT_HEADER: Final = 16  # bytes: a 64-bit size, known when the file is closed
_MOST_SETS: Final = 31


class Mp4Writer:
    """Takes compressed pictures in the order of decoding; writes the file's index when closed.

    Every picture keeps its bytes and its tick. Makers that call their parameter sets by different
    ids share one description. Where two call different sets by one id, each gets a description of
    its own, and every IDR picture is preceded by its sets too, for players that read one
    description only: `in_band` says that it came to that. To be able to decide so late, the sets
    are written before every IDR picture, and counted in or left out by the index.
    """

    def __init__(self, file: BinaryIO, size: tuple[int, int], timescale: int) -> None:
        """`file`: empty, seekable. `size`: width, height. OSError when it cannot be written."""
        self._file = file
        self._size = size
        self._timescale = timescale
        self._start = file.write(boxes.file_type(b"isom", b"iso2", b"avc1", b"mp41"))
        file.write(bytes(_MDAT_HEADER))
        self._at = self._start + _MDAT_HEADER
        self._configs: list[bytes] = []
        self._prefixes: list[bytes] = []
        self._newest = -1  # index of the configuration in force
        self._ticks = array("q")  # one a sample: when it is shown
        self._sizes = array("I")
        self._keys = array("I")  # one a keyframe: its sample, from 0
        self._key_configs = array("H")
        self._key_offsets = array("Q")  # where its own bytes begin
        self._key_prefixes = array("H")  # bytes before it that may be counted in
        self.in_band = False

    @property
    def pictures(self) -> int:
        return len(self._sizes)

    def key(self, data: bytes, ticks: int, config: bytes) -> None:
        """An IDR picture (4-byte lengths) that begins a closed GOP made under `config`."""
        if self._newest < 0 or config != self._configs[self._newest]:
            self._newest = self._index_of(config)
        prefix = self._prefixes[self._newest]
        if prefix and _brings_sets(data):
            prefix = b""
        self._file.write(prefix)
        self._at += len(prefix)
        self._keys.append(len(self._sizes))
        self._key_configs.append(self._newest)
        self._key_offsets.append(self._at)
        self._key_prefixes.append(len(prefix))
        self.delta(data, ticks)

    def delta(self, data: bytes, ticks: int) -> None:
        """Any other picture, after the keyframe it needs."""
        self._file.write(data)
        self._at += len(data)
        self._sizes.append(len(data))
        self._ticks.append(ticks)

    def close(self, end: int) -> None:
        """Write the index; the last picture stands until tick `end`. The file stays open."""
        if not self._keys or self._keys[0]:
            raise ValueError("an MP4 must begin with a keyframe")
        table, first, length, delay = self._table(end)
        edits = b""
        if first or delay:
            rows = [struct.pack(">QqI", length, delay, 0x10000)]
            if first:
                rows.insert(0, struct.pack(">QqI", first, -1, 0x10000))
            body = struct.pack(">I", len(rows)) + b"".join(rows)
            edits = boxes.box(b"edts", boxes.full_box(b"elst", 1, 0, body))
        shown = first + length
        moov = boxes.box(
            b"moov",
            boxes.movie_header(self._timescale, shown),
            boxes.track(self._size, self._timescale, shown, length, table, edits),
        )
        self._file.write(moov)
        self._file.seek(self._start)
        self._file.write(struct.pack(">I4sQ", 1, b"mdat", self._at - self._start))
        self._file.seek(0, 2)

    def _index_of(self, config: bytes) -> int:
        if config not in self._configs:
            self._configs.append(config)
            sps, pps = sets_of(config)
            self._prefixes.append(join(sps + pps))
        return self._configs.index(config)

    def _table(self, end: int) -> tuple[bytes, int, int, int]:
        """The stbl box; the first picture's tick; ticks the pictures last; ticks of reordering."""
        merged = _merged(self._configs)
        self.in_band = merged is None
        sizes = np.frombuffer(self._sizes, np.uint32).astype(np.int64)
        keys = np.frombuffer(self._keys, np.uint32).astype(np.int64)
        offsets = np.frombuffer(self._key_offsets, np.uint64).astype(np.int64)
        counts = np.diff(keys, append=len(sizes))
        if merged is None:
            prefixes = np.frombuffer(self._key_prefixes, np.uint16).astype(np.int64)
            sizes[keys] += prefixes
            offsets -= prefixes
            configs = self._configs
            used = np.frombuffer(self._key_configs, np.uint16).astype(np.int64) + 1
        else:
            configs = [merged]
            used = np.ones(len(keys), np.int64)
        shown = np.frombuffer(self._ticks, np.int64)
        decoded = np.sort(shown)
        length = max(end, int(decoded[-1]) + 1) - int(decoded[0])
        steps = np.diff(decoded, append=decoded[0] + length)
        ahead = shown - decoded
        delay = max(0, -int(ahead.min()))
        parts = [
            boxes.sample_descriptions(configs, self._size),
            _rows(b"stts", _packed(steps)),
        ]
        if ahead.any():
            parts.append(_rows(b"ctts", _packed(ahead + delay)))
        if len(keys) < len(sizes):
            parts.append(_rows(b"stss", keys[:, None] + 1))
        parts.append(_rows(b"stsc", _chunks(counts, used)))
        plain = sizes.astype(">u4").tobytes()
        parts.append(boxes.full_box(b"stsz", 0, 0, struct.pack(">II", 0, len(sizes)), plain))
        large = self._at >= _LARGE
        where = offsets.astype(">u8" if large else ">u4").tobytes()
        count = struct.pack(">I", len(offsets))
        parts.append(boxes.full_box(b"co64" if large else b"stco", 0, 0, count, where))
        return boxes.box(b"stbl", *parts), int(decoded[0]), length, delay


def _brings_sets(data: bytes) -> bool:
    """Whether an access unit with 4-byte lengths holds parameter sets before its picture."""
    found: list[bytes] = []
    at = 0
    while at + 4 < len(data) and data[at + 4] & 31 not in (1, 5):
        length = int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : at + 5])
        at += 4 + length
    return holds_sets(found)


def _merged(configs: list[bytes]) -> bytes | None:
    """One configuration that serves all; None when two of them mean different sets by one id."""
    if len(configs) == 1:
        return configs[0]
    known: dict[tuple[int, int], bytes] = {}
    for config in configs:
        for kind, units in enumerate(sets_of(config)):
            for unit in units:
                if known.setdefault((kind, set_id(unit)), unit) != unit:
                    return None
    sps, pps = ([unit for (of, _), unit in known.items() if of == kind] for kind in (0, 1))
    return config_record(sps, pps) if max(len(sps), len(pps)) <= _MOST_SETS else None


def _packed(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Equal neighbours told once: rows of (how many, value)."""
    begins = np.flatnonzero(np.diff(values, prepend=values[0] - 1))
    return np.stack([np.diff(begins, append=len(values)), values[begins]], axis=1)


def _chunks(counts: NDArray[np.int64], used: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of (first chunk, samples in each, description): one chunk a GOP, equal ones once."""
    pairs = np.stack([counts, used], axis=1)
    changes = np.any(np.diff(pairs, axis=0, prepend=pairs[:1] - 1), axis=1)
    begins = np.flatnonzero(changes)
    return np.column_stack([begins + 1, pairs[begins]])


def _rows(name: bytes, rows: NDArray[Any]) -> bytes:
    body = rows.astype(">u4").tobytes()
    return boxes.full_box(name, 0, 0, struct.pack(">I", len(rows)), body)
