"""Plans' pictures and maps' styles: which are taken, which are refused, and in which words."""

from __future__ import annotations

import json
import struct
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from streetlamp.fleet.placing import plan_for
from streetlamp.fleet.plan_picture import MOST_BYTES, look_at_picture
from streetlamp.fleet.plan_style import addresses, at_home, look_at_style
from streetlamp.fleet.plan_svg import look_at_svg

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {}>{}</svg>'  # noqa: E501


def svg(inside: str, size: str = 'viewBox="0 0 300 200"') -> bytes:
    return SVG.format(size, inside).encode()


def picture(path: Path, width: int = 96, height: int = 64) -> Path:
    rng = np.random.default_rng(1)
    assert cv2.imwrite(str(path), rng.integers(0, 255, (height, width, 3), np.uint8))
    return path


@pytest.mark.parametrize(("name", "kind"), [("a.png", "image/png"), ("a.jpg", "image/jpeg")])
def test_a_picture_is_known_by_its_bytes(tmp_path: Path, name: str, kind: str) -> None:
    found = look_at_picture(picture(tmp_path / name).rename(tmp_path / "plan.bin"))
    assert (found.media_type, found.width, found.height) == (kind, 96, 64)


def test_an_svg_that_only_draws(tmp_path: Path) -> None:
    drawn = svg(
        '<style>.wall { fill: url(#hatch) }</style><script-less/>'
        '<defs><linearGradient id="hatch"/></defs><use xlink:href="#hatch"/>'
        '<image href="data:image/png;base64,AAAA"/><rect class="wall" style="fill: red"/>'
        '<a href="https://example.org/"><text font-family="sans-serif">North &amp; south</text></a>'
    )
    (tmp_path / "plan.svg").write_bytes(b'<?xml version="1.0"?>\n<!-- a plan -->\n' + drawn)
    found = look_at_picture(tmp_path / "plan.svg")
    assert (found.media_type, found.width, found.height) == ("image/svg+xml", 300, 200)


@pytest.mark.parametrize(
    ("size", "want"),
    [
        ('width="40" height="30px"', (40, 30)),
        ('width="1in" height="25.4mm" viewBox="0 0 5 5"', (96, 96)),
        ('width="100%" height="100%" viewBox="0, 0, 120 80"', (120, 80)),
    ],
)
def test_how_large_an_svg_is(size: str, want: tuple[float, float]) -> None:
    assert look_at_svg(svg("", size)) == pytest.approx(want)


BAD_SVG = {
    "a script": (svg("<script>alert(1)</script>"), "<script>"),
    "a script in another case": (svg("<SCRIPT/>"), "does more than draw"),
    "a script of the page's kind": (
        svg('<script xmlns="http://www.w3.org/1999/xhtml">x</script>'), "does more than draw"),
    "what runs when it loads": (svg('<rect onload="x()"/>'), "runs a script (onload of <rect>)"),
    "what runs when clicked": (svg('<a href="javascript:x()"/>'), "runs a script"),
    "a page inside": (svg("<foreignObject/>"), "<foreignObject>"),
    "a picture from elsewhere": (svg('<image href="https://x.org/a.png"/>'), "https://x.org/a.png"),
    "a picture beside it": (svg('<image xlink:href="a.png"/>'), "loads 'a.png'"),
    "a drawing in a picture": (svg('<image href="data:image/svg+xml;base64,AA"/>'), "loads"),
    "shapes from elsewhere": (svg('<use href="other.svg#a"/>'), "loads 'other.svg#a'"),
    "style from elsewhere": (svg("<style>@import 'a.css';</style>"), "style loads something"),
    "a colour from elsewhere": (svg('<rect fill="url( \'//x.org/a#b\')"/>'), "style loads"),
    "a colour in disguise": (svg('<rect style="fill:u\\72l(//x.org)"/>'), "style loads"),
    "a style sheet": (b'<?xml-stylesheet href="a.css"?>' + svg(""), "loads a style sheet"),
    "a DOCTYPE": (b'<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + svg("&a;"), "has a DOCTYPE"),
    "no size": (svg("", ""), "does not say how large"),
    "no area": (svg("", 'width="0" height="9"'), "does not say how large"),
    "no end": (svg("<g>")[:-6], "damaged"),
    "another thing": (b'<html><svg xmlns="http://www.w3.org/2000/svg"/></html>', "not an SVG"),
    "too deep": (svg("<g>" * 300 + "</g>" * 300), "nested deeper"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_SVG)
def test_an_svg_that_does_more_than_draw_is_refused(what: str, tmp_path: Path) -> None:
    data, said = BAD_SVG[what]
    (tmp_path / "plan.svg").write_bytes(data)
    with pytest.raises(ValueError, match=".") as caught:  # noqa: RUF043
        look_at_picture(tmp_path / "plan.svg")
    assert said in str(caught.value)


def test_an_svg_that_expands_without_end_costs_nothing() -> None:
    bomb = '<!DOCTYPE svg [<!ENTITY a0 "lol">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10)
    )
    started = time.perf_counter()
    with pytest.raises(ValueError, match="DOCTYPE"):
        look_at_svg((bomb + "]>").encode() + svg("&a9;"))
    assert time.perf_counter() - started < 1.0


def test_pictures_that_cannot_be_shown(tmp_path: Path) -> None:
    whole = picture(tmp_path / "a.png").read_bytes()
    huge = whole[:16] + struct.pack(">II", 60_000, 60_000) + whole[24:]
    cases = {
        "is not a PNG, JPEG or SVG": b"GIF89a" + bytes(40),
        "cannot be decoded": whole[:60],
        "are too many": huge,
        "does not say how large": b"\xff\xd8\xff\xe0" + bytes(4),
        "larger than 20 MB": whole + bytes(MOST_BYTES),
    }
    for said, data in cases.items():
        (tmp_path / "b").write_bytes(data)
        with pytest.raises(ValueError, match=said):
            look_at_picture(tmp_path / "b")
    with pytest.raises(ValueError, match="there is no file"):
        look_at_picture(tmp_path / "none.png")
    with pytest.raises(ValueError, match="cannot be read"):
        look_at_picture(tmp_path)


def test_a_style_stays_at_home(tmp_path: Path) -> None:
    style = {
        "version": 8,
        "sprite": "signs",
        "glyphs": "fonts/{fontstack}/{range}.pbf",
        "sources": {
            "streets": {"type": "vector", "tiles": ["tiles/{z}/{x}/{y}.pbf"]},
            "water": {"type": "geojson", "data": "water.geojson"},
            "here": {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}},
        },
        "layers": [],
    }
    (tmp_path / "style.json").write_text(json.dumps(style))
    found = look_at_style(tmp_path / "style.json")
    moved = at_home(found, "/api/plans/town/files/")
    assert sorted(address for _, address in addresses(moved)) == [
        "/api/plans/town/files/fonts/{fontstack}/{range}.pbf",
        "/api/plans/town/files/signs",
        "/api/plans/town/files/tiles/{z}/{x}/{y}.pbf",
        "/api/plans/town/files/water.geojson",
    ]
    assert moved["sources"]["here"] == style["sources"]["here"]  # type: ignore[index]
    assert found == style, "the style itself was changed"


@pytest.mark.parametrize(
    "more",
    [
        {"glyphs": "https://fonts.example/{range}.pbf"},
        {"sprite": [{"id": "a", "url": "//signs.example/a"}]},
        {"sources": {"a": {"type": "raster", "tiles": ["ok/{z}.png", "http://t.example/{z}"]}}},
        {"sources": {"a": {"type": "vector", "url": "mapbox://streets"}}},
        {"sources": {"a": {"type": "geojson", "data": "/etc/passwd.json"}}},
        {"sources": {"a": {"type": "geojson", "data": "../../secret.json"}}},
        {"sources": {"a": {"type": "video", "urls": ["data:video/mp4,x"]}}},
    ],
)
def test_a_style_that_asks_elsewhere_is_refused(tmp_path: Path, more: dict[str, Any]) -> None:
    style = {"version": 8, "sources": {}, "layers": [], **more}
    (tmp_path / "style.json").write_text(json.dumps(style))
    with pytest.raises(ValueError, match="below its own folder"):
        look_at_style(tmp_path / "style.json")


@pytest.mark.parametrize("text", ["", "[]", '{"version": 8}', '{"version": 7}', "[" * 100_000])
def test_what_is_no_style(tmp_path: Path, text: str) -> None:
    (tmp_path / "style.json").write_text(text)
    with pytest.raises(ValueError, match="is not"):
        look_at_style(tmp_path / "style.json")


PLANS = {"ground": {"image": "a.png"}, "first": {"image": "b.png"}, "town": {"map": "plain"}}


@pytest.mark.parametrize(
    ("at", "plans", "want"),
    [
        ({"plan": "first", "x": 0, "y": 0}, PLANS, "first"),
        ({"lat": 0.0, "lon": 0.0}, PLANS, "town"),
        ({"x": 0, "y": 0}, {"ground": {"image": "a.png"}}, "ground"),
        ({"lat": 5, "lon": 5}, {}, "map"),
        ({"lat": 5, "lon": 5}, {"ground": {"image": "a.png"}}, "map"),
    ],
)
def test_which_plan_a_camera_is_on(at: dict[str, Any], plans: dict[str, Any], want: str) -> None:
    assert plan_for(at, plans) == want


@pytest.mark.parametrize(
    ("at", "plans", "said"),
    [
        ({"plan": "grond", "x": 0, "y": 0}, PLANS, "did you mean 'ground'"),
        ({"plan": "town", "x": 0, "y": 0}, PLANS, "'town' is a map"),
        ({"plan": "first", "lat": 0, "lon": 0}, PLANS, "'first' is a picture"),
        ({"x": 0, "y": 0}, PLANS, "which plan"),
        ({"x": 0, "y": 0}, {"town": {"map": "plain"}}, "no plan with a picture"),
    ],
)
def test_a_place_on_no_plan(at: dict[str, Any], plans: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plan_for(at, plans)
