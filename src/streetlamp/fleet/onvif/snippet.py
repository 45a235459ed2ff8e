"""A piece of site file for the devices that were found. It never holds a password."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import yaml

from streetlamp.fleet.onvif.values import Device, VideoProfile
from streetlamp.video.source.address import hidden

_PLAYABLE: Final = frozenset({"H264", "H265", "JPEG", "MPEG4"})
_SECOND_WIDTH: Final = 640  # pixels; below that people in the distance are lost
_NO_WORDS: Final = frozenset({"true", "false", "null"})  # what YAML takes for something else
_SAME_SHAPE: Final = 0.06  # how far width to height may differ in one view
_KEYFRAMES: Final = 1.5  # a second stream's keyframes may be so much rarer than the main one's
_HEAD: Final = """\
# Cameras found by `streetlamp discover`. Put them under "cameras:" of your site file, or check and
# run this file as it is.
"""
_LATER: Final = """\
# The password is not in here: Streetlamp takes it from the environment variable {name}.
"""


def snippet(devices: Iterable[Device], username: str = "", password_env: str = "") -> str:
    """The YAML text for all streams that can be used; "" where there is none."""
    taken: set[str] = set()
    lines: list[str] = []
    some = False
    for device in devices:
        channels = device.channels
        for number, profiles in enumerate(channels, 1):
            name = device.title if len(channels) == 1 else f"{device.title} {number}"
            made = list(_camera(name, profiles, username, password_env, taken))
            some |= any(not line.lstrip().startswith("#") for line in made)
            lines += made
    if not some:
        return ""
    head = _HEAD + (_LATER.format(name=password_env) if password_env else "")
    return head + "cameras:\n" + "\n".join(lines) + "\n"


def pick(profiles: Collection[VideoProfile]) -> tuple[VideoProfile | None, VideoProfile | None]:
    """The main stream and, where one is fit for it, the second stream of one view."""
    usable = [one for one in profiles if one.uri and one.codec in _PLAYABLE]
    if not usable:
        return None, None
    main = max(usable, key=lambda one: (one.area, one.codec != "JPEG", one.fps))
    fit = [one for one in usable if _fits(one, main)]
    return main, min(fit, key=lambda one: (one.area, one.kbps), default=None)


def _fits(second: VideoProfile, main: VideoProfile) -> bool:
    """Whether this is the small stream that a sleeping camera can be judged by."""
    if second.codec != "H264" or second.uri == main.uri:
        return False
    if second.width < _SECOND_WIDTH or not second.height or second.area >= main.area:
        return False
    if abs(second.width / second.height / (main.width / main.height) - 1) > _SAME_SHAPE:
        return False
    return not _rarer(second, main)


def _rarer(second: VideoProfile, main: VideoProfile) -> bool:
    ours, theirs = second.keyframe_seconds, main.keyframe_seconds
    return bool(ours and theirs and ours > theirs * _KEYFRAMES)


def _camera(
    name: str, profiles: Collection[VideoProfile], username: str, password_env: str, taken: set[str]
) -> Iterator[str]:
    main, second = pick(profiles)
    if main is None:
        why = "; ".join(dict.fromkeys(one.refused for one in profiles if one.refused))
        yield f"  # {name}: no stream that can be used. {why}".rstrip()
        return
    if hidden(main.uri) != main.uri:
        yield f"  # {name}: its address holds a login ({hidden(main.uri)}),"
        yield "  # which is not written here. Write this camera by hand."
        return
    yield f"  {_id(name, taken)}:"
    yield f"    name: {_word(name)}"
    yield f"    source:  # {main}"
    yield f"      url: {_word(main.uri)}"
    if username:
        yield f"      username: {_word(username)}"
    if password_env:
        yield f"      password_env: {_word(password_env)}"
    if second is not None and hidden(second.uri) == second.uri:
        yield f"    second_stream: {_word(second.uri)}  # {second}"
    else:
        yield from _advice(profiles, main)


def _advice(profiles: Collection[VideoProfile], main: VideoProfile) -> Iterator[str]:
    """What to change in the camera so that it has a second stream, where little is missing."""
    for one in profiles:
        if one.codec == "H264" and one.uri and _SECOND_WIDTH <= one.width < main.width:
            if _rarer(one, main):
                yield (
                    f"    # A second stream would save work: set the keyframe interval of "
                    f"{_word(one.name or one.token)} in the camera"
                )
                yield (
                    f"    # from {one.keyframe_seconds:g} s to {main.keyframe_seconds:g} s, "
                    "then discover it again."
                )
            return


def _id(name: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32].rstrip("-") or "camera"
    if not base[0].isalpha() or base in _NO_WORDS:
        base = f"camera-{base}"
    id_, again = base, 1
    while id_ in taken:
        again += 1
        id_ = f"{base}-{again}"
    taken.add(id_)
    return id_


def _word(text: str) -> str:
    """A text as YAML writes it on one line; in quotes where it might be taken for a number."""
    made: str = yaml.safe_dump(text, default_flow_style=True, width=10_000, allow_unicode=True)
    made = made.removesuffix("\n").removesuffix("\n...")
    return json.dumps(text) if made == text and not text[:1].isalpha() else made
