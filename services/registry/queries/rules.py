"""The registry's own rules as they hold on a day at a place."""

from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common.rules import RulesInForce, RuleTable, short_jurisdiction
from common.rules_table import Wanted
from common.rules_table import rules as rows

_MOST: Final = 1_000  # rules about one object, all streets of a city among them


async def about(session: AsyncSession, object_: str, *, on: date) -> RuleTable:
    """The rules about one object on a day, of all places."""
    found = await rows(session, Wanted(on=on, object=object_), limit=_MOST)
    return RuleTable(row.as_value for row in found)


async def in_force(
    session: AsyncSession, object_: str, *, area_code: str, on: date
) -> RulesInForce:
    """The rules about one object; the most specific place wins when one is asked for."""
    place = short_jurisdiction(area_code)
    wanted = Wanted(on=on, jurisdiction=place, object=object_)
    found = await rows(session, wanted, limit=_MOST)
    return RuleTable(row.as_value for row in found).at(on, place)
