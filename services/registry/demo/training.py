"""Training plans of the demo city: `python -m registry.demo.training`, safe to repeat.

They are not made up: each street draws its plan from what residents lack and rate low, as a clerk
would. The other services tell that by their feeds soon after the first start, so this waits for it.
"""

import asyncio
import sys
from datetime import date, datetime
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.actor import Actor
from common.clock import city_day, utc_now
from common.contracts.registry.growth import (
    AttendanceIn,
    EnrolmentIn,
    PlanIn,
    PlanMove,
    PlanStatus,
)
from common.db import database
from registry import tables
from registry.demo.load import LOADER
from registry.demo.organisations import NOTE
from registry.domain.growth import NothingToLearn
from registry.settings import Settings
from registry.usecases import training

Sessions = async_sessionmaker[AsyncSession]
P, T, C = tables.Person, tables.TrainingPlan, tables.TrainingCourse
PAUSES_S: Final = (5, 10, 20, 40, 80, 160)  # the whole city is asked each time
LEARNERS: Final = 2
HOURS: Final = 4.0  # half of a course


async def train(sessions: Sessions, *, by: Actor, now: datetime) -> dict[str, int]:
    """A plan of each street that has people, something to learn and no plan yet; how many."""
    counts = {"training_plan": 0, "without": 0}
    async with sessions() as session:
        streets = [*await session.scalars(_streets())]
    for street in streets:
        async with sessions.begin() as session:
            drawn = await _drawn(session, f"{street}000", by=by, now=now)
        counts["training_plan" if drawn else "without"] += 1
    return counts


def _streets() -> Select[str]:
    """Towns of which people are registered and no plan is."""
    town, planned = func.left(P.area_code, 9), select(func.left(T.area_code, 9))
    return select(town).where(town.not_in(planned)).distinct().order_by(town)


async def _drawn(session: AsyncSession, street: str, *, by: Actor, now: datetime) -> bool:
    """Draw and adopt a plan; two people begin with its first course."""
    today = city_day(now)
    year = {"valid_from": date(today.year, 1, 1), "valid_to": date(today.year + 1, 1, 1)}
    wish = PlanIn(title=f"{NOTE} {today.year} 年培训计划", area_code=street, **year)
    try:
        plan = await training.draw(session, wish, by=by, now=now)
    except NothingToLearn:
        return False
    adopted = PlanMove(status=PlanStatus.ADOPTED)
    await training.move(session, plan.id, adopted, version=plan.version, by=by, now=now)
    of_all = select(C.id).where(C.plan_id == plan.id, C.organisation_id.is_(None))
    course_id = await session.scalar(of_all.order_by(C.id).limit(1))
    here = func.left(P.area_code, 9) == street[:9]
    active = select(P.id).where(here, P.status == "active").order_by(P.id).limit(LEARNERS)
    learners = [*await session.scalars(active)]
    if course_id is None or not learners:
        return True
    asked = EnrolmentIn(person_ids=learners)
    await training.enrol(session, plan.id, course_id, asked, by=by, now=now)
    hours = AttendanceIn(on=today, hours=HOURS)
    await training.attend(session, plan.id, course_id, learners[0], hours, by=by, now=now)
    return True


async def _main() -> int:
    """Wait until every street has drawn its plan, some minutes at most; 1 when one could not."""
    drawn = 0
    async with database(Settings().database_url, pool_size=1) as opened:
        for pause in (0, *PAUSES_S):
            await asyncio.sleep(pause)
            counts = await train(opened.sessions, by=LOADER, now=utc_now())
            drawn += counts["training_plan"]
            if not counts["without"]:
                break
    sys.stdout.write(f"{NOTE} / demo data: training_plan={drawn} without={counts['without']}\n")
    return int(counts["without"] > 0)


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
