"""Provider files: one, many, those that change with the day, and what is published of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from common.clock import city_day, utc_now
from common.contracts import procurement as contracts
from common.contracts import procurement_providers as words
from common.errors import NotFound, Text
from common.scope import under
from procurement import tables
from procurement.domain.providers import REQUIRED, Barred, Held, Standing, holds_on, standing
from procurement.queries.concessions import running
from procurement.queries.provider_records import Lines, lines
from procurement.queries.rules import rules_now

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
) -> Sequence[tables.Provider]:
    """A page of files, oldest first; one row more than `limit` tells of a next page."""
    statement = select(P)
    if filters.category is not None:
        statement = statement.where(P.categories.contains([filters.category]))
    if filters.area is not None:
        statement = statement.where(under(P.area_code, filters.area))
    if after is not None:
        statement = statement.where(P.id > after)
    return (await session.scalars(statement.order_by(P.id).limit(limit + 1))).all()


async def holdings(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, Holding]:
    """How many contracts providers are carrying out, and of what value."""
    statement = (
        select(C.provider_id, func.count(), func.sum(C.value_fen))
        .where(C.provider_id.in_(ids), C.status == contracts.ContractStatus.ACTIVE)
        .group_by(C.provider_id)
    )
    return {row[0]: Holding(row[1], int(row[2])) for row in await session.execute(statement)}


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


async def standings(
    session: AsyncSession, rows: Sequence[tables.Provider], day: date
) -> Mapping[UUID, tuple[Standing, Lines]]:
    """What files amount to on a day, with their lines."""
    kept = await lines(session, [row.id for row in rows])
    required = (await rules_now(session)).at(day, CITY).rule(REQUIRED).words
    return {row.id: (_standing(row, kept[row.id], required, day), kept[row.id]) for row in rows}


def _standing(row: tables.Provider, kept: Lines, required: Collection[str], day: date) -> Standing:
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
    session: AsyncSession, rows: Sequence[tables.Provider], *, day: date
) -> list[contracts.Provider]:
    """Files as they are published on a day."""
    found = await standings(session, rows, day)
    held = await holdings(session, [row.id for row in rows])
    return [
        contracts.Provider(**_published(row, *found[row.id], held.get(row.id, _NONE), day))
        for row in rows
    ]


async def file(session: AsyncSession, row: tables.Provider, *, day: date) -> words.ProviderFile:
    """One file with all its lines."""
    stands, kept = (await standings(session, [row], day))[row.id]
    held = (await holdings(session, [row.id])).get(row.id, _NONE)
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


_NONE: Final = Holding(0, 0)


def _published(
    row: tables.Provider, stands: Standing, kept: Lines, held: Holding, day: date
) -> dict[str, Any]:
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
            contracts.Validity.model_validate(each)
            for each in kept.qualifications
            if each.status == words.QualificationStatus.VERIFIED
            and (each.valid_to_on is None or day <= each.valid_to_on)
        ],
        "exclusions": [contracts.Exclusion.model_validate(each) for each in kept.exclusions],
        "ties": [contracts.Tie.model_validate(each) for each in kept.ties],
        "qualified_staff": stands.qualified_staff,
        "contracts_held": held.contracts,
        "contracts_value_fen": held.value_fen,
        "admitted_on": row.admitted_on,
        "updated_at": row.updated_at,
    }


async def states(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, contracts.Provider]:
    """The feed's states, as of today."""
    rows = (await session.scalars(select(P).where(P.id.in_(ids)))).all()
    found = await shown(session, rows, day=city_day(utc_now()))
    return {each.id: each for each in found}
