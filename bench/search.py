"""How long the search over events takes: pages, words, facets, in a made-up database.

python -m bench.search [--events 200000]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert

from streetlamp.store import Database, EventSearch
from streetlamp.store.schema import alarm_steps, alarms, events
from streetlamp.store.search import EventQuery

T0 = 1.7e9
EVERY = 30.0  # seconds between events
KINDS = ("intrusion", "line_crossing", "dwell", "queue")


def rows(n: int) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Events, every second one with an alarm that somebody answered."""
    chance = random.Random(1)
    for i in range(n):
        kind, start = chance.choice(KINDS), T0 + i * EVERY
        alarm = f"a{i}" if i % 2 else None
        common = {
            "camera": f"cam{i % 40}", "rule": f"{kind} {i % 5}", "kind": kind,
            "place": f"zone {i % 9}", "severity": "warning", "frame": 1, "box": None,
            "message": f"{i % 7} people were in zone {i % 9} for {i % 60} s at the door",
            "numbers": {}, "updated": start + 10,
        }  # fmt: skip
        event = {
            **common, "id": f"e{i:07}", "alarm": alarm, "start": start, "end": start + 10,
            "needs_person": alarm is not None,
        }  # fmt: skip
        state = chance.choice(("resolved", "false", "raised"))
        raised = {
            **common, "id": alarm, "raised": start, "ended": start + 10, "state": state,
            "events": 1, "clip": "", "clip_tries": 0, "clip_after": None,
        }  # fmt: skip
        yield event, raised if alarm else None


def fill(db: Database, n: int) -> None:
    made: dict[Table, list[dict[str, Any]]] = {events: [], alarms: [], alarm_steps: []}
    for event, alarm in rows(n):
        made[events].append(event)
        if alarm is None:
            continue
        made[alarms].append(alarm)
        for actor, note in (("streetlamp", "m"), ("ada", f"went there, nothing {alarm['id']}")):
            step = {"alarm": alarm["id"], "time": alarm["raised"], "actor": actor}
            made[alarm_steps].append({**step, "state": alarm["state"], "note": note})
    with db.write() as connection:
        for table, these in made.items():
            for i in range(0, len(these), 5000):
                connection.execute(insert(table), these[i : i + 5000])


def milliseconds(job: Callable[[], object], turns: int = 3) -> float:
    best = float("inf")
    for _ in range(turns):
        begun = time.process_time()
        job()
        best = min(best, time.process_time() - begun)
    return 1000 * best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    n = parser.parse_args().events
    week = T0 + n * EVERY - 7 * 86400
    queries = {
        "everything": EventQuery(),
        "the last week": EventQuery(start=week),
        "one camera": EventQuery(camera=("cam3",)),
        "called false": EventQuery(state=("false",)),
        "a frequent word": EventQuery(words="door"),
        "a word of one note": EventQuery(words=f"a{n // 2 + 1}"),
        "a word that is nowhere": EventQuery(words="zebra"),
        "that word, last week": EventQuery(words="zebra", start=week),
    }
    with tempfile.TemporaryDirectory(prefix="streetlamp-bench-") as folder:
        db = Database(Path(folder) / "a.db")
        fill(db, n)
        search = EventSearch(db)
        print(f"{n} events, {n // 2} alarms; milliseconds of the processor, best of three")
        print(f"{'':24} {'page':>8} {'facets':>8}")
        for name, query in queries.items():
            page = milliseconds(lambda query=query: search.find(query))  # type: ignore[misc]
            facets = milliseconds(lambda query=query: search.facets(query))  # type: ignore[misc]
            print(f"{name:24} {page:8.1f} {facets:8.1f}")
        first = milliseconds(lambda: search.find(EventQuery()))
        last = milliseconds(lambda: search.find(EventQuery(), 50, (T0 + 60 * EVERY, "e0000060")))
        print(f"{'the last page / the first':24} {last / first:8.2f}")
        db.close()


if __name__ == "__main__":
    main()
