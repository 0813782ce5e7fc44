"""Money of a demo street: a programme, two funds that pay one thing twice, a bundle, a concession.

All of it is 演示数据 and names nobody. A street that has any of it already is left alone.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.bundles import BundleIn, BundleMove, BundleStatus
from common.contracts.registry.concessions import (
    ConcessionIn,
    ConcessionMove,
    ConcessionStatus,
    SpaceUse,
)
from common.contracts.registry.funds import EntryKind, FundIn, GrantIn, MoneyIn
from common.contracts.registry.programmes import (
    PlannedYearIn,
    ProgrammeIn,
    ProgrammeMove,
    ProgrammeStatus,
)
from registry import tables
from registry.demo.organisations import NOTE, Street
from registry.usecases import bundles, concessions, funds, ledger, programmes

LINE: Final = "civil_affairs"
SOURCES: Final = (("special_fund", 60_000_000), ("community_foundation", 8_000_000))
YEARS: Final = 3
_VOUCHER: Final = f"{NOTE} 凭证"


async def endow(
    streets: Sequence[Street],
    sessions: async_sessionmaker[AsyncSession],
    *,
    by: Actor,
    now: datetime,
) -> dict[str, int]:
    """Give streets their money; how many records of each kind were made."""
    counts = {"programme": 0, "fund": 0, "bundle": 0, "concession": 0}
    for street in streets:
        async with sessions.begin() as session:
            bodies = await _bodies(session, street)
            if len(bodies) < len(SOURCES) or await session.scalar(_has_funds(street)):
                continue
            await _street(session, street, bodies, by=by, now=now)
            venue_id = await _venue(session, street)
            if venue_id is not None:
                await _bundle(session, street, venue_id, bodies[1], by=by, now=now)
                await _concession(session, venue_id, bodies[1], by=by, now=now)
                counts["bundle"] += 1
                counts["concession"] += 1
        counts["programme"] += 1
        counts["fund"] += len(SOURCES)
    return counts


async def _street(
    session: AsyncSession, street: Street, bodies: Sequence[Any], *, by: Actor, now: datetime
) -> None:
    """Both funds pay the same body for the same item: the finding has something to find."""
    year = city_day(now).year
    days = {"valid_from": date(year, 1, 1), "valid_to": date(year + 1, 1, 1)}
    plan = _plan(street, bodies[0], year)
    programme = await programmes.add_programme(session, plan, by=by, now=now)
    step = ProgrammeMove(status=ProgrammeStatus.PUBLISHED)
    await programmes.move_programme(session, programme.id, step, version=1, by=by, now=now)
    for source, amount in SOURCES:
        told = FundIn(
            title=f"{NOTE} {street.name}为老服务经费",
            source=source,
            line=LINE,
            holder_id=bodies[0],
            programme_id=programme.id,
            purpose="补贴社区助餐",
            area_code=street.code,
            amount_fen=amount,
            **days,
        )
        fund = await funds.add_fund(session, told, by=by, now=now)
        money = MoneyIn(amount_fen=amount, booked_on=days["valid_from"], document_number=_VOUCHER)
        await ledger.move_money(session, fund.id, EntryKind.RECEIPT, money, by=by, now=now)
        wish = GrantIn(
            recipient_id=bodies[1],
            category="meal_canteen",
            programme_id=programme.id,
            amount_fen=amount // 2,
            document_number=_VOUCHER,
            **days,
        )
        await ledger.promise(session, fund.id, wish, by=by, now=now)


async def _venue(session: AsyncSession, street: Street) -> UUID | None:
    """A venue of the street, where there is one."""
    venue = tables.Venue
    here = func.left(venue.area_code, 9) == street.code[:9]
    found: UUID | None = await session.scalar(
        select(venue.id).where(here).order_by(venue.id).limit(1)
    )
    return found


async def _bundle(
    session: AsyncSession,
    street: Street,
    venue_id: UUID,
    operator_id: Any,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """The venue run as a bundle."""
    told = BundleIn(
        title=f"{NOTE} {street.name}为老服务组团",
        purpose="助餐与日间照料一并运营",
        operator_id=operator_id,
        area_code=street.code,
        venue_ids=[venue_id],
        valid_from=date(city_day(now).year, 1, 1),
    )
    new = await bundles.add_bundle(session, told, by=by, now=now)
    step = BundleMove(status=BundleStatus.RUNNING)
    await bundles.move_bundle(session, new.id, step, version=1, by=by, now=now)


async def _concession(
    session: AsyncSession, venue_id: UUID, operator_id: Any, *, by: Actor, now: datetime
) -> None:
    """A part of the venue let at a low fee, against a price that residents feel."""
    year = city_day(now).year
    wish = ConcessionIn(
        venue_id=venue_id,
        operator_id=operator_id,
        use=SpaceUse.LOW_FEE,
        category="meal_canteen",
        floor_area_m2=20,
        price_ceiling_fen=1_000,
        reference_price_fen=1_800,
        price_basis=f"{NOTE} 周边餐馆均价",
        price_unit="餐",
        valid_from=date(year, 1, 1),
        valid_to=date(year + 1, 1, 1),
    )
    new = await concessions.add_concession(session, wish, by=by, now=now)
    step = ConcessionMove(status=ConcessionStatus.GRANTED)
    await concessions.move_concession(session, new.id, step, version=1, by=by, now=now)


def _plan(street: Street, department_id: Any, year: int) -> ProgrammeIn:
    """A programme of some years, every year the same."""
    planned = SOURCES[0][1]
    return ProgrammeIn(
        title=f"{NOTE} {street.name}社区助餐行动",
        purpose="步行可达助餐点",
        category="meal",
        line=LINE,
        department_id=department_id,
        area_code=street.code,
        target_groups=["elderly"],
        valid_from=date(year, 1, 1),
        valid_to=date(year + YEARS, 1, 1),
        years=[PlannedYearIn(year=year + n, planned_fen=planned) for n in range(YEARS)],
    )


async def _bodies(session: AsyncSession, street: Street) -> Sequence[Any]:
    organisation = tables.Organisation
    statement = (
        select(organisation.id)
        .where(func.left(organisation.area_code, 9) == street.code[:9])
        .order_by(organisation.code)
        .limit(len(SOURCES))
    )
    return list(await session.scalars(statement))


def _has_funds(street: Street) -> Any:
    return select(exists().where(tables.Fund.area_code == street.code))
