"""One incident is one alarm; who did what stands in it; nothing is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Phases
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from streetlamp.alarms.book import AlarmBook
from streetlamp.alarms.life import InvalidTransitionError, NoSuchAlarmError
from streetlamp.alarms.options import AlarmOptions
from streetlamp.store import Events, StoreFullError
from streetlamp.values import Alarm, AlarmState, Event, Phase, Severity
from support.small_disk import SmallDisk

RAISED, ACKED = AlarmState.RAISED, AlarmState.ACKNOWLEDGED
RESOLVED, FALSE = AlarmState.RESOLVED, AlarmState.FALSE


def event(
    id: str = "e1",  # noqa: A002
    start: float = 100.0,
    end: float | None = None,
    *,
    update: bool = False,
    place: str = "yard",
    severity: Severity = Severity.WARNING,
    alarm: bool = True,
    at: float = 0.0,
) -> Event:
    phase = Phase.END if end is not None else Phase.UPDATE if update else Phase.START
    return Event(
        id=id,
        phase=phase,
        camera="gate",
        rule="night",
        kind="intrusion",
        place=place,
        start=start,
        end=end,
        frame=1,
        message=f"{id} {phase}",
        severity=severity,
        box=(1.0, 2.0, 3.0, 4.0),
        numbers={"seconds": 2.0},
        alarm=alarm,
        time=at or (start if end is None else end),
    )


@pytest.fixture
def db(tmp_path: Path) -> Iterator[SmallDisk]:
    database = SmallDisk(tmp_path / "a.db")
    yield database
    database.close()


@pytest.fixture
def book(db: SmallDisk) -> AlarmBook:
    return AlarmBook(db, AlarmOptions(merge_seconds=60))


def reopen(db: SmallDisk) -> AlarmBook:
    return AlarmBook(db, AlarmOptions(merge_seconds=60))


def states(alarm: Alarm) -> list[tuple[str, str]]:
    return [(step.actor, step.state.value) for step in alarm.steps]


def test_an_event_raises_an_alarm_and_ends_it(book: AlarmBook, db: SmallDisk) -> None:
    raised = book.handle(event())
    assert raised is not None
    assert (raised.state, raised.raised, raised.ended, raised.events) == (RAISED, 100.0, None, 1)
    ended = book.handle(event(end=130.0))
    assert ended is not None
    assert (ended.id, ended.state, ended.ended, ended.events) == (raised.id, RAISED, 130.0, 1)
    assert states(ended) == [("streetlamp", "raised")]
    assert reopen(db).get(raised.id) == ended


def test_an_event_that_needs_nobody_is_noted_only(book: AlarmBook, db: SmallDisk) -> None:
    assert book.handle(event(alarm=False)) is None
    assert book.list() == []
    assert Events(db).get("e1") is not None


STORIES: dict[str, tuple[list[Event], int]] = {
    "the same event told twice": ([event(), event()], 1),
    "its end told twice": ([event(), event(end=120.0), event(end=120.0)], 1),
    "updates": ([event(), event(update=True, at=110), event(update=True, at=120)], 1),
    "another within a minute of the end": (
        [event(), event(end=120.0), event("e2", 179.0), event("e2", 179.0, 185.0)],
        1,
    ),
    "another after more than a minute": ([event(), event(end=120.0), event("e2", 181.0)], 2),
    "another while the first runs": ([event(), event("e2", 5000.0)], 1),
    "another place": ([event(), event("e2", place="roof")], 2),
    "instants in a row": ([event(f"e{n}", n * 50.0, n * 50.0) for n in range(6)], 1),
    "instants far apart": ([event(f"e{n}", n * 70.0, n * 70.0) for n in range(6)], 6),
    "a start that was never heard": ([event(end=120.0)], 1),
}


@pytest.mark.parametrize("story", STORIES)
def test_one_incident_is_one_alarm(book: AlarmBook, db: SmallDisk, story: str) -> None:
    events, alarms = STORIES[story]
    for one in events:
        book.handle(one)
    assert len(book.list()) == alarms
    assert sum(alarm.events for alarm in book.list()) == len({one.id for one in events})
    again = reopen(db)
    for one in events:
        again.handle(one)
    assert again.list() == book.list(), "after a restart the same events change nothing"


def test_it_runs_until_the_last_of_its_events_has_ended(book: AlarmBook) -> None:
    book.handle(event("e1", 100.0))
    book.handle(event("e2", 110.0))
    first = book.handle(event("e1", 100.0, 120.0))
    assert first is not None
    assert first.ended is None
    last = book.handle(event("e2", 110.0, 115.0))
    assert last is not None
    assert last.ended == 120.0


@pytest.mark.parametrize(
    ("path", "last"),
    [
        (["acknowledge"], ACKED),
        (["resolve"], RESOLVED),
        (["mark_false"], FALSE),
        (["acknowledge", "resolve"], RESOLVED),
        (["acknowledge", "mark_false"], FALSE),
    ],
)
def test_what_people_may_do(
    book: AlarmBook, db: SmallDisk, path: list[str], last: AlarmState
) -> None:
    book.handle(event())
    for n, verb in enumerate(path):
        alarm = getattr(book, verb)("e1", "ada", 200.0 + n, f"note {n}")
    assert alarm.state is last
    assert [step.note for step in alarm.steps[1:]] == [f"note {n}" for n in range(len(path))]
    assert {step.actor for step in alarm.steps[1:]} == {"ada"}
    assert alarm.updated == 200.0 + len(path) - 1
    assert reopen(db).get("e1") == alarm


@pytest.mark.parametrize("first", ["acknowledge", "resolve", "mark_false"])
@pytest.mark.parametrize("second", ["acknowledge", "resolve", "mark_false"])
def test_what_people_may_not_do(book: AlarmBook, first: str, second: str) -> None:
    book.handle(event())
    before = getattr(book, first)("e1", "ada", 200.0)
    if (first, second) in {("acknowledge", "resolve"), ("acknowledge", "mark_false")}:
        getattr(book, second)("e1", "bob", 201.0)
        return
    with pytest.raises(InvalidTransitionError, match=r"by ada; it cannot be .* any more"):
        getattr(book, second)("e1", "bob", 201.0)
    assert book.get("e1") == before


def test_an_alarm_that_is_not_there(book: AlarmBook) -> None:
    for verb in (book.acknowledge, book.resolve, book.mark_false, book.note):
        with pytest.raises(NoSuchAlarmError, match="no alarm nope"):
            verb("nope", "ada", 1.0)  # type: ignore[arg-type]


def test_acknowledged_stays_so_until_the_severity_changes(book: AlarmBook) -> None:
    book.handle(event())
    book.acknowledge("e1", "ada", 105.0)
    assert (book.handle(event(update=True, at=110.0)) or event()).state is ACKED  # type: ignore[union-attr]
    book.handle(event(end=120.0))
    again = book.handle(event("e2", 130.0))
    assert again is not None
    assert again.state is ACKED
    worse = book.handle(event("e2", 130.0, update=True, severity=Severity.CRITICAL, at=140.0))
    assert worse is not None
    assert (worse.state, worse.severity) == (RAISED, Severity.CRITICAL)
    assert worse.steps[-1].note.startswith("Severity went from warning to critical")
    assert book.acknowledge("e1", "ada", 150.0).state is ACKED


def test_resolved_and_it_happens_again_at_once(book: AlarmBook) -> None:
    book.handle(event())
    book.handle(event(end=120.0))
    book.resolve("e1", "ada", 125.0)
    again = book.handle(event("e2", 150.0))
    assert again is not None
    assert (again.id, again.state, again.events, again.ended) == ("e1", RAISED, 2, None)
    assert again.steps[-1].note.startswith("Happened again")


def test_resolved_and_what_ran_goes_on_does_not_nag(book: AlarmBook) -> None:
    book.handle(event())
    book.resolve("e1", "ada", 125.0)
    after = book.handle(event(update=True, severity=Severity.CRITICAL, at=130.0))
    assert after is not None
    assert after.state is RESOLVED
    ended = book.handle(event(end=150.0))
    assert ended is not None
    assert (ended.state, ended.ended) == (RESOLVED, 150.0)


def test_false_is_final_and_swallows_nothing(book: AlarmBook) -> None:
    book.handle(event())
    book.handle(event(end=120.0))
    book.mark_false("e1", "ada", 125.0)
    new = book.handle(event("e2", 126.0))
    assert new is not None
    assert (new.id, new.state) == ("e2", RAISED)
    assert book.get("e1").state is FALSE


def test_listeners_hear_every_change_after_it_was_written(book: AlarmBook, db: SmallDisk) -> None:
    heard: list[Alarm] = []

    def listen(alarm: Alarm) -> None:
        assert not db.writing
        assert reopen(db).get(alarm.id) == alarm
        heard.append(alarm)

    stop = book.on_change(listen)
    book.handle(event())
    book.acknowledge("e1", "ada", 1.0)
    book.set_clip("e1", "clips/e1.mp4")
    stop()
    stop()
    book.resolve("e1", "ada", 2.0)
    assert [(alarm.state, alarm.clip) for alarm in heard] == [
        (RAISED, ""),
        (ACKED, ""),
        (ACKED, "clips/e1.mp4"),
    ]


def test_lists(book: AlarmBook) -> None:
    for n in range(5):
        book.handle(event(f"e{n}", 1000.0 * n, 1000.0 * n))
    book.resolve("e1", "ada", 1.0)
    assert [alarm.id for alarm in book.list()] == ["e4", "e3", "e2", "e1", "e0"]
    assert [alarm.id for alarm in book.list({RESOLVED})] == ["e1"]
    assert [alarm.id for alarm in book.list(before=2000.0, limit=1)] == ["e1"]
    assert book.open_count() == 4


def test_what_still_runs_of_a_false_alarm_goes_on_there(book: AlarmBook) -> None:
    book.handle(event())
    book.mark_false("e1", "ada", 101.0)
    book.handle(event("e2", 102.0))
    ended = book.handle(event(end=110.0))
    assert ended is not None
    assert (ended.id, ended.state, ended.ended) == ("e1", FALSE, 110.0)
    assert book.get("e2").events == 1


# A process that died, a disk that is full


def test_what_ran_when_the_process_died_is_marked(book: AlarmBook, db: SmallDisk) -> None:
    book.handle(event("e1", 100.0))
    book.acknowledge("e1", "ada", 105.0)
    book.handle(event("e1", 100.0, update=True, at=110.0))
    book.handle(event("e9", 100.0, place="roof", end=101.0))
    book.handle(event("e5", 100.0, alarm=False))
    again = reopen(db)
    said = again.recover(5000.0)
    assert len(said) == 1
    assert "cut short when Streetlamp stopped (gate)" in said[0]
    alarm = again.get("e1")
    assert (alarm.state, alarm.ended) == (ACKED, 110.0)
    assert alarm.steps[-1].note.startswith("Streetlamp stopped while this was going on")
    assert alarm.steps[-1].actor == "streetlamp"
    assert again.recover(5001.0) == [], "once"
    assert Events(db).running() == []
    same = again.handle(event("e2", 5030.0))
    assert same is not None
    assert same.id == "e1", "it goes on within a minute of the start: the same incident"
    late = reopen(db)
    late.recover(9000.0)
    new = late.handle(event("e3", 9100.0))
    assert new is not None
    assert new.id == "e3"


def test_a_full_disk_silences_nothing_and_loses_nothing(book: AlarmBook, db: SmallDisk) -> None:
    heard: list[str] = []
    book.on_change(lambda alarm: heard.append(alarm.id))
    db.full = True
    raised = book.handle(event("e1", 100.0))
    book.handle(event("e1", 100.0, update=True, at=110.0))
    book.handle(event("e1", 100.0, 120.0))
    book.handle(event("e2", 130.0))
    book.handle(event("r1", 100.0, 100.0, place="roof"))
    book.handle(event("n1", 100.0, alarm=False))
    assert raised is not None
    assert heard == ["e1", "e1", "e1", "e1", "r1"]
    assert "2 alarms kept in memory only: no room" in book.trouble
    assert [alarm.id for alarm in book.list()] == ["e1", "r1"]
    assert book.open_count() == 2
    assert book.get("e1").events == 2
    assert not book.retry()
    with pytest.raises(StoreFullError):
        book.acknowledge("e1", "ada", 140.0)
    assert book.get("e1").state is RAISED, "what a person does is on the disk or it is not done"
    db.full = False
    acked = book.acknowledge("e1", "ada", 150.0)
    assert book.trouble == ""
    assert book.retry()
    again = reopen(db)
    assert again.get("e1") == acked
    assert states(acked) == [("streetlamp", "raised"), ("ada", "acknowledged")]
    assert [alarm.id for alarm in again.list()] == ["e1", "r1"]
    assert {one.id for one in Events(db).list()} == {"e1", "e2", "r1", "n1"}


# Any sequence of calls


PLACES = st.sampled_from("ab")


class AnyCalls(RuleBasedStateMachine):
    """Whatever comes in whatever order: what the book says is kept, and lives by the rules."""

    folder: Path
    runs = 0
    events = Bundle("events")

    def __init__(self) -> None:
        super().__init__()
        type(self).runs += 1
        path = self.folder / f"{type(self).runs}.db"
        shutil.copy(self.folder / "fresh.db", path)
        self.db = SmallDisk(path)
        self.book = reopen(self.db)
        self.now = 1000.0
        self.started = 0
        self.known: set[str] = set()
        self.last: dict[str, Alarm] = {}

    def pass_time(self, seconds: float) -> float:
        self.now += seconds
        return self.now

    @rule(
        target=events, seconds=st.sampled_from([0.0, 5.0, 59.0, 61.0]), place=st.sampled_from("ab")
    )
    def start(self, seconds: float, place: str) -> tuple[str, str, float]:
        self.started += 1
        name, at = f"e{self.started}", self.pass_time(seconds)
        alarm = self.book.handle(event(name, at, place=place))
        assert alarm is not None
        assert alarm.state in (RAISED, ACKED), "news of something new is never in a closed alarm"
        assert alarm.ended is None
        self.known.add(alarm.id)
        return name, place, at

    @rule(one=events, severity=st.sampled_from(Severity), seconds=st.sampled_from([0.0, 9.0]))
    def update(self, one: tuple[str, str, float], severity: Severity, seconds: float) -> None:
        name, place, start = one
        at = self.pass_time(seconds)
        self.book.handle(event(name, start, update=True, place=place, severity=severity, at=at))

    @rule(target=events, one=events, seconds=st.sampled_from([0.0, 9.0]))
    def end(self, one: tuple[str, str, float], seconds: float) -> object:
        name, place, start = one
        self.book.handle(event(name, start, self.pass_time(seconds), place=place))
        return multiple()

    @rule(data=st.data(), verb=st.sampled_from(["acknowledge", "resolve", "mark_false"]))
    def person(self, data: st.DataObject, verb: str) -> None:
        if not self.known:
            return
        name = data.draw(st.sampled_from(sorted(self.known)))
        before = self.book.get(name)
        try:
            after = getattr(self.book, verb)(name, "ada", self.now, "")
        except InvalidTransitionError:
            assert before.state in (RESOLVED, FALSE) or (before.state, verb) == (
                ACKED,
                "acknowledge",
            )
            assert self.book.get(name) == before
        except StoreFullError:
            assert self.db.full
            assert self.book.get(name) == before
        else:
            assert after.steps[:-1] == before.steps
            assert after.steps[-1].state is after.state

    @rule(full=st.booleans())
    def disk(self, full: bool) -> None:
        self.db.full = full

    @rule()
    def restart(self) -> None:
        if self.db.full:
            return
        self.book.retry()
        alarms = self.book.list(limit=None)
        self.book = reopen(self.db)
        assert self.book.list(limit=None) == alarms

    @invariant()
    def lives_by_the_rules(self) -> None:
        alarms = {alarm.id: alarm for alarm in self.book.list(limit=None)}
        assert set(alarms) == self.known
        for name, alarm in alarms.items():
            assert self.book.get(name) == alarm
            assert alarm.steps[0].state is RAISED
            assert alarm.steps[-1].state is alarm.state
            assert alarm.ended is None or alarm.ended >= alarm.raised
            assert alarm.events >= 1
            before = self.last.get(name)
            if before is not None:
                assert alarm.steps[: len(before.steps)] == before.steps, "steps are only added"
                assert not (before.state is FALSE and alarm.state is not FALSE)
        self.last = alarms

    def teardown(self) -> None:
        self.db.full = False
        assert self.book.retry()
        assert self.book.list(limit=None) == reopen(self.db).list(limit=None)
        assert sum(alarm.events for alarm in self.book.list(limit=None)) == self.started
        self.db.close()


def test_any_sequence_of_calls(tmp_path: Path) -> None:
    AnyCalls.folder = tmp_path
    SmallDisk(tmp_path / "fresh.db").close()
    run_state_machine_as_test(
        AnyCalls,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            database=None,
            phases=(Phases.generate, Phases.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
