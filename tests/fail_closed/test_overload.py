"""An overloaded machine shows less, never anybody: judged on the decoded output."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from streetlamp.video.load import LAST_LEVEL, LOOK_STEPS, Load
from streetlamp.video.raw import Unit
from support.breaking import Still, crossing, drawn, packets, pictures, play

MAKERS: dict[str, Callable[[Sequence[Still]], list[Unit]]] = {
    "pictures": pictures,
    "packets": packets,
}
COUNT = 80


@pytest.mark.parametrize("kind", MAKERS)
def test_fewer_looks_hide_as_well(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    film = drawn(COUNT, crossing)
    units = MAKERS[kind](film)
    last = Load(len(LOOK_STEPS) - 1, "too many cameras")
    usual = play(monkeypatch, film, units=units)
    seldom = play(monkeypatch, film, units=units, load=lambda: last)
    assert seldom.asked <= 0.6 * usual.asked
    assert len(seldom.stored) == COUNT
    assert seldom.visible() == []
    assert seldom.clear(20, 70) > 0.7, "looks are still close enough to show pictures"


@pytest.mark.parametrize("kind", MAKERS)
def test_a_coarse_camera_shows_a_few_pictures_hidden_whole(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    film = drawn(COUNT, crossing)
    load = Load(LAST_LEVEL, "too many cameras")
    played = play(monkeypatch, film, units=MAKERS[kind](film), load=lambda: load)
    assert COUNT / 20 <= len(played.stored) <= COUNT / 8, "about one a second"
    assert played.visible() == []
    assert played.clear() == 0.0
    assert played.asked >= 4, "rules still hear of who is there"


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("every", [7, 25])
def test_nobody_is_seen_when_it_comes_and_goes(
    monkeypatch: pytest.MonkeyPatch, kind: str, every: int
) -> None:
    film = drawn(160, crossing)
    units = MAKERS[kind](film)
    now = [0]

    def load() -> Load:
        level = (0, LAST_LEVEL, len(LOOK_STEPS) - 1)[now[0] // every % 3]
        return Load(level, "busy" if level else "")

    def count(i: int, queue: object) -> None:
        now[0] = i

    played = play(monkeypatch, film, units=units, load=load, between=count)
    assert len(played.stored) > 20
    assert played.visible() == []
    numbers = [film.index(one) for one in played.film]
    assert numbers == sorted(set(numbers)), "each at most once, in order"
    if every == 25:
        assert played.clear() > 0.1
