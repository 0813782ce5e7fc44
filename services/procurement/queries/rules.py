"""The rule table, kept in memory until a rule changes: a look at its stamp costs a hundredth."""

from typing import Any, Final

from sqlalchemy import Subquery, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common import spelt
from common.rules import RuleTable
from common.rules_table import RuleRow, rule_table

STAMP: Final[Subquery] = select(
    func.current_database().label("rules_of"),
    func.pg_postmaster_start_time().label("rules_since"),
    func.count().label("rules_counted"),
    func.sum(RuleRow.version).label("rules_versions"),
    func.max(RuleRow.updated_at).label("rules_at"),
).subquery("stamp")
"""One row, by which the rules are known; a page that needs them reads it along."""
_STAMP: Final = select(*STAMP.c)
_KEPT: Final[dict[tuple[Any, ...], tuple[tuple[Any, ...], RuleTable]]] = {}


async def rules_now(session: AsyncSession) -> RuleTable:
    """All rules of this service as they stand in the caller's transaction."""
    (row,) = await spelt.found(session, _STAMP)
    return await rules_stamped(session, row)


async def rules_stamped(session: AsyncSession, row: Any) -> RuleTable:
    """The same where their stamp was read along with something else."""
    place = (row.rules_of, row.rules_since)
    stamp = (row.rules_counted, row.rules_versions, row.rules_at)
    kept = _KEPT.get(place)
    if kept is not None and kept[0] == stamp:
        return kept[1]
    table = await rule_table(session)
    _KEPT[place] = (stamp, table)
    return table
