"""What every edit has in common: the version moves, who and when stand down."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from matching.tables.base import Record


def name_of(by: Actor) -> str:
    """How a caller is written down: staff by subject, a resident by the pseudonym for cases."""
    return by.alias(Purpose.CASES)


def made(by: Actor, now: datetime) -> dict[str, Any]:
    """Who made a record and when, for a new row."""
    name = name_of(by)
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
    record.updated_by = name_of(by)


def given(patch: BaseModel) -> dict[str, Any]:
    """The fields that a patch names, null among them."""
    return {name: getattr(patch, name) for name in patch.model_fields_set}
