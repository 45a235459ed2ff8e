"""Trying again: an hour without the other side, and nobody waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from streetlamp.errors import UserError
from streetlamp.notify.backoff import MOST_ASKED, MOST_SECONDS, pause
from streetlamp.notify.errors import NotifyError
from streetlamp.notify.message import Message
from streetlamp.store import PostState
from support.notify import T0, Recorder, alarm, post


def test_a_receiver_down_for_an_hour_gets_every_alarm_once(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    down = NotifyError("it answered 503", retry=True)
    porter.answer = lambda message, now: down if now < T0 + 3600 else None
    for n in range(60):  # an alarm every minute
        lamp.say(alarm(f"a{n}", at=lamp.now))
        lamp.go(60, 15)
    tries = len(porter.tried)
    assert tries < 40, "it is not knocked at all the time"
    lamp.start()  # and a restart in between
    lamp.go(900, 15)
    keys = [key for one in porter.took for key in one.keys]
    assert sorted(keys) == sorted(f"a{n}:raised" for n in range(60))
    assert len({one.key for one in porter.took}) == len(porter.took) == 60
    assert not lamp.outbox.list([PostState.WAITING, PostState.DEAD])


def test_one_message_that_is_never_taken_holds_up_no_other(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    broken = NotifyError("it answered 500", retry=True)
    porter.answer = lambda message, now: broken if message.keys == ("a0:raised",) else None
    for n in range(5):
        lamp.say(alarm(f"a{n}", at=lamp.now))
        lamp.go(10)
    lamp.go(60)
    assert [one.keys[0] for one in porter.took] == [f"a{n}:raised" for n in range(1, 5)]
    (waiting,) = lamp.outbox.list([PostState.WAITING])
    assert waiting.error == "it answered 500"


def test_one_address_that_fails_holds_up_no_other(tmp_path: Path) -> None:
    chat = Recorder("chat", parts=("mail", "ntfy"))
    lamp = post(tmp_path, chat)
    away = NotifyError("away", retry=True)
    chat.answer = lambda message, now: away if message.part == "mail" else None
    for n in range(5):
        lamp.say(alarm(f"a{n}", at=lamp.now))
        lamp.go(5)
    assert [one.part for one in chat.took] == ["ntfy"] * 5


def test_a_refusal_is_final_and_can_be_sent_again_by_hand(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    porter.answer = lambda message, now: NotifyError("it answered 410", retry=False)
    lamp.say(alarm())
    lamp.go(600, 10)
    assert len(porter.tried) == 1
    (dead,) = lamp.outbox.list([PostState.DEAD])
    assert (dead.error, dead.tries) == ("it answered 410", 1)
    porter.answer = lambda message, now: None
    assert lamp.outbox.again(dead.key, lamp.now)
    assert not lamp.outbox.again(dead.key, lamp.now)
    lamp.go(1)
    (said,) = porter.took
    assert said.key == dead.key, "the same key as before"


def test_what_the_owner_can_put_right_does_not_end_the_loop(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)

    def answer(message: Message, now: float) -> None:
        del message
        if now < T0 + 20:
            raise UserError("the key is damaged")

    porter.answer = answer
    lamp.say(alarm())
    lamp.go(10)
    (waiting,) = lamp.outbox.list([PostState.WAITING])
    assert waiting.error == "the key is damaged"
    lamp.go(60)
    assert len(porter.took) == 1


def test_it_gives_up_in_the_end(tmp_path: Path) -> None:
    porter = Recorder(retry_hours=1)
    lamp = post(tmp_path, porter)
    porter.answer = lambda message, now: NotifyError("away", retry=True)
    lamp.say(alarm())
    lamp.go(3 * 3600, 30)
    (dead,) = lamp.outbox.list([PostState.DEAD])
    assert dead.error == "away"
    porter.answer = lambda message, now: None
    assert lamp.outbox.all_again("porter", lamp.now) == 1


def test_it_waits_as_long_as_it_is_asked_to(tmp_path: Path) -> None:
    porter = Recorder()
    lamp = post(tmp_path, porter)
    porter.answer = lambda message, now: NotifyError("429", retry=True, after=100.0)
    lamp.say(alarm())
    lamp.go(110)
    (first,) = porter.tried
    lamp.go(200)
    assert porter.tried[1][0] - first[0] >= 100


@pytest.mark.parametrize(
    ("failures", "chance", "after", "seconds"),
    [
        (1, 0.0, None, 5.0),
        (1, 0.999, None, 2.5),
        (3, 0.0, None, 20.0),
        (1000, 0.0, None, MOST_SECONDS),
        (1, 0.0, 60.0, 60.0),
        (1, 0.0, 1e9, MOST_ASKED),
        (9, 0.0, 1.0, MOST_SECONDS),
    ],
)
def test_pauses(failures: int, chance: float, after: float | None, seconds: float) -> None:
    assert pause(failures, chance, after) == pytest.approx(seconds, rel=0.01)
