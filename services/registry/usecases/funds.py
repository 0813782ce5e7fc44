"""Funds: recorded, changed, closed. What moves their money is in `usecases.ledger`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import audit, feed
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.dictionaries import Dictionary
from common.contracts.registry.funds import FundIn, FundPatch, FundStatus
from common.edge import must_match
from common.errors import Conflict, FieldError, Text
from registry import tables
from registry.domain import funds as rules
from registry.domain.areas import check_period
from registry.queries import dictionaries
from registry.queries import funds as queries
from registry.queries.references import area_id, must_exist
from registry.usecases.editing import change, given, made, plain, touch

KIND: Final = "fund"
_NEEDED: Final = frozenset(
    ("title", "source", "line", "holder_id", "purpose", "amount_fen", "valid_from", "valid_to")
)


class FundCodeTaken(Conflict):
    """Another fund has the external code."""

    slug = "fund-code-taken"
    title = Text("外部编码已使用", "External code taken")
    detail = Text("已有资金使用该外部编码。", "Another fund has this external code.")


async def add_fund(session: AsyncSession, fund: FundIn, *, by: Actor, now: datetime) -> tables.Fund:
    """A new fund of the caller's area, with an empty ledger."""
    by.must_cover(fund.area_code)
    check_period(fund.valid_from, fund.valid_to)
    values = await _checked(session, fund.model_dump(), now=now)
    values["area_id"] = await area_id(session, fund.area_code)

    row = tables.Fund(**values, status=FundStatus.OPEN, **made(by, now))
    session.add(row)
    await session.flush()
    tell(session, row, by, "add", after=fund.model_dump(mode="json", exclude_none=True))
    return row


async def edit_fund(
    session: AsyncSession,
    fund_id: UUID,
    patch: FundPatch,
    *,
    version: int,
    by: Actor,
    now: datetime,
) -> tables.Fund:
    """Change an open fund; it still covers what has arrived and what was promised."""
    row = await open_fund(session, fund_id, by=by)
    must_match(row.version, version)
    asked = {k: v for k, v in given(patch).items() if not (k in _NEEDED and v is None)}
    values = await _checked(session, asked, now=now)
    rules.check_amount(values.get("amount_fen", row.amount_fen), row.received_fen)
    begins, ends = (values.get(name, getattr(row, name)) for name in ("valid_from", "valid_to"))
    check_period(begins, ends)
    days = await queries.granted_days(session, row.id)
    if days is not None and (begins > days[0] or ends < days[1]):
        message = Text("须包含已有资助的期限", "must hold the days of its grants")
        raise rules.WrongFund(errors=[FieldError("/valid_to", str(ends), message)])
    await _check_earmark(session, row, values.get("category"))

    before, after = change(row, values)
    if after:
        touch(row, by, now)
        tell(session, row, by, "edit", before=before, after=after)
    return row


async def _check_earmark(session: AsyncSession, row: tables.Fund, category: str | None) -> None:
    """The rule for a new earmark; the fund is locked, so that no promise comes between."""
    if category in (None, row.category):
        return
    within = await dictionaries.codes_under(session, Dictionary.SERVICE_CATEGORY, category)
    granted = await queries.standing_categories(session, row.id)
    rules.check_earmark(category, within, granted)


async def close_fund(
    session: AsyncSession, fund_id: UUID, *, version: int, by: Actor, now: datetime
) -> tables.Fund:
    """Close a fund of which nothing is left."""
    row = await open_fund(session, fund_id, by=by)
    must_match(row.version, version)
    if row.available_fen or row.committed_fen:
        raise rules.FundNotEmpty
    row.status, row.closed_at = FundStatus.CLOSED, now
    touch(row, by, now)
    tell(session, row, by, "close", after={"status": row.status})
    return row


async def open_fund(session: AsyncSession, fund_id: UUID, *, by: Actor) -> tables.Fund:
    """A fund of the caller's area that is open, locked."""
    row = await queries.fund_for_update(session, fund_id)
    by.must_cover(row.area_code)
    if row.status == FundStatus.CLOSED:
        raise rules.FundClosed
    return row


async def _checked(
    session: AsyncSession, values: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """The values, each field checked."""
    words = {
        "/source": (Dictionary.FUNDING_SOURCE, values.get("source")),
        "/line": (Dictionary.DEPARTMENT_LINE, values.get("line")),
        "/category": (Dictionary.SERVICE_CATEGORY, values.get("category")),
    }
    await dictionaries.must_know(session, words, on=city_day(now))
    await must_exist(session, tables.Organisation, {"/holder_id": values.get("holder_id")})
    await must_exist(session, tables.Programme, {"/programme_id": values.get("programme_id")})
    return values


def tell(
    session: AsyncSession,
    row: tables.Fund,
    by: Actor,
    verb: str,
    *,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Move the fund in its feed and note the change in the audit log."""
    feed.mark(session, KIND, row.id)
    audit.note(
        session,
        by,
        action=f"fund.{verb}",
        target=(KIND, row.id),
        area=row.area_code,
        before=None if before is None else {k: plain(v) for k, v in before.items()},
        after={k: plain(v) for k, v in after.items()},
        reason=reason,
    )
