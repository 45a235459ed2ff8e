"""The book's turn: reentrant, and handed on in the order of asking."""

from __future__ import annotations

import threading

from streetlamp.alarms.turn import Turn


def test_first_come_first_served() -> None:
    turn, came = Turn(), list[int]()
    asked = [threading.Event() for _ in range(5)]

    def wait(n: int) -> None:
        asked[n].set()
        with turn, turn:
            came.append(n)

    threads = []
    with turn, turn:
        for n in range(5):
            thread = threading.Thread(target=wait, args=(n,))
            thread.start()
            asked[n].wait()
            while len(turn._queue) <= n:
                threading.Event().wait(0.001)
            threads.append(thread)
        assert came == []
    for thread in threads:
        thread.join()
    assert came == list(range(5))
    with turn:
        pass


def test_only_one_at_a_time() -> None:
    turn, inside, most = Turn(), [0], [0]

    def work() -> None:
        for _ in range(300):
            with turn:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
