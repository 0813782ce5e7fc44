"""Following the feeds of other services: a table of kinds and effects becomes one job a feed.

The cursor moves in the transaction of the effects; several processes may follow the same feed. A
feed that its owner does not serve yet is asked for again, quietly.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.clock import utc_now
from common.contracts.feeds import Kind, Visibility
from common.contracts.vocabulary import Service
from common.credentials import ServiceAuth, service_auth
from common.errors import NotFound, Text
from common.feed.client import Change, FeedClient
from common.feed.consumer import LOOKED, Apply, Sessions, follow
from common.feed.faults import NoSuchFeed
from common.http import ServiceHttp
from common.settings import ServiceSettings
from common.worker import Job

LATER_S: Final = 60.0  # how soon a feed that is not served yet is asked for again
TITLES: Final[Mapping[Service, Text]] = {
    Service.REGISTRY: Text("资源库", "The registry"),
    Service.MATCHING: Text("供需对接", "The matching"),
    Service.PROCUREMENT: Text("购买服务", "The procurement"),
    Service.FEEDBACK: Text("居民之声", "The feedback"),
}
_KINDS: Final = {kind.value: kind for kind in Kind}

log = structlog.get_logger(__name__)


class Effect(Protocol):
    """What a page of one feed does here, in the transaction that moves the cursor.

    It may meet a record again (the last state counts) and must call nobody. A change whose `data`
    is None says that the record is gone.
    """

    async def __call__(
        self, session: AsyncSession, changes: Sequence[Change], *, now: datetime
    ) -> None:
        """Take the changes in."""
        ...


async def mirror(
    session: AsyncSession,
    changes: Sequence[Change],
    *,
    now: datetime,  # noqa: ARG001 - every effect is told the time
) -> None:
    """Keep the present state of each record in `mirrored`."""
    if changes:
        await mirrors.apply(session, _KINDS[changes[0].kind], changes)


Followed = Mapping[Kind, Sequence[Effect]]


def jobs(settings: ServiceSettings, sessions: Sessions, followed: Followed) -> Sequence[Job]:
    """One job a feed, for the services whose address is known and whose feeds we may read.

    What is left out for want of a credential is said, once a start: nobody would miss it before
    its readers do.
    """
    auth = service_auth(settings)
    found: list[Job] = []
    for kind, effects in followed.items():
        address, name = address_of(settings, kind.service), f"{kind.service}-{kind}"
        if address is None:
            continue
        if auth is None and kind.visibility is Visibility.PRIVATE:
            log.warning("private feed is not followed: no service credential is set", feed=name)
            continue
        LOOKED.labels(source_of(kind)).set_to_current_time()  # counted from the start on
        found.append(Job(name, partial(_follow, address, auth, sessions, kind, effects)))
    return found


def source_of(kind: Kind) -> str:
    """The name under which a followed feed is kept and told."""
    return f"{kind.service}/{kind}"


def address_of(settings: ServiceSettings, owner: Service) -> str | None:
    """Where a service is reached from inside; None when nobody said so."""
    addresses = {
        Service.REGISTRY: settings.registry_url,
        Service.MATCHING: settings.matching_url,
        Service.PROCUREMENT: settings.procurement_url,
        Service.FEEDBACK: settings.feedback_url,
    }
    found = addresses[owner]
    return None if found is None else str(found).rstrip("/")


def applying(effects: Sequence[Effect]) -> Apply:
    """The effects of a feed, one after the other, as one."""

    async def apply(session: AsyncSession, changes: Sequence[Change]) -> None:
        now = utc_now()
        for effect in effects:
            await effect(session, changes, now=now)

    return apply


async def _follow(
    address: str,
    auth: ServiceAuth | None,
    sessions: Sessions,
    kind: Kind,
    effects: Sequence[Effect],
) -> None:
    is_shut = kind.visibility is Visibility.PRIVATE
    http = ServiceHttp(address, what=TITLES[kind.service], auth=auth if is_shut else None)
    async with http:
        source = FeedClient(http, source_of(kind), f"/feeds/{kind}")
        try:
            await follow(source, sessions, applying(effects))
        except NotFound as refusal:
            if refusal.slug != NoSuchFeed.slug:
                raise
            log.debug("feed is not served yet", source=source.source)
            await asyncio.sleep(LATER_S)
