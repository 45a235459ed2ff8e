"""Tanks and stores on the wire: balances, findings, and the entries of their ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from streetlamp.desk.wire import Wire
from streetlamp.stock.ledger.entries import Entry, EntryKind
from streetlamp.stock.shown import ShownStore

Word = Annotated[str, Field(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
UnitName = Literal["L", "m3", "gal", "impgal", "t", "kg", "lb", "mm", "cm", "in", "°C", "°F"]


class LimitsOut(Wire):
    """What is known of a store, to tell what is odd."""

    capacity: float | None = Field(description="L, of the tank's chart.")
    top: float | None = Field(description="mm, of the tank's chart.")
    totals: Mapping[str, float] = Field(description="The last total of each meter, L or t.")
    issues: bool = Field(description="Issues are noted, and no meter's total.")


class BalancesOut(Wire):
    """Balances as columns, oldest first, in the store's unit; above zero is missing."""

    time: tuple[float, ...] = Field(description="When each closes, POSIX seconds.")
    measured: tuple[float, ...] = Field(description="What was read or counted then.")
    book: tuple[float, ...] = Field(description="What should have been there.")
    muf: tuple[float, ...] = Field(description="Book less measured.")
    expected: tuple[float, ...] = Field(description="Of the MUF, by the balances before.")
    sigma: tuple[float, ...] = Field(description="What was unsure of it: a standard deviation.")
    sitmuf: tuple[float, ...]
    page: tuple[float, ...] = Field(description="Page's sum of it.")
    page_limit: float
    abrupt_limit: float
    entries: tuple[tuple[int, ...], ...] = Field(description="The entries each comes from.")


class AdviceOut(Wire):
    words: str
    part: str
    abrupt: float = Field(description="The loss at once that would then be found, as a share.")
    lasting: float = Field(description="The same of the lasting loss.")


class LeastOut(Wire):
    """What is found with a chance of 95 %; less may go unseen."""

    abrupt: float = Field(description="Lost at once.")
    lasting: float = Field(description="Lost every day.")
    days: float = Field(description="For so many days.")
    advice: tuple[AdviceOut, ...] = Field(description="What would lower it, the best first.")


class StoreFindingOut(Wire):
    id: str
    cause: str
    start: float
    detected: float
    size: float | None
    unit: str
    confidence: float
    evidence: str
    entries: tuple[int, ...] = Field(description="The entries it rests on.")


class EntryOut(Wire):
    seq: int
    kind: EntryKind
    at: float = Field(description="When it happened, POSIX seconds.")
    quantity: float
    unit: str
    instrument: str
    ref: str = Field(description="The document's number.")
    author: str = Field(description="Who noted it.")
    note: str
    corrects: int | None = Field(description="The entry it stands for.")
    noted: float = Field(description="When it was written down, POSIX seconds.")


class EntriesOut(Wire):
    entries: tuple[EntryOut, ...] = Field(description="The newest first.")

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> EntriesOut:
        return cls(entries=tuple(EntryOut.model_validate(one) for one in entries))


class NotedOut(Wire):
    entry: EntryOut
    new: bool = Field(description="False: it had come before, under the same key.")


class StoreLineOut(Wire):
    """A store in the list."""

    id: str
    name: str
    form: Literal["tank", "bulk"]
    product: str
    unit: str
    trouble: str = Field(description="Why it has no balance; empty for nothing.")
    closed: float | None = Field(description="When its last balance closed, POSIX seconds.")
    measured: float | None
    capacity: float | None = Field(description="L; null: nobody said.")
    muf: float | None
    usual: float | None = Field(description="3 sigma of that MUF.")
    abrupt: float | None = Field(description="The loss at once that would be found.")
    lasting: float | None = Field(description="The loss a day that would be found.")
    found: int = Field(description="Findings of the last 30 days before its last balance.")

    @classmethod
    def of(cls, one: ShownStore) -> StoreLineOut:
        b, least = one.balances, one.least
        recent = b.time[-1] - 30 * 86_400.0 if b else 0.0
        return cls.model_validate(
            {
                **{name: getattr(one, name) for name in _SAME},
                "closed": b.time[-1] if b else None,
                "measured": b.measured[-1] if b else None,
                "capacity": one.limits.capacity,
                "muf": b.muf[-1] if b else None,
                "usual": 3 * b.sigma[-1] if b else None,
                "abrupt": least.abrupt if least else None,
                "lasting": least.lasting if least else None,
                "found": sum(each.detected >= recent for each in one.findings),
            }
        )


_SAME = ("id", "name", "form", "product", "unit", "trouble")


class StoresOut(Wire):
    stores: tuple[StoreLineOut, ...]
    reckoned: float | None = Field(description="When balances were last closed; null: not yet.")


class StoreOut(Wire):
    id: str
    name: str
    form: Literal["tank", "bulk"]
    product: str
    unit: str
    dated: bool = Field(description="False: its records only number their days, from 0.")
    limits: LimitsOut
    meters: tuple[str, ...]
    methods: tuple[str, ...] = Field(description="Instruments of its stock-takes so far.")
    trouble: str
    balances: BalancesOut | None
    least: LeastOut | None
    findings: tuple[StoreFindingOut, ...] = Field(description="Oldest first.")
    reckoned: float | None
    waiting: bool = Field(description="Entries were noted that the balances do not hold yet.")

    @classmethod
    def of(cls, one: ShownStore, reckoned: float | None, *, waiting: bool) -> StoreOut:
        return cls.model_validate(
            {name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)}
            | {"reckoned": reckoned, "waiting": waiting}
        )


class EntryIn(BaseModel):
    """An entry as somebody noted it. Who that is is taken from the session."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(
        pattern=r"^[A-Za-z0-9-]{16,50}$",
        description="Made by the sender, another for each entry. Sent again it is the same entry.",
    )
    kind: EntryKind
    at: float = Field(gt=0, le=1e11, description="When it happened, POSIX seconds.")
    quantity: float = Field(ge=-1e9, le=1e9, allow_inf_nan=False)
    unit: UnitName
    instrument: Word = ""
    ref: Word = ""
    note: Line = ""
    corrects: int | None = Field(default=None, ge=1, le=2**53, description="The entry it replaces.")
    confirmed: bool = Field(default=False, description="It is odd, and the person says it is so.")

    def entry(self, store: str, author: str) -> Entry:
        """UserError where the kind does not take the unit, or the quantity."""
        note = f"{self.note.strip()} {CONFIRMED}".strip() if self.confirmed else self.note.strip()
        return Entry(
            store, self.kind, self.at, self.quantity, self.unit, self.instrument.strip(),
            self.ref.strip(), author, note, self.corrects,
        )  # fmt: skip


CONFIRMED = "(unusual, and confirmed)"
