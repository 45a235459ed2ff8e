"""H.264 parameter sets and slice headers, read as far as copying needs them.

Syntax tables: ITU-T H.264 § 7.3.2.1 (SPS), § 7.3.2.2 (PPS), § 7.3.3 (slice header), § E.1 (VUI).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 4096  # bytes of a parameter set that are read; real ones have fewer than 300
_SLICE_HEAD: Final = 24  # bytes: the three numbers read of a slice take at most 24
_MOST_ZEROS: Final = 32  # of an Exp-Golomb number
_WITH_CHROMA: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_PLAIN_PROFILES: Final = frozenset({66, 77, 100})  # baseline, main, high
_MOST_MACROBLOCKS: Final = 139_264  # of a picture: level 6.2
_EXTENDED_RATIO: Final = 255
_SQUARE: Final = frozenset({0, 1})  # aspect_ratio_idc: not told, 1:1
_MOST_REORDER: Final = 16


class DamagedError(ValueError):
    """A parameter set or slice header that cannot be read; says which, for a person."""


class TooLargeError(DamagedError):
    """A parameter set for pictures that no level of H.264 allows."""


@dataclass(frozen=True, slots=True)
class Sps:
    """What a sequence parameter set says."""

    id: int
    profile: int
    level: int
    chroma: int  # chroma_format_idc: 1 is 4:2:0
    depth: int  # bits a luma sample
    chroma_depth: int
    progressive: bool  # frame_mbs_only_flag
    size: tuple[int, int]  # width, height in pixels, cropped
    square: bool  # pixels are square, or nothing is said
    full_range: bool
    reorder: int  # max_num_reorder_frames, or what the profile allows where nothing is said

    @property
    def refusal(self) -> str:
        """Why a stream with this set is not copied, "" if it may be."""
        if self.chroma != 1:
            return "its colours are not 4:2:0"
        if self.depth != 8 or self.chroma_depth != 8:
            return f"it has {max(self.depth, self.chroma_depth)} bits a sample instead of 8"
        if not self.progressive:
            return "it is interlaced"
        if self.profile not in _PLAIN_PROFILES:
            return f"its profile ({self.profile}) is not baseline, main or high"
        if not self.square:
            return "its pixels are not square"
        return ""


@dataclass(frozen=True, slots=True)
class Pps:
    """What a picture parameter set says."""

    id: int
    sps_id: int
    slice_groups: int


class _Bits:
    """Reads bits and Exp-Golomb numbers from a NAL unit's payload; DamagedError past its end."""

    __slots__ = ("_left", "_value", "_what")

    def __init__(self, unit: bytes, what: str, longest: int = _LONGEST) -> None:
        payload = unit[1:longest].replace(b"\x00\x00\x03", b"\x00\x00")
        self._value = int.from_bytes(payload, "big")
        self._left = 8 * len(payload)
        self._what = what

    def damaged(self) -> DamagedError:
        return DamagedError(f"its {self._what} is damaged")

    def take(self, n: int) -> int:
        if n > self._left:
            raise self.damaged()
        self._left -= n
        return (self._value >> self._left) & ((1 << n) - 1)

    def ue(self, most: int = 1 << 32) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > _MOST_ZEROS:
                raise self.damaged()
        value = (1 << zeros) - 1 + self.take(zeros)
        if value > most:
            raise self.damaged()
        return value

    def se(self) -> int:
        value = self.ue()
        return (value + 1) // 2 if value % 2 else -(value // 2)

    def check_end(self) -> None:
        """What is left must be the stop bit and zeros (rbsp_trailing_bits)."""
        rest = self._value & ((1 << self._left) - 1)
        if rest == 0 or rest & (rest - 1) or rest >> (self._left - 1) != 1:
            raise self.damaged()


def parse_sps(unit: bytes) -> Sps:
    """A sequence parameter set's NAL unit. DamagedError when it cannot be read to its end."""
    bits = _Bits(unit, "sequence parameter set")
    profile = bits.take(8)
    bits.take(8)  # constraint flags
    level = bits.take(8)
    id_ = bits.ue(31)
    chroma, depth, chroma_depth = 1, 8, 8
    if profile in _WITH_CHROMA:
        chroma, depth, chroma_depth = _chroma(bits)
    bits.ue(12)  # log2_max_frame_num_minus4
    order_type = _order(bits)
    bits.ue(16)  # max_num_ref_frames
    bits.take(1)  # gaps_in_frame_num_value_allowed_flag
    wide, high = bits.ue() + 1, bits.ue() + 1
    progressive = bool(bits.take(1))
    high *= 1 if progressive else 2
    if wide * high > _MOST_MACROBLOCKS:
        raise TooLargeError(f"it announces pictures of {wide * 16}x{high * 16}")
    if not progressive:
        bits.take(1)  # mb_adaptive_frame_field_flag
    bits.take(1)  # direct_8x8_inference_flag
    size = _cropped(bits, wide * 16, high * 16, chroma, progressive)
    square, full_range, reorder = True, False, None
    if bits.take(1):
        square, full_range, reorder = _vui(bits)
    bits.check_end()
    if reorder is None:
        reorder = 0 if order_type == 2 else _MOST_REORDER
    return Sps(
        id_, profile, level, chroma, depth, chroma_depth, progressive, size, square, full_range,
        reorder,
    )  # fmt: skip


def parse_pps(unit: bytes) -> Pps:
    """A picture parameter set's NAL unit, up to its slice groups."""
    bits = _Bits(unit, "picture parameter set")
    id_, sps_id = bits.ue(255), bits.ue(31)
    bits.take(2)  # entropy coding, bottom_field_pic_order
    groups = bits.ue(7) + 1
    if groups == 1:
        bits.ue(31)  # num_ref_idx_l0_default_active_minus1
        bits.ue(31)
        bits.take(3)  # weighted prediction
        bits.se()  # pic_init_qp, pic_init_qs, chroma_qp_index_offset
        bits.se()
        bits.se()
        bits.take(3)  # deblocking, constrained intra, redundant pictures
    return Pps(id_, sps_id, groups)


def parse_slice(unit: bytes) -> tuple[int, int, int]:
    """first_mb_in_slice, slice_type and pic_parameter_set_id of a slice's NAL unit."""
    bits = _Bits(unit, "slice header", _SLICE_HEAD)
    return bits.ue(_MOST_MACROBLOCKS), bits.ue(9), bits.ue(255)


def _chroma(bits: _Bits) -> tuple[int, int, int]:
    chroma = bits.ue(3)
    if chroma == 3:
        bits.take(1)  # separate_colour_plane_flag
    depth, chroma_depth = bits.ue(6) + 8, bits.ue(6) + 8
    bits.take(1)  # qpprime_y_zero_transform_bypass_flag
    if bits.take(1):
        for i in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if i < 6 else 64)
    return chroma, depth, chroma_depth


def _skip_scaling_list(bits: _Bits, count: int) -> None:
    last = following = 8
    for _ in range(count):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _order(bits: _Bits) -> int:
    kind = bits.ue(2)
    if kind == 0:
        bits.ue(12)  # log2_max_pic_order_cnt_lsb_minus4
    elif kind == 1:
        bits.take(1)
        bits.se()
        bits.se()
        for _ in range(bits.ue(255)):
            bits.se()
    return kind


def _cropped(
    bits: _Bits, width: int, height: int, chroma: int, progressive: bool
) -> tuple[int, int]:
    if bits.take(1):
        across = 2 if chroma in (1, 2) else 1
        down = (2 if chroma == 1 else 1) * (1 if progressive else 2)
        width -= across * (bits.ue() + bits.ue())
        height -= down * (bits.ue() + bits.ue())
    if width <= 0 or height <= 0:
        raise bits.damaged()
    return width, height


def _vui(bits: _Bits) -> tuple[bool, bool, int | None]:
    """Square pixels, full range, max_num_reorder_frames if it is told."""
    square, full_range, reorder = True, False, None
    if bits.take(1):
        ratio = bits.take(8)
        square = ratio in _SQUARE
        if ratio == _EXTENDED_RATIO:
            square = bits.take(16) == bits.take(16)
    if bits.take(1):
        bits.take(1)  # overscan
    if bits.take(1):
        bits.take(3)  # video_format
        full_range = bool(bits.take(1))
        if bits.take(1):
            bits.take(24)  # colour primaries, transfer, matrix
    if bits.take(1):
        bits.ue(5)  # chroma sample location
        bits.ue(5)
    if bits.take(1):
        bits.take(65)  # timing
    rates = [_skip_rates(bits) for _ in range(2)]
    if any(rates):
        bits.take(1)  # low_delay_hrd_flag
    bits.take(1)  # pic_struct_present_flag
    if bits.take(1):
        bits.take(1)
        for _ in range(4):
            bits.ue()
        reorder = bits.ue(_MOST_REORDER)
        bits.ue(_MOST_REORDER)  # max_dec_frame_buffering
    return square, full_range, reorder


def _skip_rates(bits: _Bits) -> bool:
    """The hypothetical decoder's numbers; whether there were any."""
    if not bits.take(1):
        return False
    count = bits.ue(31) + 1
    bits.take(8)
    for _ in range(count):
        bits.ue()
        bits.ue()
        bits.take(1)
    bits.take(20)
    return True
