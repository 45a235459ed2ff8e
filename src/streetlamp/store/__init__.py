"""The database: tables, migrations, and one class a noun that reads and writes values.

``Database`` opens the file; the others take it, are thread-safe and hold no state of their own.
Everything a method changes is on the disk when it returns.
"""

from streetlamp.store.alarm_facts import AlarmFact, AlarmFacts
from streetlamp.store.alarm_groups import AlarmGroups, GroupRow, GroupSum
from streetlamp.store.alarms import Alarms
from streetlamp.store.audit import AuditEntry, AuditLog
from streetlamp.store.counts import Counts
from streetlamp.store.database import Database
from streetlamp.store.errors import (
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreTooNewError,
)
from streetlamp.store.events import Events
from streetlamp.store.findings import FindingRow, Findings
from streetlamp.store.heat import Heats
from streetlamp.store.incidents import Incidents, ShiftNote, Tick
from streetlamp.store.inspections import Inspection, Inspections, Sighting, Verdict
from streetlamp.store.ledger import LedgerTables
from streetlamp.store.modes import ModeChoices
from streetlamp.store.mutes import Mute, Mutes, Subscription, Subscriptions
from streetlamp.store.outbox import Outbox, Post, PostState, Told
from streetlamp.store.people import GrantRow, Grants, Invites, TokenRow, TokenTable
from streetlamp.store.rule_sets import RuleSet, RuleSets
from streetlamp.store.search import EventSearch
from streetlamp.store.segments import Segments
from streetlamp.store.shelves import Shelf, Shelves
from streetlamp.store.stock_entries import StockEntries, StockRow
from streetlamp.store.users import Sessions, SetupTokens, UserRow, Users

__all__ = [
    "AlarmFact",
    "AlarmFacts",
    "AlarmGroups",
    "Alarms",
    "AuditEntry",
    "AuditLog",
    "Counts",
    "Database",
    "EventSearch",
    "Events",
    "FindingRow",
    "Findings",
    "Heats",
    "GroupRow",
    "GroupSum",
    "Incidents",
    "GrantRow",
    "Grants",
    "Inspection",
    "Inspections",
    "Invites",
    "LedgerTables",
    "RuleSet",
    "RuleSets",
    "Mute",
    "Mutes",
    "Outbox",
    "Post",
    "PostState",
    "ModeChoices",
    "Segments",
    "Sessions",
    "SetupTokens",
    "Sighting",
    "Shelf",
    "Shelves",
    "ShiftNote",
    "StockEntries",
    "StockRow",
    "StoreBusyError",
    "StoreDamagedError",
    "StoreError",
    "StoreFullError",
    "StoreTooNewError",
    "Tick",
    "TokenRow",
    "TokenTable",
    "Subscription",
    "Subscriptions",
    "Told",
    "UserRow",
    "Users",
    "Verdict",
]
