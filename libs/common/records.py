"""What every edited record has in common: who made it and when, which version stands.

Times are aware UTC; ids are UUIDv7; the version is the ETag.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import CheckConstraint, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from common.auth.actor import Actor
from common.auth.pseudonym import Purpose
from common.domains import Words, any_of
from common.ids import uuid7

Row = TypeVar("Row", bound=DeclarativeBase)


class Edited:
    """Columns of a record that people edit. Mixed into a service's own base."""

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid7, sort_order=-10)
    version: Mapped[int] = mapped_column(default=1, comment="ETag，每次修改加一", sort_order=90)
    created_at: Mapped[datetime] = mapped_column(comment="建立时间", sort_order=91)
    updated_at: Mapped[datetime] = mapped_column(comment="最近修改时间", sort_order=92)
    created_by: Mapped[str] = mapped_column(comment="建立人；居民为化名", sort_order=93)
    updated_by: Mapped[str] = mapped_column(comment="最近修改人；居民为化名", sort_order=94)


def one_of(column: str, words: Words) -> CheckConstraint:
    """CHECK that a column holds one of an enum's words; hot tables have `common.domains`."""
    return CheckConstraint(any_of(column, words), name=column)


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


def newly(kind: type[Row], **values: Any) -> Row:
    """A new row, its values set as they are.

    Its own constructor lets SQLAlchemy note each change of a row that has none to note: a tenth of
    what a hot route costs. Raises TypeError where no column has the name.
    """
    if not values.keys() <= _columns(kind):
        raise TypeError(f"{kind.__name__} has no {sorted(values.keys() - _columns(kind))}")
    row = kind()
    row.__dict__.update(values)
    return row


@lru_cache
def _columns(kind: type[DeclarativeBase]) -> frozenset[str]:
    return frozenset(kind.__mapper__.columns.keys())


def touch(record: Edited, by: Actor, now: datetime) -> None:
    """A new version of a record, by somebody at some time."""
    record.version += 1
    record.updated_at = now
    record.updated_by = name_of(by)


def given(patch: BaseModel) -> dict[str, Any]:
    """The fields that a patch names, null among them."""
    return {name: getattr(patch, name) for name in patch.model_fields_set}
