"""The audit log: written with the change, chained by SM3 after commit, anchored outside.

`from common import audit` gives what use cases need: `note`, `note_read`, `refused`, `changes`.
"""

from common.audit.entry import (
    AuditEntry,
    Change,
    Outcome,
    changes,
    note,
    note_many,
    note_read,
    refused,
)

__all__ = [
    "AuditEntry",
    "Change",
    "Outcome",
    "changes",
    "note",
    "note_many",
    "note_read",
    "refused",
]
