"""What an H.264 packet says about itself, without decoding it: may it be copied, and with what.

NAL units, parameter sets and slice headers follow ITU-T H.264 (ISO/IEC 14496-10); length prefixes
and the AVCDecoderConfigurationRecord follow ISO/IEC 14496-15. Bytes come from outside and are not
trusted: whatever they are, the answer is a value, never an exception, in time that grows with
their length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from streetlamp.h264_sets import DamagedError, Pps, Sps, parse_pps, parse_slice, parse_sps

_START: Final = b"\x00\x00\x01"
_SLICE, _IDR, _SEI, _SPS, _PPS, _DELIMITER, _FILLER = 1, 5, 6, 7, 8, 9, 12
_PLAIN: Final = frozenset({_SLICE, _SEI, _DELIMITER, _FILLER})
_SETS: Final = frozenset({_SPS, _PPS})
_KEY: Final = _PLAIN - {_SLICE} | _SETS | {_IDR}
_BEGINS: Final = 0x80  # first_mb_in_slice 0 as Exp-Golomb: the slice begins a picture
_INTRA: Final = frozenset({2, 7})  # slice types that need no other picture
_RECOVERY_POINT: Final = 6  # SEI payload type
_EXTENDED: Final = frozenset({100, 110, 122, 144})  # profiles whose record tells colour and depth
_MOST_SETS: Final = 31  # of a kind: the record's count of SPS has five bits
_LONGEST_SET: Final = 0xFFFF  # bytes: the record counts them in 16 bits


@dataclass(frozen=True, slots=True)
class KeyUnit:
    """What a packet that the container calls a keyframe is."""

    idr: bool  # an IDR picture: nothing after it needs anything before it
    config: bytes  # AVCDecoderConfigurationRecord with 4-byte lengths; b"" where none can be made
    refusal: str  # "" : a closed GOP that begins here may be copied; otherwise why not
    size: tuple[int, int] = (0, 0)  # width, height after cropping; (0, 0): not known
    full_range: bool = False
    reorder: int = 0  # pictures that may precede a picture in decoding and follow it on the screen


class Inspector:
    """Reads one stream's packets in order. It remembers parameter sets, as a decoder does.

    `extradata` is what the container gives: an avcC body, Annex B parameter sets, or nothing.
    """

    def __init__(self, extradata: bytes) -> None:
        self.length_size = _length_size(extradata)
        self._sets: dict[tuple[int, int], bytes] = {}  # (NAL type, id) → NAL unit
        self._spoilt = ""  # why what is known of the parameter sets cannot be relied on
        self._made: dict[tuple[bytes, ...], _Active] = {}  # the newest one only
        units = _from_record(extradata) if self.length_size else self.units(extradata)
        self._learn([unit for unit in units or () if unit and unit[0] & 31 in _SETS])

    def units(self, data: bytes) -> list[bytes] | None:
        """The NAL units of a packet; None when its lengths do not add up."""
        if self.length_size:
            return _split_lengths(data, self.length_size)
        return [unit for part in data.split(_START)[1:] if (unit := part.rstrip(b"\x00"))]

    def keyframe(self, data: bytes) -> KeyUnit:
        """What this keyframe is, and whether a closed GOP from here on may be copied."""
        units = self.units(data)
        if units is None:
            return KeyUnit(False, b"", "the keyframe is damaged: its NAL lengths do not add up")
        kinds = [unit[0] & 31 for unit in units]
        sets = [unit for unit, kind in zip(units, kinds, strict=True) if kind in _SETS]
        if sets:
            self._spoilt = ""
            self._learn(sets)
        if _IDR not in kinds:
            return KeyUnit(False, b"", _why_no_idr(units))
        try:
            active = self._active(units[kinds.index(_IDR)])
        except DamagedError as damage:
            return KeyUnit(True, b"", str(damage))
        refusal = self._spoilt or _refused(units, kinds) or active.refusal
        sps = active.sps
        return KeyUnit(True, active.config, refusal, sps.size, sps.full_range, sps.reorder)

    def is_plain(self, data: bytes) -> bool:
        """Whether a packet between keyframes is just one more picture of the same stream.

        Not plain: an IDR picture, parameter sets, anything unusual, or lengths that do not add up.
        Parameter sets in it are remembered all the same.
        """
        size = self.length_size
        plain = False
        if size:
            at, end = 0, len(data)
            while at < end:
                body = at + size
                length = int.from_bytes(data[at:body], "big")
                at = body + length
                if length == 0 or at > end:
                    return False
                kind = data[body] & 0x9F
                if kind == _SLICE:
                    # the slice that begins a picture says 0, one set bit: there must be just one
                    if plain == (length > 1 and data[body + 1] >= _BEGINS):
                        return False
                    plain = True
                elif kind not in _PLAIN:
                    self._remember(data)
                    return False
            return plain
        at = data.find(_START) + 3
        while 3 <= at < len(data):
            kind = data[at] & 0x9F
            if kind == _SLICE:
                return at + 1 < len(data) and data[at + 1] >= _BEGINS
            if kind not in _PLAIN:
                self._remember(data)
                return False
            at = data.find(_START, at) + 3
        return False

    def _remember(self, data: bytes) -> None:
        self._learn([unit for unit in self.units(data) or () if unit[0] & 31 in _SETS])

    def _learn(self, sets: Sequence[bytes]) -> None:
        for unit in sets:
            try:
                key = unit[0] & 31, _id_of(unit)
            except DamagedError as damage:
                self._spoilt = str(damage)
                continue
            if self._sets.get(key) != unit:
                self._sets[key] = unit
                self._made = {}

    def _active(self, idr: bytes) -> _Active:
        """The parameter sets an IDR slice calls for. DamagedError when they are not there."""
        first, kind, pps_id = parse_slice(idr)
        if first != 0:
            raise DamagedError("the keyframe is damaged: its beginning is missing")
        if kind not in _INTRA:
            raise DamagedError("the IDR picture is not coded by itself")
        key = (pps_id.to_bytes(2, "big"), *self._sets.values())
        active = self._made.get(key)
        if active is None:
            active = _activate(self._sets, pps_id)
            self._made = {key: active}
        return active


@dataclass(frozen=True, slots=True)
class _Active:
    sps: Sps
    config: bytes
    refusal: str = field(default="")


def _activate(sets: dict[tuple[int, int], bytes], pps_id: int) -> _Active:
    unit = sets.get((_PPS, pps_id))
    if unit is None:
        raise DamagedError("its parameter sets are missing")
    active = parse_pps(unit)
    raw = sets.get((_SPS, active.sps_id))
    if raw is None:
        raise DamagedError("its parameter sets are missing")
    sps = parse_sps(raw)
    own = [unit for (kind, _), unit in sorted(sets.items()) if kind == _PPS]
    parsed: list[tuple[bytes, Pps]] = [(unit, parse_pps(unit)) for unit in own]
    used = [(unit, pps) for unit, pps in parsed if pps.sps_id == active.sps_id]
    refusal = sps.refusal
    if any(pps.slice_groups > 1 for _, pps in used):
        refusal = refusal or "its slices are scattered over the picture (slice groups)"
    return _Active(sps, config_record([raw], [unit for unit, _ in used], sps), refusal)


def config_record(sps: Sequence[bytes], pps: Sequence[bytes], about: Sps | None = None) -> bytes:
    """An AVCDecoderConfigurationRecord (14496-15 § 5.3.3.1) for samples with 4-byte lengths.

    `sps`, `pps`: NAL units. `about`: the first SPS, parsed, if it is at hand. DamagedError when a
    set is missing, cannot be read or is too long, or there are too many.
    """
    if not 0 < len(sps) <= _MOST_SETS or not 0 < len(pps) <= _MOST_SETS:
        raise DamagedError("it has more parameter sets than a recording can hold, or none")
    if any(len(unit) > _LONGEST_SET for unit in (*sps, *pps)):
        raise DamagedError("its parameter sets are too long")
    about = about or parse_sps(sps[0])
    out = bytearray([1, *sps[0][1:4], 0xFC | 3, 0xE0 | len(sps)])
    for unit in sps:
        out += len(unit).to_bytes(2, "big") + unit
    out.append(len(pps))
    for unit in pps:
        out += len(unit).to_bytes(2, "big") + unit
    if about.profile in _EXTENDED:
        out += bytes(
            [0xFC | about.chroma, 0xF8 | about.depth - 8, 0xF8 | about.chroma_depth - 8, 0]
        )
    return bytes(out)


def sets_of(config: bytes) -> tuple[list[bytes], list[bytes]]:
    """The SPS and PPS NAL units of an AVCDecoderConfigurationRecord. DamagedError when torn."""
    found = _from_record(config)
    if found is None:
        raise DamagedError("its decoder configuration is damaged")
    sps = [unit for unit in found if unit[0] & 31 == _SPS]
    return sps, [unit for unit in found if unit[0] & 31 == _PPS]


def full_range(config: bytes) -> bool:
    """Whether its pictures use all 256 luma levels. False where it cannot be read."""
    try:
        return parse_sps(sets_of(config)[0][0]).full_range
    except (DamagedError, IndexError):
        return False


def set_id(unit: bytes) -> int:
    """The id by which an SPS or PPS NAL unit is called. DamagedError when it cannot be read."""
    return _id_of(unit)


def holds_sets(units: Sequence[bytes]) -> bool:
    """Whether NAL units bring both an SPS and a PPS of their own."""
    return {unit[0] & 31 for unit in units if unit} >= _SETS


def _id_of(unit: bytes) -> int:
    """The id of a parameter set, which also means that it could be read to its end."""
    return parse_sps(unit).id if unit[0] & 31 == _SPS else parse_pps(unit).id


def _length_size(extradata: bytes) -> int:
    if len(extradata) < 7 or extradata[0] != 1:
        return 0
    return int(extradata[4] & 3) + 1


def _from_record(record: bytes) -> list[bytes] | None:
    """The parameter sets of an avcC body; None when it is torn."""
    if len(record) < 7 or record[0] != 1:
        return None
    found: list[bytes] = []
    at = 5
    for mask in (31, 255):
        if at >= len(record):
            return None
        count, at = record[at] & mask, at + 1
        for _ in range(count):
            body = at + 2
            length = int.from_bytes(record[at:body], "big")
            at = body + length
            if length == 0 or at > len(record):
                return None
            found.append(record[body:at])
    return found


def _split_lengths(data: bytes, size: int) -> list[bytes] | None:
    units: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        body = at + size
        length = int.from_bytes(data[at:body], "big")
        at = body + length
        if length == 0 or at > end:
            return None
        units.append(data[body:at])
    return units


def _refused(units: Sequence[bytes], kinds: Sequence[int]) -> str:
    strange = {kind for kind in kinds if kind not in _KEY}
    if _SLICE in strange:
        return "the keyframe mixes IDR slices with others"
    if strange:
        return f"it carries NAL units of type {min(strange)} (layers, partitions or a maker's own)"
    if any(unit[0] & 0x80 for unit in units):
        return "the keyframe is damaged: a forbidden bit is set"
    slices = [unit for unit, kind in zip(units, kinds, strict=True) if kind == _IDR]
    if sum(unit[1:2] >= _BEGINS.to_bytes(1, "big") for unit in slices) != 1:
        return "its packets hold more than one picture"
    return ""


def _why_no_idr(units: Sequence[bytes]) -> str:
    kinds = {unit[0] & 31 for unit in units}
    if _SLICE not in kinds:
        return "the keyframe holds no picture"
    for unit in units:
        if unit[0] & 31 == _SEI and _RECOVERY_POINT in _payload_types(unit):
            return "its keyframes are recovery points, not IDR (open GOPs or intra refresh)"
    return "its keyframes are not IDR pictures (open GOPs)"


def _payload_types(sei: bytes) -> Iterator[int]:
    rbsp = sei[1:].replace(b"\x00\x00\x03", b"\x00\x00")
    at = 0
    while at + 2 < len(rbsp):
        values = []
        for _ in range(2):  # the payload's type, then its size: each in bytes of 255 and a last one
            value = 0
            while at < len(rbsp) and rbsp[at] == 255:
                value, at = value + 255, at + 1
            if at >= len(rbsp):
                return
            value, at = value + rbsp[at], at + 1
            values.append(value)
        yield values[0]
        at += values[1]
