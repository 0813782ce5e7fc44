"""500 clients race for the last 50 places, also while the service or PostgreSQL is killed.

Never more than 50 are held, every acknowledged one is kept, and nobody hears anything but a number
or "full". A caller that got no answer asks again under the same key, as every client does.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import text

from common.auth.actor import Actor
from common.crypto.keys import Keys
from common.db import database
from deploy.local.environment import Secrets, Urls
from deploy.local.postgres import LocalPostgres
from tests.insisting import Insisting, insisting
from tests.living import Living, living
from tests.matching.cases import published, tomorrow
from tests.matching.crowd import raised_needs

Header = dict[str, str]
CLIENTS, PLACES = 500, 50
MIDWAY = 15  # places given when somebody is killed
PATIENCE_S = 120


class Disturbed(NamedTuple):
    """What is killed, at once, and how it comes back."""

    kill: Callable[[], None]
    start: Callable[[], None]


class Made:
    """What was acknowledged; when the `MIDWAY`th comes somebody is killed, before all else."""

    def __init__(self, kill: Callable[[], None] | None) -> None:
        self.ids: list[str] = []
        self.is_midway = asyncio.Event()
        self._kill = kill

    def add(self, referral_id: str) -> None:
        self.ids.append(referral_id)
        if len(self.ids) == MIDWAY:
            if self._kill is not None:
                self._kill()
            self.is_midway.set()


def killed(server: LocalPostgres) -> None:
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)


def started_anew(server: LocalPostgres) -> None:
    server.stop()
    server.start()


async def one(crowd: Insisting, header: Header, need: UUID, offering: UUID, made: Made) -> str:
    """What a caller hears in the end; the same key for as long as nobody answers."""
    wish = {"need_id": str(need), "offering_id": str(offering), "session_on": tomorrow()}
    headers = {**header, "Idempotency-Key": str(uuid4())}
    answer = await crowd.ask("POST", "/v1/referrals", json=wish, headers=headers)
    if answer.status_code == 201:
        made.add(answer.json()["id"])
        return "held"
    slug: str = answer.json()["type"]
    return slug


async def race(
    service: Living,
    header: Header,
    keys: Keys,
    by: Actor,
    disturbed: Disturbed | None = None,
) -> None:
    """Let them race, disturb them midway, and count what is there against what was told."""
    async with database(service.urls.app, pool_size=2) as opened:
        offering = await published(opened.sessions, capacity=PLACES)
        needs = await raised_needs(opened.sessions, CLIENTS, keys, by)
    made = Made(disturbed and disturbed.kill)
    async with asyncio.timeout(PATIENCE_S), insisting(service.base) as crowd:
        asking = asyncio.gather(*(one(crowd, header, need, offering, made) for need in needs))
        if disturbed is not None:
            await made.is_midway.wait()
            await asyncio.to_thread(disturbed.start)
        told = Counter(await asking)

    async with database(service.urls.app, pool_size=2) as opened, opened.sessions() as session:
        held = set(await session.scalars(text("SELECT id::text FROM referral")))
        taken = await session.scalar(text("SELECT taken FROM capacity"))
    assert told == {"held": PLACES, "offering-full": CLIENTS - PLACES}
    assert set(made.ids) == held
    assert (len(made.ids), taken) == (PLACES, PLACES)


async def test_five_hundred_clients_get_fifty_places(
    fresh_database: Urls, secrets: Secrets, clerk: Header, keys: Keys, clerk_actor: Actor
) -> None:
    async with living("matching", fresh_database, secrets) as service:
        await race(service, clerk, keys, clerk_actor)


async def test_a_killed_service_neither_oversells_nor_forgets(
    fresh_database: Urls, secrets: Secrets, clerk: Header, keys: Keys, clerk_actor: Actor
) -> None:
    async with living("matching", fresh_database, secrets) as service:
        dying = Disturbed(service.kill, service.start)
        await race(service, clerk, keys, clerk_actor, dying)


async def test_a_killed_postgresql_neither_oversells_nor_forgets(
    durable: LocalPostgres, secrets: Secrets, clerk: Header, keys: Keys, clerk_actor: Actor
) -> None:
    urls = durable.urls("matching")
    async with living("matching", urls, secrets) as service:
        dying = Disturbed(partial(killed, durable), partial(started_anew, durable))
        await race(service, clerk, keys, clerk_actor, dying)
