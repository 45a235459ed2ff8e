"""The database: tables, migrations, and one class a noun that reads and writes values.

``Database`` opens the file; the others take it, are thread-safe and hold no state of their own.
Everything a method changes is on the disk when it returns.
"""

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
from streetlamp.store.inspections import Inspection, Inspections, Sighting, Verdict
from streetlamp.store.ledger import LedgerTables
from streetlamp.store.segments import Segments
from streetlamp.store.users import Sessions, SetupTokens, UserRow, Users

__all__ = [
    "Alarms",
    "AuditEntry",
    "AuditLog",
    "Counts",
    "Database",
    "Events",
    "Inspection",
    "Inspections",
    "LedgerTables",
    "Segments",
    "Sessions",
    "SetupTokens",
    "Sighting",
    "StoreBusyError",
    "StoreDamagedError",
    "StoreError",
    "StoreFullError",
    "StoreTooNewError",
    "UserRow",
    "Users",
    "Verdict",
]
