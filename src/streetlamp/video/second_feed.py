"""The thread that fetches a camera's second stream, whatever becomes of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from streetlamp.errors import UserError
from streetlamp.values import CameraState
from streetlamp.video.feed import Feed, FeedStatus
from streetlamp.video.second import SecondStream
from streetlamp.video.source.base import Source

AWAY: Final = "it does not come"
JOIN_SECONDS: Final = 2.0

log: Final = logging.getLogger(__name__)


class SecondFeed:
    """Puts what a live source gives into a `SecondStream`, in a thread of its own.

    `start` and `stop` in turn, as often as the camera itself is started and stopped. When the
    stream fails for good the camera goes on without it.
    """

    def __init__(
        self, name: str, source_factory: Callable[[], Source], stream: SecondStream
    ) -> None:
        self._name = name
        self._factory = source_factory
        self._stream = stream
        self._feed: Feed | None = None
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        feed = self._feed = Feed(self._factory, live=True)
        self._thread = threading.Thread(
            target=self._work, args=(feed,), name=f"second-{self._name}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread. From any thread, more than once."""
        feed, thread = self._feed, self._thread
        if feed is not None:
            feed.stop()
        if thread is not None:
            thread.join(JOIN_SECONDS)

    def _work(self, feed: Feed) -> None:
        why = AWAY
        try:
            for item in feed.items():
                if isinstance(item, FeedStatus):
                    if item.state is not CameraState.LIVE:
                        self._stream.away(AWAY)
                elif not self._stream.put(item):
                    why = self._stream.trouble
                    feed.stop()
        except UserError as error:
            log.warning("camera %s: the second stream cannot be used: %s", self._name, error)
        except Exception:  # the camera goes on without it
            log.exception("camera %s: fetching the second stream broke", self._name)
        finally:
            self._stream.away(why)
