"""Ten thousand alarms as fast as they come, and somebody at the desk meanwhile.

    python bench/alarm_storm.py                 10,000 events, 200 cameras, 20 rules, 8 threads
    python bench/alarm_storm.py --events 2000

A desk with its database on disk; threads tell the alarm book what rules of many cameras say, as
the cameras of a site do (`House.outcome` and its queue). One in a thousand is critical, of a kind
of its own at a place of its own: these must not disappear in the crowd. Beside it one client reads
the queue and acknowledges over HTTP, again and again; every answer is timed, and every
acknowledgement must stand in the database afterwards. Then the whole group is acknowledged at once.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from streetlamp.alarms.book import BURST
from streetlamp.values import Alarm, AlarmState, Event, Phase, Severity
from support.lamp import T0, Lamp, start_lamp


def event(n: int, cameras: int, rules: int) -> Event:
    """The n-th event of the storm; every thousandth is one that must stay visible."""
    grave = n % 1000 == 999
    at = T0 + n * 0.006  # ten thousand in a minute
    rule = f"alone {n}" if grave else f"rule {n % rules}"
    return Event(
        id=f"e{n:06d}", phase=Phase.START, camera=f"c{n % cameras:03d}", rule=rule,
        kind=f"grave_{n}" if grave else f"kind_{n % rules}", place=f"place {n}",
        start=at, end=None, frame=1, message=f"Something is at place {n}",
        severity=Severity.CRITICAL if grave else Severity.WARNING,
        box=(1.0, 2.0, 3.0, 4.0), numbers={"seconds": 2.0, "min_seconds": 1.0}, time=at,
    )  # fmt: skip


class Crowd:
    """The cameras' threads: an event each, handed to whoever writes, as `House` does."""

    def __init__(self, lamp: Lamp, events: list[Event], threads: int) -> None:
        self._lamp = lamp
        self._next = iter(events)
        self._taking, self._telling = threading.Lock(), threading.Lock()
        self._untold: list[Event] = []
        self.bursts: Counter[int] = Counter()
        self._threads = [threading.Thread(target=self._tell) for _ in range(threads)]

    def _tell(self) -> None:
        while True:
            with self._taking:
                some = list(itertools.islice(self._next, 5))
                self._untold.extend(some)
            if not some:
                return
            with self._telling:
                while True:
                    with self._taking:
                        burst, self._untold = self._untold[:BURST], self._untold[BURST:]
                    if not burst:
                        break
                    self.bursts[len(burst)] += 1
                    self._lamp.book.handle_all(burst)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    @property
    def alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)


def spread(name: str, seconds: list[float]) -> str:
    if not seconds:
        return f"{name}: none"
    ordered = sorted(1000 * one for one in seconds)
    p90 = ordered[int(0.9 * (len(ordered) - 1))]
    return (
        f"{name}: {len(ordered)} times, median {ordered[len(ordered) // 2]:.0f} ms, "
        f"90 % {p90:.0f} ms, longest {ordered[-1]:.0f} ms"
    )


def timed(client: httpx.Client, method: str, path: str, into: list[float], **rest: object) -> dict:
    began = time.perf_counter()
    answer = client.request(method, path, **rest)  # type: ignore[arg-type]
    into.append(time.perf_counter() - began)
    answer.raise_for_status()
    return answer.json()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--events", type=int, default=10_000)
    asked.add_argument("--cameras", type=int, default=200)
    asked.add_argument("--rules", type=int, default=20)
    asked.add_argument("--threads", type=int, default=8)
    told = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        storm(told, Path(folder) / "lamp")


def storm(told: argparse.Namespace, folder: Path) -> None:
    sys.setswitchinterval(0.0005)  # as `streetlamp run` does
    lamp = start_lamp(folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    heard: Counter[str] = Counter()
    lamp.book.on_change(lambda alarm: heard.update([alarm.id]))
    queue: list[float] = []
    answers: list[float] = []
    answered: set[str] = set()
    events = [event(n, told.cameras, told.rules) for n in range(told.events)]
    try:
        with lamp.login() as client:
            crowd = Crowd(lamp, events, told.threads)
            began = time.perf_counter()
            crowd.start()
            while crowd.alive:
                lamp.clock.now += 0.2
                shown = timed(client, "GET", "/api/alarms/queue", queue)
                fresh = [one for one in shown["alarms"] if one["state"] == "raised"]
                if not fresh and shown["groups"]:
                    inside = f"/api/alarms/groups/{shown['groups'][0]['id']}/alarms?limit=1"
                    fresh = timed(client, "GET", inside, queue)["alarms"]
                for one in fresh[:1]:
                    if one["id"] not in answered and one["state"] == "raised":
                        timed(client, "POST", f"/api/alarms/{one['id']}/acknowledge", answers)
                        answered.add(one["id"])
                time.sleep(0.05)
            crowd.join()
            took = time.perf_counter() - began
            shown = timed(client, "GET", "/api/alarms/queue", [])
            whole: list[float] = []
            answer = {"state": "acknowledged"}
            for group in shown["groups"]:
                path = f"/api/alarms/groups/{group['id']}/answer"
                said = timed(client, "POST", path, whole, json=answer)
                assert said["group"]["raised"] == 0
    finally:
        lamp.stop()
    stored = lamp.book.list(limit=None)
    print(f"{told.events:,} events of {told.cameras} cameras and {told.rules} rules")
    rate = told.events / took
    print(f"taken in {took:.1f} s ({rate:,.0f} a second), {crowd.bursts.total()} writes")
    check(events, stored, set(heard), answered)
    print(f"groups: {len(shown['groups'])}; reason: {shown['groups'][0]['reason']}")
    print(spread("the queue, meanwhile", queue))
    print(spread("an acknowledgement, meanwhile", answers))
    print(spread("a whole group acknowledged", whole))
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    size = sum(path.stat().st_size for path in folder.glob("desk.db*")) / 1e6
    print(f"memory: {memory:.0f} MiB more at most; database {size:.1f} MB")


def check(events: list[Event], stored: list[Alarm], heard: set[str], answered: set[str]) -> None:
    """Says what is missing of what was told and answered."""
    ids = {one.id for one in events}
    lost, unheard = ids - {alarm.id for alarm in stored}, ids - heard
    kept = {one.id for one in stored if one.state is AlarmState.ACKNOWLEDGED}
    print(f"lost: {len(lost)}; not told of: {len(unheard)}; answers lost: {len(answered - kept)}")
    alone = {alarm.id for alarm in stored if not alarm.group}
    grave = {one.id for one in events if one.severity is Severity.CRITICAL}
    print(f"in no group: {len(alone)}; critical hidden in one: {len(grave - alone)}")


if __name__ == "__main__":
    main()
