"""Provider files: one, many, those that change with the day, and what is published of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    true,
    union,
)
from sqlalchemy import Text as Plain
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day, utc_now
from common.contracts import procurement as contracts
from common.contracts import procurement_providers as words
from common.errors import NotFound, Text
from common.rules import RuleTable
from common.scope import area_given, area_ways
from common.spelt import Shapes, belonging
from procurement import tables
from procurement.domain.providers import REQUIRED, Barred, Held, Standing, holds_on, standing
from procurement.queries.concessions import running
from procurement.queries.provider_records import PUBLISHED, lines
from procurement.queries.rules import STAMP, rules_now, rules_stamped

P, Q, X, T, C = (
    *(tables.Provider, tables.Qualification, tables.Exclusion, tables.Tie),
    tables.Contract,
)
WHAT: Final = Text("承接者档案", "provider file")
CITY: Final = "310000"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of files is asked for."""

    category: str | None = None
    area: str | None = None


class Holding(NamedTuple):
    """The contracts that a provider is carrying out."""

    contracts: int
    value_fen: int


_PUBLISHED: Final = (
    *("id", "name", "categories", "is_small_enterprise", "evaluation_grade", "grade_from_on"),
    *("grade_to_on", "dissolved_on", "admitted_on", "updated_at"),
)
_HELD: Final = select(
    func.count().label("contracts"), func.coalesce(func.sum(C.value_fen), 0).label("fen")
).where(C.provider_id == P.id, C.status == contracts.ContractStatus.ACTIVE)
_PAGE: Final = Shapes(
    select(*(getattr(P, name) for name in _PUBLISHED), *STAMP.c)
    .add_columns(*(column.label(name) for name, column in PUBLISHED.items()))
    .add_columns(belonging(_HELD).label("held"))
    .join(STAMP, true())
    .order_by(P.id)
    .limit(bindparam("size", type_=Integer))
    .where,
    ids=P.id == func.any(bindparam("ids", type_=ARRAY(Uuid))),
    category=P.categories.contains(cast(array([bindparam("category")]), ARRAY(Plain))),
    **area_ways(P.area_code),
    after=P.id > bindparam("after"),
)


async def exists(session: AsyncSession, provider_id: UUID) -> bool:
    """Whether an organisation has a file."""
    return await session.scalar(select(P.id).where(P.id == provider_id)) is not None


async def found(session: AsyncSession, provider_id: UUID) -> tables.Provider:
    """One file."""
    row = await session.get(P, provider_id)
    if row is None:
        raise NotFound(what=WHAT, key=provider_id)
    return row


async def locked(session: AsyncSession, provider_id: UUID) -> tables.Provider:
    """One file as it is now, locked until the transaction ends."""
    statement = select(P).where(P.id == provider_id).with_for_update()
    row = await session.scalar(statement.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(what=WHAT, key=provider_id)
    return row


async def many_locked(session: AsyncSession, ids: Collection[UUID]) -> Sequence[tables.Provider]:
    """The files among many organisations, locked by id."""
    statement = select(P).where(P.id.in_(ids)).order_by(P.id).with_for_update()
    return (await session.scalars(statement)).all()


async def registry_ties(session: AsyncSession, provider_id: UUID) -> Sequence[tables.Tie]:
    """The ties of a file that the registry has told."""
    statement = select(T).where(T.provider_id == provider_id, T.source == words.TieSource.REGISTRY)
    return (await session.scalars(statement)).all()


async def page(
    session: AsyncSession, filters: Filters, *, after: UUID | None, limit: int
) -> Sequence[Any]:
    """A page of files, oldest first; one row more than `limit` tells of a next page."""
    wanted = {"category": filters.category, "after": after, **area_given(filters.area)}
    return await _PAGE.found(session, **wanted, size=limit + 1)


async def _holding(session: AsyncSession, provider_id: UUID) -> Holding:
    """How many contracts a provider is carrying out, and of what value."""
    statement = _HELD.where(P.id == provider_id)
    row = (await session.execute(statement)).one()
    return Holding(row.contracts, int(row.fen))


async def changing(session: AsyncSession, last: date, day: date) -> Sequence[UUID]:
    """Files whose published part differs on `day` from `last` though nobody touched them."""
    moved = union(
        select(Q.provider_id).where(
            or_(_begins(Q.valid_from_on, last, day), _ended(Q.valid_to_on, last, day))
        ),
        select(X.provider_id).where(or_(_begins(X.from_on, last, day), _ended(X.to_on, last, day))),
        select(P.id).where(
            or_(
                _begins(P.grade_from_on, last, day),
                _ended(P.grade_to_on, last, day),
                _begins(P.dissolved_on, last, day),
            )
        ),
    )
    return [*await session.scalars(moved)]


def _begins(column: Any, last: date, day: date) -> ColumnElement[bool]:
    return and_(column > last, column <= day)


def _ended(column: Any, last: date, day: date) -> ColumnElement[bool]:
    return and_(column >= last, column < day)


def _required(table: RuleTable, day: date) -> Collection[str]:
    """What each file has to show on a day."""
    return table.at(day, CITY).rule(REQUIRED).words


def _standing(row: Any, kept: Any, required: Collection[str], day: date) -> Standing:
    return standing(
        day,
        dissolved_on=row.dissolved_on,
        required=required,
        held=[
            Held(
                each.code,
                words.QualificationStatus(each.status),
                each.valid_from_on,
                each.valid_to_on,
                each.persons,
            )
            for each in kept.qualifications
        ],
        barred=[Barred(each.from_on, each.to_on) for each in kept.exclusions],
    )


async def shown(
    session: AsyncSession, rows: Sequence[Any], *, day: date
) -> list[contracts.Provider]:
    """The files of a page as they are published on a day."""
    if not rows:
        return []
    required = _required(await rules_stamped(session, rows[0]), day)
    return [
        contracts.Provider(
            **_published(row, _standing(row, row, required, day), row, _held(row), day)
        )
        for row in rows
    ]


def _held(row: Any) -> Holding:
    [held] = row.held
    return Holding(held.contracts, int(held.fen))


async def file(session: AsyncSession, row: tables.Provider, *, day: date) -> words.ProviderFile:
    """One file with all its lines."""
    kept = (await lines(session, [row.id]))[row.id]
    stands = _standing(row, kept, _required(await rules_now(session), day), day)
    held = await _holding(session, row.id)
    return words.ProviderFile(
        **_published(row, stands, kept, held, day),
        credit_code=row.credit_code,
        area_code=row.area_code,
        missing=list(stands.missing),
        qualification_records=[
            words.Qualification.model_validate(each) for each in kept.qualifications
        ],
        exclusion_records=[words.ExclusionRecord.model_validate(each) for each in kept.exclusions],
        tie_records=[words.TieRecord.model_validate(each) for each in kept.ties],
        concessions=await running(session, row.id, day=day),
        version=row.version,
    )


def _published(row: Any, stands: Standing, kept: Any, held: Holding, day: date) -> dict[str, Any]:
    """The public part: what is verified and has not expired, every exclusion, every tie."""
    graded = row.grade_from_on is None or holds_on(day, row.grade_from_on, row.grade_to_on)
    return {
        "id": row.id,
        "name": row.name,
        "status": stands.status,
        "categories": row.categories,
        "is_small_enterprise": row.is_small_enterprise,
        "evaluation_grade": row.evaluation_grade if graded else None,
        "qualifications": [
            each
            for each in kept.qualifications
            if each.status == words.QualificationStatus.VERIFIED
            and (each.valid_to_on is None or day <= each.valid_to_on)
        ],
        "exclusions": kept.exclusions,
        "ties": kept.ties,
        "qualified_staff": stands.qualified_staff,
        "contracts_held": held.contracts,
        "contracts_value_fen": held.value_fen,
        "admitted_on": row.admitted_on,
        "updated_at": row.updated_at,
    }


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Provider]:
    """The feed's states, as of today."""
    rows = await _PAGE.found(session, ids=ids, size=len(ids))
    found = await shown(session, rows, day=city_day(utc_now()))
    return {each.id: each for each in found}
