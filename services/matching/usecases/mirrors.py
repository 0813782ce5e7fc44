"""Taking over what other services publish, change by change."""

from collections.abc import Sequence

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from common.contracts.feeds import Kind
from common.feed.client import Change
from matching.queries import mirrors


async def apply(session: AsyncSession, kind: Kind, changes: Sequence[Change]) -> None:
    """A page of a feed: the last state of each record counts."""
    last = {change.id: change for change in changes}
    states = [change.data for change in last.values() if change.data is not None]
    gone = [change.id for change in last.values() if change.is_deleted]
    if states:
        await mirrors.put(session, kind, orjson.dumps(states).decode())
    if gone:
        await mirrors.drop(session, kind, gone)
