"""The rule table in PostgreSQL: every service has its own, sown from its `rules/*.toml`.

A row that a person has changed is never touched by the seed again; every change keeps its reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    Text,
    UniqueConstraint,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import literal, or_, text
from sqlalchemy.types import TypeDecorator

from common import errors
from common.db import Platform
from common.errors import NotFound
from common.ids import uuid7
from common.rules import Confidence, Operator, Rule, RuleTable, Scalar
from common.rules.reading import scalar

SEED: Final = "linli"  # who changed a row that nobody changed
SOWN: Final = "随系统提供 / came with the platform"
Key = tuple[str, str, date]

_WHAT: Final = errors.Text("规则", "rule")
_OPERATORS: Final = ", ".join(f"'{word}'" for word in Operator)
_MARKS: Final = ", ".join(f"'{word}'" for word in Confidence)


class ScalarText(TypeDecorator[Scalar]):
    """A value kept as it is written: exact, whatever the driver does with numbers."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """As written in a cell."""
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool):
            return str(value).lower()
        return format(value, "f") if isinstance(value, Decimal) else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Scalar | None:  # noqa: ARG002 - SQLAlchemy's
        """As read from a cell."""
        return None if value is None else scalar(value)


class RuleRow(Platform):
    """One rule in one place for one period."""

    __tablename__ = "rule"
    __table_args__ = (
        UniqueConstraint("code", "jurisdiction", "valid_from"),
        ExcludeConstraint(
            ("code", "="),
            ("jurisdiction", "="),
            (text("daterange(valid_from, valid_to, '[]')"), "&&"),
            name="ex_rule_once",
            using="gist",
        ),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_to"),
        CheckConstraint(f"operator IN ({_OPERATORS})", name="operator"),
        CheckConstraint(f"confidence IN ({_MARKS})", name="confidence"),
        CheckConstraint("inclusive = (operator NOT IN ('<', '>'))", name="inclusive"),
        {"comment": "what laws and policies set; small, the same in every node"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    code: Mapped[str] = mapped_column(Text, comment="名称，答复据此引用 / answers name it")
    parameter: Mapped[str] = mapped_column(Text, comment="规定什么 / what it sets")
    object: Mapped[str] = mapped_column(Text, comment="对谁 / of what")
    method: Mapped[str | None] = mapped_column(Text, comment="限于何种方式 / null: every method")
    operator: Mapped[str] = mapped_column(Text)
    value: Mapped[Scalar | None] = mapped_column(ScalarText, comment="null: not confirmed yet")
    unit: Mapped[str | None] = mapped_column(Text, comment="单位；金额为 fen，比例 0–1")
    inclusive: Mapped[bool] = mapped_column(comment="是否含本数 / bound included")
    jurisdiction: Mapped[str] = mapped_column(Text, comment="CN 或区划有效位 / significant digits")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None] = mapped_column(comment="末日，含 / last day, inclusive")
    document: Mapped[str] = mapped_column(Text, comment="文号或文件名 / number or name")
    article: Mapped[str] = mapped_column(Text)
    confidence: Mapped[str] = mapped_column(Text, comment="可信程度 / how sure the value is")
    verified_by: Mapped[str | None] = mapped_column(Text, comment="核对原文的人 / who read it")
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    text_zh: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(comment="ETag")
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_by: Mapped[str] = mapped_column(Text, comment="linli: the seed; else a person")

    @property
    def text(self) -> errors.Text:
        """What the rule says, in short."""
        return errors.Text(self.text_zh, self.text_en)

    @property
    def as_value(self) -> Rule:
        """The row as rules use it."""
        return Rule(
            **{name: getattr(self, name) for name in (*_PLAIN, "verified_by")},
            operator=Operator(self.operator),
            confidence=Confidence(self.confidence),
            text=self.text,
        )


_PLAIN: Final = (
    *("code", "parameter", "object", "method", "value", "unit", "inclusive", "jurisdiction"),
    *("valid_from", "valid_to", "document", "article", "note"),
)
KEPT: Final = ("value", "unit", "valid_from", "valid_to", "document", "article", "confidence")


class RuleChangeRow(Platform):
    """How a rule stood after one change, and why."""

    __tablename__ = "rule_change"

    rule_id: Mapped[UUID] = mapped_column(ForeignKey("rule.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    value: Mapped[Scalar | None] = mapped_column(ScalarText)
    unit: Mapped[str | None] = mapped_column(Text)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    document: Mapped[str] = mapped_column(Text)
    article: Mapped[str] = mapped_column(Text)
    confidence: Mapped[str] = mapped_column(Text)
    verified_by: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    changed_by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rules a reader asks for; None asks for all."""

    on: date | None = None
    jurisdiction: str | None = None
    object: str | None = None
    parameter: str | None = None
    method: str | None = None
    is_set: bool | None = None


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    row = RuleRow
    found: list[ColumnElement[bool]] = []
    if wanted.on is not None:
        found.append(row.valid_from <= wanted.on)
        found.append(or_(row.valid_to.is_(None), row.valid_to >= wanted.on))
    if wanted.jurisdiction is not None:
        deeper = literal(wanted.jurisdiction).startswith(row.jurisdiction)
        found.append(or_(row.jurisdiction == "CN", deeper))
    if wanted.object is not None:
        found.append(row.object == wanted.object)
    if wanted.parameter is not None:
        found.append(row.parameter == wanted.parameter)
    if wanted.method is not None:
        found.append(or_(row.method.is_(None), row.method == wanted.method))
    if wanted.is_set is not None:
        found.append(row.value.is_not(None) if wanted.is_set else row.value.is_(None))
    return found


async def rules(
    session: AsyncSession,
    wanted: Wanted,
    *,
    after: tuple[str, str, date] | None = None,
    limit: int,
) -> Sequence[RuleRow]:
    """The rules asked for by code, place and day; one more than `limit` tells of a next page."""
    row = RuleRow
    key = tuple_(row.code, row.jurisdiction, row.valid_from)
    statement = select(row).where(*_conditions(wanted))
    if after is not None:
        statement = statement.where(key > tuple_(*map(literal, after)))
    statement = statement.order_by(row.code, row.jurisdiction, row.valid_from).limit(limit + 1)
    return (await session.scalars(statement)).all()


async def rule(session: AsyncSession, rule_id: UUID, *, lock: bool = False) -> RuleRow:
    """One rule; locked until the transaction ends when it is to be changed."""
    statement = select(RuleRow).where(RuleRow.id == rule_id)
    found = await session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise NotFound(what=_WHAT, key=rule_id)
    return found


async def history(session: AsyncSession, rule_id: UUID) -> Sequence[RuleChangeRow]:
    """How a rule changed, newest first."""
    row = RuleChangeRow
    statement = select(row).where(row.rule_id == rule_id).order_by(row.version.desc())
    return (await session.scalars(statement)).all()


async def rule_table(session: AsyncSession) -> RuleTable:
    """All rules of this service as values, for its use cases."""
    return RuleTable(row.as_value for row in await session.scalars(select(RuleRow)))


def keep_change(session: AsyncSession, row: RuleRow, reason: str) -> None:
    """Keep how the row stands now in its history."""
    session.add(RuleChangeRow(**_change_of(row, reason)))


def _change_of(row: RuleRow, reason: str) -> dict[str, Any]:
    return {
        "rule_id": row.id,
        "version": row.version,
        **{name: getattr(row, name) for name in (*KEPT, "verified_by")},
        "changed_at": row.updated_at,
        "changed_by": row.updated_by,
        "reason": reason,
    }
