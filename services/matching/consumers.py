"""Which feeds the matching follows, and what it does with them. One job a feed, in one order each.

The cursor moves in the transaction of the effect; several processes may follow the same feed.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.app import Resources
from common.clock import utc_now
from common.contracts.feeds import Kind
from common.errors import Text
from common.feed.client import Change, FeedClient
from common.feed.consumer import follow
from common.http import ServiceHttp
from common.worker import Job
from matching.settings import Settings
from matching.usecases import supply

Apply = Callable[[AsyncSession, Sequence[Change]], Awaitable[None]]

REGISTRY: Final = Text("资源库", "the registry")
MIRRORED: Final = (
    *(Kind.AREA, Kind.ORGANISATION, Kind.VENUE, Kind.DICTIONARY_ENTRY),
    *(Kind.OFFERING, Kind.PLEDGE, Kind.DELIVERY_LIST, Kind.POPULATION),
)


def jobs(resources: Resources) -> Sequence[Job]:
    """One job for each feed of the registry; none where no registry is configured."""
    settings = resources.settings
    if not isinstance(settings, Settings) or settings.registry_url is None:
        return []
    address = str(settings.registry_url)
    return [
        Job(f"registry-{kind}", partial(_follow, resources, address, kind)) for kind in MIRRORED
    ]


async def _follow(resources: Resources, address: str, kind: Kind) -> None:
    async with ServiceHttp(address, what=REGISTRY) as http:
        source = FeedClient(http, f"registry/{kind}", f"/feeds/{kind}")
        await follow(source, resources.database.sessions, effect(kind))


def effect(kind: Kind) -> Apply:
    """What a page of a feed does here: all are mirrored, offerings also carry places."""

    async def apply(session: AsyncSession, changes: Sequence[Change]) -> None:
        await mirrors.apply(session, kind, changes)
        if kind is Kind.OFFERING:
            await supply.apply(session, changes, now=utc_now())

    return apply
