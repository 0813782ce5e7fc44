"""Changing rules: by whom, in whose jurisdiction, with which reason. Nothing is ever overwritten
without its history, and a decision that rested on an older version keeps its number.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth.actor import Actor
from common.auth.roles import Role
from common.contracts.rules import RuleSetting, RuleSuccessor, RuleVerification
from common.edge import must_match
from common.errors import Conflict, FieldError, Forbidden, Invalid, Text
from common.ids import uuid7
from common.rules import Operator, Scalar, check_bounds
from common.rules.rule import NATION
from common.rules_table import RuleRow, keep_change, rule

PURPOSE: Final = "rule"
_DAY: Final = timedelta(1)


class NotYourRule(Forbidden):
    """National rules are the city's to set; others those of the caller's area."""

    slug = "not-your-rule"
    title = Text("不在管辖范围", "Not your jurisdiction")
    detail = Text(
        "全国性规则只能由市级维护，其他规则由其辖区维护（本规则适用于 {jurisdiction}）。",
        "National rules are set by the city office, others in their area ({jurisdiction}).",
    )


class RuleValueUnfit(Invalid):
    """The value is of another kind than the rule compares with."""

    slug = "rule-value-unfit"
    title = Text("规则数值类型不符", "Value of the wrong kind")
    detail = Text("规则 {code} 的数值应为{kind}。", "The value of rule {code} should be {kind}.")


class RuleEndsWrong(Invalid):
    """A rule may not end before it begins, nor its successor begin before it."""

    slug = "rule-ends-wrong"
    title = Text("规则有效期有误", "Wrong period")
    detail = Text(
        "规则 {code} 自 {valid_from} 起有效，所给日期早于或等于该日。",
        "Rule {code} is valid from {valid_from}; the day given is not after it.",
    )


class RuleOverlaps(Conflict):
    """Another row of the same rule and place holds on one of these days."""

    slug = "rule-overlaps"
    title = Text("规则有效期重叠", "Rules overlap")
    detail = Text(
        "同一规则在同一地域另有一行与此有效期重叠。",
        "Another row of the same rule in the same place holds on one of these days.",
    )


async def set_value(
    session: AsyncSession,
    rule_id: UUID,
    setting: RuleSetting,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> RuleRow:
    """Correct a rule. Whoever verified the old value did not verify the new one."""
    row = await _to_change(session, rule_id, version, by)
    value = _fitting(row, setting.value)
    if setting.valid_to is not None and setting.valid_to < row.valid_from:
        raise _ends_wrong(row, "/valid_to", setting.valid_to)

    before = _facts(row)
    row.value = value
    row.document = setting.document or row.document
    row.article = setting.article or row.article
    row.valid_to = setting.valid_to or row.valid_to
    row.verified_by = row.verified_at = None
    await _write(session, row, "rule.set", before, reason=setting.reason, by=by, now=now)
    return row


async def succeed(
    session: AsyncSession,
    rule_id: UUID,
    successor: RuleSuccessor,
    *,
    by: Actor,
    now: datetime,
) -> RuleRow:
    """End a rule the day before another value begins; past decisions keep the old row."""
    row = await _to_change(session, rule_id, None, by)
    value = _fitting(row, successor.value)
    if successor.valid_from <= row.valid_from:
        raise _ends_wrong(row, "/valid_from", successor.valid_from)

    before, kept_end = _facts(row), row.valid_to
    row.valid_to = _earlier(successor.valid_from - _DAY, kept_end)
    await _write(session, row, "rule.end", before, reason=successor.reason, by=by, now=now)
    new = _copy(row, successor, value, ends=kept_end)
    session.add(new)
    await _write(session, new, "rule.succeed", {}, reason=successor.reason, by=by, now=now)
    return new


async def verify(
    session: AsyncSession,
    rule_id: UUID,
    verification: RuleVerification,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> RuleRow:
    """Say that the official text was read and the rule stands there as it stands here."""
    row = await _to_change(session, rule_id, version, by)

    before = _facts(row)
    row.verified_by = by.alias(PURPOSE)
    row.verified_at = now
    await _write(session, row, "rule.verify", before, reason=verification.reason, by=by, now=now)
    return row


def must_govern(by: Actor, jurisdiction: str) -> None:
    """403 unless the caller may set rules of the place."""
    national = jurisdiction == NATION
    if not (Role.CITY_OFFICE in by.roles if national else by.covers(jurisdiction)):
        raise NotYourRule(jurisdiction=jurisdiction)


def kind_of(value: Scalar) -> type:
    """Which kind of value it is: truth, number or words."""
    if isinstance(value, bool | str):
        return type(value)
    return Decimal


_KINDS: Final = {
    bool: Text("是或否", "true or false"),
    str: Text("文字", "words"),
    Decimal: Text("数字", "a number"),
}


def expected_kind(operator: Operator, present: Scalar | None) -> type | None:
    """The kind of value a rule compares with; None when nothing tells yet.

    A bound may be a fraction in words ("2/3"): then it stays one.
    """
    if operator is Operator.IN:
        return str
    if present is not None:
        return kind_of(present)
    return None if operator is Operator.IS else Decimal


def _fitting(row: RuleRow, value: Scalar | None) -> Scalar | None:
    kind = expected_kind(Operator(row.operator), row.value)
    if value is None or kind is None or kind_of(value) is kind:
        check_bounds(row.code, row.unit, value)
        return value
    wrong = FieldError("/value", value, _KINDS[kind])
    raise RuleValueUnfit(code=row.code, kind=_KINDS[kind], errors=[wrong])


async def _to_change(
    session: AsyncSession, rule_id: UUID, version: int | None, by: Actor
) -> RuleRow:
    row = await rule(session, rule_id, lock=True)
    must_govern(by, row.jurisdiction)
    if version is not None:
        must_match(row.version, version)
    return row


async def _write(
    session: AsyncSession,
    row: RuleRow,
    action: str,
    before: dict[str, Any],
    *,
    reason: str,
    by: Actor,
    now: datetime,
) -> None:
    """Stamp the row, keep the change, note it in the audit."""
    row.version = (row.version or 0) + 1
    row.updated_at = now
    row.updated_by = by.alias(PURPOSE)
    await session.flush()
    keep_change(session, row, reason)
    was, became = audit.changes(before, _facts(row))
    area = None if row.jurisdiction == NATION else row.jurisdiction
    audit.note(
        session,
        by,
        action=action,
        target=("rule", row.id),
        area=area,
        before=was,
        after=became,
        reason=reason,
    )


def _copy(
    row: RuleRow, successor: RuleSuccessor, value: Scalar | None, ends: date | None
) -> RuleRow:
    """The row that takes over: the same rule and place, another value, not verified yet."""
    new = replace(
        row.as_value,
        value=value,
        valid_from=successor.valid_from,
        valid_to=None if ends is None or ends < successor.valid_from else ends,
        document=successor.document,
        article=successor.article,
        verified_by=None,
    )
    plain = ("code", "parameter", "object", "method", "value", "unit", "inclusive", "jurisdiction")
    dated = ("valid_from", "valid_to", "document", "article", "note", "operator", "confidence")
    return RuleRow(
        id=uuid7(),
        version=0,
        text_zh=row.text_zh,
        text_en=row.text_en,
        **{name: getattr(new, name) for name in (*plain, *dated)},
    )


def _earlier(day: date, other: date | None) -> date:
    return day if other is None else min(day, other)


def _ends_wrong(row: RuleRow, pointer: str, day: date) -> RuleEndsWrong:
    wrong = FieldError(pointer, day, Text(f"应晚于 {row.valid_from}", f"after {row.valid_from}"))
    return RuleEndsWrong(code=row.code, valid_from=row.valid_from, errors=[wrong])


def _facts(row: RuleRow) -> dict[str, Any]:
    """What the audit keeps of a rule."""
    names = ("value", "valid_from", "valid_to", "document", "article", "verified_by")
    found = {name: getattr(row, name) for name in names}
    return {name: None if value is None else str(value) for name, value in found.items()}
