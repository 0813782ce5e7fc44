"""What every edit has in common: the version moves, who and when stand down, facts are kept."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from registry.tables.base import Base, Record

PURPOSE = "registry.record"


def made(by: Actor, now: datetime) -> dict[str, Any]:
    """Who made a record and when, for a new row."""
    name = by.alias(PURPOSE)
    return {
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "created_by": name,
        "updated_by": name,
    }


def touch(record: Record, by: Actor, now: datetime) -> None:
    """A new version of a record, by somebody at some time."""
    record.version += 1
    record.updated_at = now
    record.updated_by = by.alias(PURPOSE)


def given(patch: BaseModel) -> dict[str, Any]:
    """The fields that a patch names, null among them."""
    return {name: getattr(patch, name) for name in patch.model_fields_set}


def facts(record: Base, names: Iterable[str]) -> dict[str, Any]:
    """Values of a record as the audit log keeps them."""
    return {name: plain(getattr(record, name)) for name in names}


def plain(value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, UUID | date | datetime):
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def change(record: Base, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set values on a record; returns what was there and what is there now, where they differ."""
    differing = {name: each for name, each in values.items() if getattr(record, name) != each}
    before = facts(record, differing)
    for name, each in differing.items():
        setattr(record, name, each)
    return before, facts(record, differing)


def tell(
    session: AsyncSession,
    by: Actor,
    action: str,
    row: Any,  # a record of any table
    *,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
    reason: str | None = None,
    area: str | None = None,
) -> None:
    """Mark a record for its feed and note what was done to it; `action` is its kind and a verb.

    What lies in a venue has no area of its own: it is said.
    """
    kind = action.partition(".")[0]
    feed.mark(session, kind, row.id)
    audit.note(
        session,
        by,
        action=action,
        target=(kind, row.id),
        area=row.area_code if area is None else area,
        before=None if before is None else {k: plain(v) for k, v in before.items()},
        after={k: plain(v) for k, v in after.items()},
        reason=reason,
    )
