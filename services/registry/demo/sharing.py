"""What a demo street shares: pledges of its bodies, its delivery list, a room that stands idle.

All of it is 演示数据 and names nobody. A street that has any of it already is left alone.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common import feed
from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.delivery_lists import Caller, LineKind, ListStatus
from common.contracts.registry.idle_properties import PropertyStatus, Tenure
from common.contracts.registry.pledges import LeadSource, PledgeStatus, ResourceKind
from registry import tables
from registry.demo.organisations import NOTE, Street
from registry.usecases.editing import made
from registry.usecases.pledges import PARTY_BUILDING

PLEDGES: Final = (
    (ResourceKind.PREMISES, "会议室周末借用", 2.0, "间"),
    (ResourceKind.PEOPLE, "助老志愿服务队", 12.0, "人"),
    (ResourceKind.EXPERTISE, "法律咨询进居村", 4.0, "场"),
    (ResourceKind.GOODS, "爱心物资", 50.0, "份"),
)
ROOMS: Final = ("原文化站二层", "旧仓库", "沿街空置门面", "原居委会办公室")
QUARTER: Final = timedelta(days=90)


async def share(
    streets: Sequence[Street],
    sessions: async_sessionmaker[AsyncSession],
    *,
    by: Actor,
    now: datetime,
) -> dict[str, int]:
    """Furnish streets with what they share; how many records of each kind were made."""
    counts = {"pledge": 0, "delivery_list": 0, "idle_property": 0}
    for street in streets:
        async with sessions.begin() as session:
            if await session.scalar(_has_pledges(street)):
                continue
            pledges = await _pledges(session, street, by=by, now=now)
            delivery = await _delivery_list(session, street, pledges, by=by, now=now)
            session.add(await _idle_room(session, street, by=by, now=now))
            await session.flush()
            feed.mark_many(session, "pledge", [each.id for each in pledges])
            feed.mark(session, "delivery_list", delivery.id)
        counts["pledge"] += len(pledges)
        counts["delivery_list"] += 1
        counts["idle_property"] += 1
    return counts


def _has_pledges(street: Street) -> Any:
    return select(exists().where(tables.Pledge.area_code == street.code))


async def _pledges(
    session: AsyncSession, street: Street, *, by: Actor, now: datetime
) -> list[tables.Pledge]:
    """One pledge for each of some bodies of the street; the last is still a lead."""
    organisation = tables.Organisation
    bodies = await session.execute(
        select(organisation.id)
        .where(func.left(organisation.area_code, 9) == street.code[:9])
        .order_by(organisation.code)
        .limit(len(PLEDGES))
    )
    area_id = await _area_id(session, street)
    rows = []
    for number, (body, kind) in enumerate(zip(bodies, PLEDGES, strict=False), 1):
        resource, title, quantity, unit = kind
        is_lead = number == len(PLEDGES)
        steps = {} if is_lead else {"verified_at": now, "pledged_at": now}
        rows.append(
            tables.Pledge(
                title=f"{NOTE} {title}",
                resource_kind=resource,
                organisation_id=body.id,
                area_id=area_id,
                area_code=street.code,
                quantity=quantity,
                unit=unit,
                available_from=city_day(now),
                available_to=city_day(now) + QUARTER,
                line=PARTY_BUILDING,
                source=LeadSource.MEETING,
                status=PledgeStatus.LEAD if is_lead else PledgeStatus.PLEDGED,
                recorded_at=now,
                **steps,
                **made(by, now),
            )
        )
    session.add_all(rows)
    await session.flush()
    return rows


async def _delivery_list(
    session: AsyncSession,
    street: Street,
    pledges: Sequence[tables.Pledge],
    *,
    by: Actor,
    now: datetime,
) -> tables.DeliveryList:
    today: date = city_day(now)
    lines = [
        {
            "kind": LineKind.PLEDGE,
            "resource_id": str(each.id),
            "title": each.title,
            "provider_name": None,
            "callable_by": [Caller.NEIGHBOURHOOD, Caller.SOCIAL_WORKER],
            "how": f"{NOTE} 经街镇社区服务办预约",
            "quota": None,
        }
        for each in pledges
        if each.status == PledgeStatus.PLEDGED
    ]
    row = tables.DeliveryList(
        title=f"{NOTE} {street.name}资源配送清单",
        area_id=await _area_id(session, street),
        area_code=street.code,
        valid_from=today,
        valid_to=today + QUARTER,
        lines=lines,
        status=ListStatus.PUBLISHED,
        published_at=now,
        **made(by, now),
    )
    session.add(row)
    await session.flush()
    return row


async def _idle_room(
    session: AsyncSession, street: Street, *, by: Actor, now: datetime
) -> tables.IdleProperty:
    random = Random(street.code)
    return tables.IdleProperty(
        name=f"{NOTE} {random.choice(ROOMS)}",
        area_id=await _area_id(session, street),
        area_code=street.code,
        owner_name=f"{NOTE} 某国有企业",
        floor_area_m2=float(random.randrange(60, 600, 10)),
        tenure=random.choice(list(Tenure)),
        status=PropertyStatus.SURVEYED,
        status_since=now,
        **made(by, now),
    )


async def _area_id(session: AsyncSession, street: Street) -> Any:
    area = tables.Area
    statement = select(area.id).where(area.code == street.code, area.valid_to.is_(None))
    return await session.scalar(statement)
