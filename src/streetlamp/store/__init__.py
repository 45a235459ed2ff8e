"""The database: tables, migrations, and one class a noun that reads and writes values.

``Database`` opens the file; ``Segments``, ``Alarms``, ``Events``, ``Counts``, ``Users``,
``Sessions`` and ``AuditLog`` take it. All are thread-safe and hold no state of their own.
"""

from streetlamp.store.database import Database
from streetlamp.store.segments import Segments

__all__ = ["Database", "Segments"]
