"""Delivered services: taken over from referrals, invited within the yearly cap, rated once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Date,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    column,
    delete,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from common import errors
from common.errors import NotFound
from common.straight import rows
from feedback import tables
from feedback.queries.ground import EDITION, Ground, standing_at

D, C = tables.Delivery, tables.Contacts
Key = tuple[date, UUID]
WHAT: Final = errors.Text("已交付的服务", "delivered service")


class Given(NamedTuple):
    """A delivered service, as far as who rates it must know."""

    id: UUID
    rater: str | None
    offering_id: UUID
    provider_id: UUID
    venue_id: UUID | None
    service_item_id: UUID | None
    contract_id: UUID | None
    category: str
    area_code: str
    served_at: datetime
    rate_until_on: date
    rating_id: UUID | None


_GIVEN: Final = f"{', '.join(Given._fields)} FROM delivery WHERE id = $1"
_FOUND: Final = f"SELECT {_GIVEN}"
_FOUND_WITH_EDITION: Final = f"SELECT {EDITION}, {_GIVEN}"


async def keep(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Take over delivered services; the ids of those that were not known yet."""
    statement = insert(D).on_conflict_do_nothing(index_elements=["id"]).returning(D.id)
    return {*await session.scalars(statement, list(rows))}


_PAID: Final = text(
    "UPDATE delivery d SET contract_id = m.contract_id"
    " FROM unnest(:ids, :contracts) AS m (id, contract_id)"
    " WHERE d.id = m.id AND d.contract_id IS NULL RETURNING d.id, d.provider_id, d.category,"
    " d.venue_id, d.contract_id, d.area_code, d.served_at, d.invited_at"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("contracts", type_=ARRAY(Uuid)))


async def pay(session: AsyncSession, payers: Mapping[UUID, UUID]) -> Sequence[Mapping[str, Any]]:
    """Name the contracts of services that named none; those that do now, with what is counted."""
    values = {"ids": list(payers), "contracts": list(payers.values())}
    found = await session.execute(_PAID, values)
    return [row._asdict() for row in found]


async def forget(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Referrals that are gone can be rated no more; a rating that was given stays."""
    await session.execute(delete(D).where(D.id.in_(ids), D.rating_id.is_(None)))


async def take_back(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Mapping[str, Any]]:
    """Services that were not given after all, with what was counted of them.

    One that its resident has rated was given, whoever says otherwise, and stays.
    """
    counted = D.provider_id, D.category, D.venue_id, D.contract_id, D.area_code
    statement = delete(D).where(D.id.in_(ids), D.rating_id.is_(None))
    found = await session.execute(statement.returning(*counted, D.served_at, D.invited_at))
    return [row._asdict() for row in found]


async def contacts(session: AsyncSession, residents: Sequence[str], year: int) -> dict[str, int]:
    """How often residents were asked in a year; their rows are made and locked, in one order."""
    ordered = sorted(set(residents))
    rows = [{"resident": each, "year": year, "contacts": 0} for each in ordered]
    await session.execute(insert(C).on_conflict_do_nothing(), rows)
    statement = (
        select(C.resident, C.contacts)
        .where(C.resident.in_(ordered), C.year == year)
        .order_by(C.resident)
        .with_for_update()
    )
    return {row.resident: row.contacts for row in await session.execute(statement)}


_ASKED: Final = text(
    "UPDATE survey_contact SET contacts = contacts + m.more"
    " FROM unnest(:residents, :more) AS m (resident, more)"
    " WHERE survey_contact.resident = m.resident AND year = :year"
).bindparams(bindparam("residents", type_=ARRAY(Text)), bindparam("more", type_=ARRAY(Integer)))


async def invite(
    session: AsyncSession,
    ids: Sequence[UUID],
    asked: Mapping[str, int],
    *,
    year: int,
    now: datetime,
) -> None:
    """Invite to rate, and count each resident's contacts."""
    await session.execute(update(D).where(D.id.in_(ids)).values(invited_at=now))
    await ask(session, asked, year=year)


async def ask(session: AsyncSession, asked: Mapping[str, int], *, year: int) -> None:
    """Count how often residents are asked now, whose rows `contacts` has locked."""
    values = {"residents": list(asked), "more": list(asked.values()), "year": year}
    await session.execute(_ASKED, values)


async def contract_of(session: AsyncSession, rater: str, offering_id: UUID) -> UUID | None:
    """Under which contract an offering served somebody last; None: under none, or never."""
    statement = (
        select(D.contract_id)
        .where(D.rater == rater, D.offering_id == offering_id)
        .order_by(D.served_at.desc(), D.id.desc())
        .limit(1)
    )
    contract_id: UUID | None = await session.scalar(statement)
    return contract_id


async def found(session: AsyncSession, referral_id: UUID) -> Given:
    """A delivered service."""
    for row in await rows(session, _FOUND, referral_id):
        return Given(*row)
    raise NotFound(what=WHAT, key=referral_id)


async def found_with_ground(session: AsyncSession, referral_id: UUID) -> tuple[Given, Ground]:
    """A delivered service, and the present ground, in one round trip."""
    for edition, *row in await rows(session, _FOUND_WITH_EDITION, referral_id):
        return Given(*row), await standing_at(session, edition)
    raise NotFound(what=WHAT, key=referral_id)


async def open_for(
    session: AsyncSession, rater: str, today: date, *, after: Key | None, limit: int
) -> Sequence[tables.Delivery]:
    """What a resident may still rate, what ends first in front; one more tells of a next page."""
    statement = select(D).where(D.rater == rater, D.rate_until_on >= today, D.rating_id.is_(None))
    return (await session.scalars(_in_turn(statement, after).limit(limit + 1))).all()


async def lapsed(
    session: AsyncSession, today: date, *, after: Key | None, limit: int
) -> Sequence[tables.Delivery]:
    """Delivered services that nobody rated in time; locked, those of other processes skipped."""
    statement = _in_turn(select(D).where(D.rating_id.is_(None), D.rate_until_on < today), after)
    return (await session.scalars(statement.limit(limit).with_for_update(skip_locked=True))).all()


def _in_turn(statement: Select[tables.Delivery], after: Key | None) -> Select[tables.Delivery]:
    """What ends first in front."""
    if after is not None:
        key = tuple_(bindparam(None, after[0], Date), bindparam(None, after[1], Uuid))
        statement = statement.where(tuple_(D.rate_until_on, D.id) > key)
    return statement.order_by(D.rate_until_on, D.id)


async def rated(session: AsyncSession, ratings: Mapping[UUID, UUID]) -> None:
    """Note which rating each delivered service has."""
    pairs = func.unnest(
        bindparam(None, list(ratings), ARRAY(Uuid)),
        bindparam(None, list(ratings.values()), ARRAY(Uuid)),
    ).table_valued(column("referral", Uuid), column("rating", Uuid), name="m")
    await session.execute(
        update(D).where(D.id == pairs.c.referral).values(rating_id=pairs.c.rating)
    )
