"""What `streetlamp stock sheet` does: a month of all stores on one page that can be traced."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from streetlamp.errors import UserError
from streetlamp.stock.account import begun, is_dated
from streetlamp.stock.causes.judge import JudgeOptions
from streetlamp.stock.compliance.month import Period, StoreMonth, month_of, store_month
from streetlamp.stock.compliance.page import page
from streetlamp.stock.ledger.book import LedgerBook
from streetlamp.stock.ledger.entries import Entry, together
from streetlamp.stock.ledger.folders import read_folder

_NICE: Final = 10
_LONGEST: Final = 120.0  # seconds


def write_sheet(
    folder: Path,
    out: Path,
    *,
    month: str,
    ledger: Path | None,
    first_day: str,
    zone: str,
    false_alarms: float,
) -> None:
    """Writes the sheet. UserError where something cannot be read, written or understood."""
    where = _zone(zone)
    period = month_of(month, where)
    kept = ledger or out.parent / "ledger.db"
    months = months_of(folder, kept, period, false_alarms, first_day=_day(first_day, where))
    try:
        out.write_text(page(months, where, time.time()), "utf-8")
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror or error}).") from error
    for one in months:
        verdict = one.leak.verdict.verdict if one.leak and one.leak.verdict else "no verdict"
        sys.stdout.write(
            f"{one.store.name}: {verdict}, {len(one.lines)} balances, {len(one.findings)} found\n"
        )
    sys.stdout.write(f"Written: {out}\n")


def months_of(
    folder: Path,
    ledger: Path,
    period: Period,
    false_alarms: float,
    *,
    first_day: float = 0.0,
    only: str = "",
) -> Sequence[StoreMonth]:
    """The month of each store of a folder, or of one. ``first_day``: where days are only numbered,
    POSIX seconds at which day 0 begins. Notes the records down in the ledger, as ever."""
    records = read_folder(folder)
    try:
        ledger.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{ledger.parent} cannot be made: {error.strerror or error}.") from error
    book = LedgerBook(ledger)
    options = JudgeOptions(false_alarms_per_year=false_alarms)
    found = []
    try:
        for told in records.stores:
            if only and told.name != only:
                continue
            noted = book.add(records.entries[told.name], now=time.time())
            entries = together(noted, book.made_at_pages(told.name))
            if not is_dated(entries):
                entries = _dated(entries, told.name, first_day)
            found.append(store_month(begun(told, entries), entries, period, options))
    finally:
        book.close()
    return found


def sheet_of(
    folder: Path, ledger: Path, store: str, month: str, zone: str, false_alarms: float
) -> str:
    """The page of one store's month, made in a process of its own that is nice to the cameras.

    UserError as `write_sheet`, or where it takes too long.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, os.nice, (_NICE,)) as pool:
        made = pool.submit(_page_of, folder, ledger, store, month, zone, false_alarms)
        try:
            return made.result(_LONGEST)
        except TimeoutError:
            raise UserError(f"the sheet was not made within {_LONGEST:.0f} s.") from None


def _page_of(
    folder: Path, ledger: Path, store: str, month: str, zone: str, false_alarms: float
) -> str:
    where = _zone(zone)
    found = months_of(folder, ledger, month_of(month, where), false_alarms, only=store)
    return page(found, where, time.time())


def _dated(entries: Sequence[Entry], store: str, first_day: float) -> Sequence[Entry]:
    if not first_day:
        raise UserError(
            f"{store}: its records only number their days; say which day the first was, such as "
            "--first-day 2026-01-01."
        )
    return [replace(one, at=one.at + first_day) for one in entries]


def _day(text: str, zone: ZoneInfo) -> float:
    if not text:
        return 0.0
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UserError(f"a day is written such as 2026-01-01, not {text!r}.") from None
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise UserError(f"there is no time zone {name!r}; one is Europe/Berlin.") from None
