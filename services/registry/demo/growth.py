"""People of a demo city and how they grow: the ladder, the wage guide, social workers and hours.

All of it is 演示数据 and names nobody. A city that has a ladder, and a street that has people, are
left alone. Training plans follow (`training`), once the streets know their gaps and ratings.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.registry.growth import GradeIn, StepIn, WageIn
from common.contracts.registry.people import (
    HoursIn,
    HoursKind,
    PersonIn,
    PersonKind,
    Qualification,
)
from common.crypto.fields import FieldCipher
from registry import tables
from registry.demo.organisations import NOTE, Street
from registry.usecases import careers, people

CITY: Final = "310000000000"
_DOCUMENT: Final = f"{NOTE} 社区工作者职级与薪酬指导"
# Code, name, years in the grade below, qualification; monthly wage in the middle, yuan.
LADDER: Final = (
    ("level_1", "一级社工", 0, None, 6_500),
    ("level_2", "二级社工", 2, Qualification.ASSISTANT, 7_400),
    ("level_3", "三级社工", 3, Qualification.SOCIAL_WORKER, 8_600),
    ("level_4", "四级社工", 4, Qualification.SENIOR, 10_200),
)
# Kind, qualification, grade, hours learnt: one is behind with them.
STAFF: Final = (
    (PersonKind.SOCIAL_WORKER, Qualification.SOCIAL_WORKER, "level_2", 90),
    (PersonKind.SOCIAL_WORKER, Qualification.ASSISTANT, "level_1", 2),
    (PersonKind.STAFF, None, "level_1", 0),
    (PersonKind.VOLUNTEER, None, None, 0),
)
_SKILLS: Final = ("meal_canteen", "day_care")
_SPREAD: Final = 20  # per cent below and above the middle


async def grow(
    streets: Sequence[Street],
    sessions: async_sessionmaker[AsyncSession],
    cipher: FieldCipher,
    *,
    by: Actor,
    now: datetime,
) -> dict[str, int]:
    """The city's ladder and guide, and some people of each street; how many were made."""
    counts = {"career_grade": 0, "person": 0}
    async with sessions.begin() as session:
        if not await session.scalar(select(exists(select(tables.CareerGrade.id)))):
            await _ladder(session, _adopted(now), by=by, now=now)
            counts["career_grade"] = len(LADDER)
    for street in streets:
        async with sessions.begin() as session:
            if await session.scalar(_has_people(street)):
                continue
            await _people(session, street, cipher, by=by, now=now)
        counts["person"] += len(STAFF)
    return counts


def _adopted(now: datetime) -> date:
    """When the ladder began, and registrations of three years: two years before this one."""
    return date(city_day(now).year - 2, 1, 1)


async def _ladder(session: AsyncSession, adopted: date, *, by: Actor, now: datetime) -> None:
    dated: dict[str, Any] = {"document": _DOCUMENT, "valid_from": adopted}
    for rank, (code, name, years, qualification, yuan) in enumerate(LADDER, 1):
        grade = GradeIn(
            code=code,
            name=f"{NOTE} {name}",
            rank=rank,
            years_below=years,
            qualification=qualification,
            **dated,
        )
        await careers.add_grade(session, grade, by=by, now=now)
        wage = WageIn(
            area_code=CITY,
            grade=code,
            low_fen=yuan * (100 - _SPREAD),
            middle_fen=yuan * 100,
            high_fen=yuan * (100 + _SPREAD),
            **dated,
        )
        await careers.add_wage(session, wage, by=by, now=now)


def _has_people(street: Street) -> Any:
    here = func.left(tables.Person.area_code, 9) == street.code[:9]
    return select(exists(select(tables.Person.id).where(here)))


async def _people(
    session: AsyncSession, street: Street, cipher: FieldCipher, *, by: Actor, now: datetime
) -> None:
    random, today, adopted = Random(street.code), city_day(now), _adopted(now)
    qualified = {"qualified_from": adopted, "qualified_to": date(today.year, 12, 31)}
    for number, (kind, qualification, grade, hours) in enumerate(STAFF, 1):
        told = PersonIn(
            code=f"DEMO-{street.code[:9]}-{number}",
            kind=kind,
            name=f"{NOTE}{number}号",
            area_code=street.code,
            qualification=qualification,
            certificate_number=qualification and f"DEMO{random.randrange(10**8):08d}",
            skills=[random.choice(_SKILLS)],
            **(qualified if qualification else {}),
        )
        row = await people.add_person(session, told, cipher=cipher, by=by, now=now)
        if hours:
            learnt = HoursIn(
                kind=HoursKind.EDUCATION,
                on=today - timedelta(days=random.randrange(60)),
                hours=hours,
                title=f"{NOTE} 继续教育",
            )
            await people.record_hours(session, row.id, learnt, by=by, now=now)
        for step in _steps(grade, adopted):
            await careers.give(session, row.id, step, by=by, now=now)


def _steps(grade: str | None, adopted: date) -> list[StepIn]:
    """The grades up to one, each given when the years below were served."""
    found, on = [], adopted
    for code, _, years, _, _ in LADDER:
        on = on.replace(year=on.year + years)
        found.append(StepIn(grade=code, from_on=on, document=_DOCUMENT))
        if code == grade:
            return found
    return []
