"""Who did what to what, and when: a log that cannot be quietly edited (CHARTER 7).

Each entry carries the SHA-256 of itself and of the entry before, so a changed, missing or inserted
entry breaks the chain at a place that can be named. What is cut off at the end breaks nothing; so
the newest hash is also kept apart, in a small file (the head). Somebody who can write the database
*and* the head can still forge both together: `Audit.head` is there to be written down elsewhere, on
paper or on another machine, and compared with `verify`.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streetlamp.store.audit import AuditEntry, AuditLog
from streetlamp.store.database import Database

_START: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry's number and hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found. ``problem`` is "" when all is well, else one sentence for a person."""

    entries: int
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


def _chain(before: str, entry: AuditEntry) -> str:
    """The hash of an entry that follows one with the hash ``before``."""
    said = [entry.seq, entry.time, entry.actor, entry.action, entry.object, entry.detail]
    text = before + json.dumps(said, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Audit:
    """The log. ``head`` is the file that keeps the newest hash. Thread-safe."""

    def __init__(self, db: Database, head: Path) -> None:
        self._db = db
        self._log = AuditLog(db)
        self._path = head
        self._turn = threading.Lock()
        self.trouble = ""  # why the head file is behind, "" if it is not

    def record(
        self,
        time: float,
        actor: str,
        action: str,
        object: str = "",  # noqa: A002
        **detail: str | float | bool,
    ) -> AuditEntry:
        """Adds an entry, on the disk when this returns. ``action`` is a word like "export".

        Raises StoreError when it cannot be written: then do not do what was to be recorded.
        Not inside another `Database.write`: that might be undone after the head was kept.
        """
        if self._db.writing:
            raise RuntimeError("audit entries have a transaction of their own")
        text = json.dumps(detail, sort_keys=True, ensure_ascii=False) if detail else ""
        with self._turn:
            with self._db.write():
                last = self._log.last()
                seq, before = (1, _START) if last is None else (last.seq + 1, last.hash)
                bare = AuditEntry(seq, float(time), actor, action, object, text, "")
                hashed = _chain(before, bare)
                entry = AuditEntry(seq, bare.time, actor, action, object, text, hashed)
                self._log.add(entry)
            # After the commit: a head that is ahead of the log would look like a cut-off log.
            self._keep(Head(entry.seq, entry.hash))
        return entry

    def list(
        self, limit: int = 100, before: int | None = None, action: str | None = None
    ) -> list[AuditEntry]:
        """The newest entries (before a sequence number), newest first; of one action, or of all."""
        return self._log.list(limit, before, action)

    @property
    def head(self) -> Head | None:
        """What the head file says, or None when there is none or it cannot be read."""
        try:
            said = json.loads(self._path.read_text())
            return Head(int(said["seq"]), str(said["hash"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def verify(self, kept: Head | None = None) -> Verdict:
        """Walks the whole chain and compares it with the head (or with one kept elsewhere)."""
        head = kept or self.head
        before, count, at_head = _START, 0, ""
        for entry in self._log.all():
            if entry.seq != count + 1:
                return Verdict(count, f"entries {count + 1} to {entry.seq - 1} are missing")
            if entry.hash != _chain(before, entry):
                return Verdict(
                    count, f"entry {entry.seq} was changed, or the one before it was replaced"
                )
            before, count = entry.hash, entry.seq
            if head is not None and head.seq == entry.seq:
                at_head = entry.hash
        return Verdict(count, self._against(head, count, at_head))

    def _against(self, head: Head | None, count: int, at_head: str) -> str:
        """What is wrong between an unbroken chain of ``count`` entries and the head."""
        if head is None:
            if count <= 1:  # a crash may have come between the first entry and its head
                return ""
            return f"the file {self._path.name} with the newest hash is missing"
        if head.seq > count:
            return f"entries {count + 1} to {head.seq} were cut off at the end"
        if at_head != head.hash:
            return f"entry {head.seq} is not the one that was written: the log was replaced"
        return ""

    def _keep(self, head: Head) -> None:
        """Replaces the head file at once and for good."""
        fresh = self._path.with_name(self._path.name + ".new")
        try:
            with fresh.open("w") as handle:
                json.dump({"seq": head.seq, "hash": head.hash}, handle)
                handle.flush()
                os.fsync(handle.fileno())
            fresh.replace(self._path)
        except OSError as error:
            self.trouble = f"the newest hash of the audit log could not be kept: {error}"
        else:
            self.trouble = ""
