"""When a webhook must begin anew, and the message that says so. Pure.

A course is one telling of a resource: from its beginning, or from zero after a reset. Its number
rises with every reset, also over a restore of this database: it is the instant of the reset, or one
more than the number before.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from common.contracts.handover import written
from common.contracts.webhooks import Reset
from common.exchange.place import batch_name
from common.exchange.rows import COLUMNS
from common.feed.cursor import TOO_OLD, Cursor, Head

# A reset looks like the deletion of a record that never was: who does not know resets passes it.
NO_RECORD: Final = UUID(int=0)


def reset_of(at: Cursor, head: Head, area: str | None) -> Reset | None:
    """Why who was told up to a place must begin anew; None: it goes on."""
    if at.area is not None and at.area != area:
        return Reset.AREA
    fault = at.fault(head)
    if fault is None:
        return None
    return Reset.PURGED if fault is TOO_OLD else Reset.RESTORED


def next_course(present: int, now: datetime) -> int:
    """The number of a course that begins now."""
    return max(present + 1, int(now.timestamp() * 1000))


def opening(kind: str, number: int, epoch: str, course: int) -> dict[str, Any]:
    """What stands before the row in every message: a row's place in the order of all messages."""
    return {"kind": kind, "change_number": number, "epoch": epoch, "course": course}


def reset_message(opened: Mapping[str, Any], reason: Reset, source: str, now: datetime) -> bytes:
    """The message that opens a course: empty the resource, all that stands comes next."""
    batch = batch_name(opened["epoch"], 0)
    columns = (str(NO_RECORD), "D", written(now), batch, source, None, None)
    row = dict(zip(COLUMNS, columns, strict=True))
    return orjson.dumps({**opened, "reset": reason, **row, "data": None})
