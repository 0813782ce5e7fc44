"""Pairs of grants, and pairs of programmes, that may pay for the same thing twice.

One side lies in the caller's area, the other may lie elsewhere: that is what a street cannot see
by itself. Pairs are found along the recipient, the venue, or the category, each by its index.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from common.auth.actor import Actor
from registry import tables
from registry.domain.double_funding import PROGRAMME, RECIPIENT, VENUE
from registry.queries.finding import chosen, either, under, within_reach

D: Final = tables.FundingDecision
G1, G2 = aliased(tables.FundGrant), aliased(tables.FundGrant)
F1, F2 = aliased(tables.Fund), aliased(tables.Fund)
P1, P2 = aliased(tables.Programme), aliased(tables.Programme)
A1, A2 = aliased(tables.Area), aliased(tables.Area)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which findings: under an area, by a rule, decided or not."""

    area: str | None = None
    rule: str | None = None
    is_decided: bool | None = None


async def page(
    session: AsyncSession,
    actor: Actor,
    filters: Filters,
    *,
    after: tuple[str, UUID, UUID] | None,
    limit: int,
) -> list[Row[Any]]:
    """Pairs by rule and ids, each with what was decided about it."""
    found = union_all(*(part for part in _parts(actor, filters))).subquery("found")
    key = (found.c.rule, found.c.first_id, found.c.second_id)
    statement = (
        select(found, D.verdict, D.reason, D.decided_at, D.decided_by)
        .outerjoin(D, tuple_(D.rule, D.first_id, D.second_id) == tuple_(*key))
        .order_by(*key)
        .limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(tuple_(*key) > tuple_(*map(literal, after)))
    if filters.is_decided is not None:
        statement = statement.where(D.verdict.is_not(None) == filters.is_decided)
    return list(await session.execute(statement))


async def pair(
    session: AsyncSession, actor: Actor, rule: str, first: UUID, second: UUID
) -> Row[Any] | None:
    """One pair that the caller may see, while it still stands."""
    part = next(iter(_parts(actor, Filters(rule=rule))), None)
    if part is None:
        return None
    found = part.subquery("found")
    statement = select(found).where(found.c.first_id == first, found.c.second_id == second)
    return (await session.execute(statement)).one_or_none()


async def decide(session: AsyncSession, values: dict[str, Any]) -> None:
    """Keep a decision about a pair; a later one takes its place."""
    key = ("first_id", "second_id", "rule")
    statement = insert(D).values(values)
    new = {name: statement.excluded[name] for name in values if name not in key}
    await session.execute(statement.on_conflict_do_update(index_elements=key, set_=new))


def _parts(actor: Actor, filters: Filters) -> list[Select[Any]]:
    every = {
        RECIPIENT: lambda: _grants(RECIPIENT, G1.recipient_id == G2.recipient_id),
        VENUE: lambda: _grants(
            VENUE,
            # To one body for the venue is told by the rule above; to the venue itself nowhere else.
            and_(
                G1.venue_id == G2.venue_id,
                func.coalesce(G1.recipient_id != G2.recipient_id, true()),
            ),
        ),
        PROGRAMME: _programmes,
    }
    return [
        part().where(
            _reach(actor, *_areas(rule)), *chosen((filters.area, partial(_in, *_areas(rule))))
        )
        for rule, part in every.items()
        if filters.rule in {None, rule}
    ]


def _areas(rule: str) -> tuple[Any, Any]:
    return (P1.area_code, P2.area_code) if rule == PROGRAMME else (F1.area_code, F2.area_code)


def _reach(actor: Actor, first: Any, second: Any) -> ColumnElement[bool]:
    ways = [*within_reach(actor, first), *within_reach(actor, second)]
    return either(ways) if ways else literal(value=False)


def _in(first: Any, second: Any, prefix: str) -> ColumnElement[bool]:
    return or_(under(first, prefix), under(second, prefix))


def _grants(rule: str, same: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            literal(rule).label("rule"),
            func.coalesce(G1.recipient_id, G2.recipient_id).label("organisation_id"),
            func.coalesce(G1.venue_id, G2.venue_id).label("venue_id"),
            G1.category.label("category"),
            *_sides((G1, F1), (G2, F2)),
        )
        .join(G2, and_(same, G2.id > G1.id, G2.fund_id != G1.fund_id, _same_item(G1, G2)))
        .join(F1, F1.id == G1.fund_id)
        .join(F2, F2.id == G2.fund_id)
        .where(_overlap(G1, G2), _used(G1), _used(G2))
    )


def _programmes() -> Select[Any]:
    nested = or_(P2.area_code.startswith(A1.short_code), P1.area_code.startswith(A2.short_code))
    groups = or_(
        P1.target_groups.op("&&")(P2.target_groups),
        func.cardinality(P1.target_groups) == 0,
        func.cardinality(P2.target_groups) == 0,
    )
    return (
        select(
            literal(PROGRAMME).label("rule"),
            null().label("organisation_id"),
            null().label("venue_id"),
            P1.category.label("category"),
            *_sides((P1, P1), (P2, P2)),
        )
        .join(
            P2,
            and_(
                P2.category == P1.category,
                P2.id > P1.id,
                P2.department_id != P1.department_id,
                _same_item(P1, P2),
            ),
        )
        .join(A1, A1.id == P1.area_id)
        .join(A2, A2.id == P2.area_id)
        .where(_overlap(P1, P2), nested, groups, P1.status != "dropped", P2.status != "dropped")
    )


def _sides(*pairs: tuple[Any, Any]) -> list[ColumnElement[Any]]:
    """The columns of both sides: of a grant and its fund, or of a programme."""
    columns: list[ColumnElement[Any]] = []
    for side, (record, holder) in zip(("first", "second"), pairs, strict=True):
        is_fund = record is not holder
        values = {
            "id": record.id,
            "fund_id": holder.id if is_fund else null(),
            "title": holder.title,
            "source": holder.source if is_fund else null(),
            "line": holder.line,
            "area_code": holder.area_code,
            "amount_fen": record.amount_fen if is_fund else null(),
            "valid_from": record.valid_from,
            "valid_to": record.valid_to,
        }
        columns.extend(value.label(f"{side}_{name}") for name, value in values.items())
    return columns


def _same_item(a: Any, b: Any) -> ColumnElement[bool]:
    """The same service item; the same category where one of them names no item."""
    unnamed = or_(a.service_item_id.is_(None), b.service_item_id.is_(None))
    return or_(a.service_item_id == b.service_item_id, and_(unnamed, a.category == b.category))


def _overlap(a: Any, b: Any) -> ColumnElement[bool]:
    return and_(a.valid_from < b.valid_to, b.valid_from < a.valid_to)


def _used(grant: Any) -> ColumnElement[bool]:
    """A grant that ended before anything was paid pays for nothing."""
    return or_(grant.status == "open", grant.spent_fen > 0)
