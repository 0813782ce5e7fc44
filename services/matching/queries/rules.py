"""The rules as they stand: read once an edition, of which a process asks in one row."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from common import rules_table
from common.rules import RuleTable
from common.stamped import Stamped
from matching import tables

KEPT: Final = Stamped(rules_table.rule_table)


async def rule_table(session: AsyncSession) -> RuleTable:
    """All rules of this service as values, for its use cases."""
    edition = await session.scalar(select(tables.RuleEdition.edition))
    return await KEPT.at(session, (edition,))
