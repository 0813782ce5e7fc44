"""Many cases at once, written past the API: for ladders, races and plans."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day
from common.crypto.keys import Keys
from common.ids import uuid7, uuid7s
from feedback import tables
from feedback.usecases.cases import sealed_words


async def overdue_cases(
    session: AsyncSession, count: int, keys: Keys, *, now: datetime
) -> Sequence[UUID]:
    """Cases whose deadline has just passed."""
    ids = uuid7s(count)
    rows = [case_row(keys, now, case_id) for case_id in ids]
    await session.execute(insert(tables.Case), rows)
    return ids


def case_row(keys: Keys, now: datetime, case_id: UUID | None = None) -> dict[str, Any]:
    """A case whose deadline has just passed."""
    case_id = case_id or uuid7()
    received, due = now - timedelta(days=8), now - timedelta(minutes=1)
    return {
        "id": case_id,
        "number": f"T-{case_id}",
        "kind": "complaint",
        "category": "meal_delivery",
        "line": "civil_affairs",
        "area_code": "310101002001",
        "channel": "app",
        "status": "received",
        "words": sealed_words(keys, case_id, "送餐迟到"),
        "routed_by": "desk",
        "is_send_back_asked": False,
        "send_backs": 0,
        "extensions": 0,
        "escalation_level": 0,
        "received_at": received,
        "contact_due_at": received + timedelta(days=1),
        "clock": 1,
        "clock_started_on": city_day(received),
        "clock_days": 5,
        "due_at": due,
        "is_due_provisional": False,
        "deadline_rule": "sh.answer",
        "escalates_at": due,
        "version": 1,
        "created_at": received,
        "updated_at": received,
        "created_by": "test",
        "updated_by": "test",
    }
