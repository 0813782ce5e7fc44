"""A case whose address nobody could place when it came in: the desk says where it happened."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.actor import Actor
from common.clock import city_day
from common.contracts.feedback_cases import PlacementIn
from common.crypto.keys import Keys
from common.edge import must_match
from feedback import tables
from feedback.domain import cases as rules
from feedback.domain import routing as routing_rules
from feedback.queries import cases as queries
from feedback.queries import intake
from feedback.usecases import case_steps, routing
from feedback.usecases.approving import must_run
from feedback.usecases.case_steps import Step


async def place(
    session: AsyncSession,
    case_id: UUID,
    wish: PlacementIn,
    *,
    version: int,
    keys: Keys,
    by: Actor,
    now: datetime,
) -> tables.Case:
    """Say in which neighbourhood or town it happened, and route it there. The deadline stays."""
    row = await queries.found(session, queries.within(by), case_id, lock=True)
    must_match(row.version, version)
    must_run(row)
    rules.check_placement(row.area_code, wish.area_code)
    standing = await intake.standing(session, row.category, wish.area_code)
    rules.check_known({name: wish.area_code for name in standing.unknown if name == "area_code"})
    line = routing.default_line(standing.ground.at(wish.area_code, now))
    way = routing_rules.route(standing.answerers, line, city_day(now))
    if row.boundary is not None:
        way = routing_rules.to_desk(way)
    facts = {"from": row.area_code, "to": wish.area_code, "routed_by": str(way.by)}
    row.area_code, row.routed_at = wish.area_code, now
    for name, value in routing.columns(way).items():
        setattr(row, name, value)
    case_steps.write(session, row, Step("place", by, now, keys, wish.words, facts=facts))
    return row
