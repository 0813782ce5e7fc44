"""Places under a crowd, and what a referral by the lane asks of the database beside an insert."""

import asyncio
import time
from collections import Counter
from itertools import islice
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from benches import Row
from benches.house import house, migrated, serving
from common.auth.actor import Actor
from common.auth.roles import ActorKind, Role
from common.clock import city_day, utc_now
from common.contracts.matching_referrals import ReferralIn
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from common.db import Database, database, direct_url
from deploy.local.environment import Secrets, Urls
from matching.usecases import referrals
from tests.living import free_port
from tests.matching.cases import published, tomorrow
from tests.matching.crowd import raised_needs

CLIENTS, PLACES, CONNECTIONS = 500, 50, 64
EACH, ROUNDS = 100, 7
OFFICE = Actor(
    "bench", "office", ActorKind.STAFF, frozenset({Role.CITY_OFFICE}), area="31", line="*"
)


class Waited:
    """Time spent on the database: each statement, until its answer is here."""

    def __init__(self) -> None:
        self.spent = 0.0

    def told(self, query: Any) -> None:
        """The driver tells of a statement."""
        self.spent += query.elapsed

    def taken(self) -> float:
        """Seconds since it was last asked."""
        spent, self.spent = self.spent, 0.0
        return spent


def rows() -> list[Row]:
    """The race through HTTP, then the price of one referral."""
    with house() as (server, secrets):
        urls = migrated(server, "matching", "places")
        port = free_port()
        with serving("matching", urls, secrets, port) as base:
            raced = asyncio.run(_race(base, urls, secrets))
        return [raced, *asyncio.run(_price(urls, secrets))]


async def _race(base: str, urls: Urls, secrets: Secrets) -> Row:
    keys = Keys.of(KeyRing.from_directory(secrets.keys))
    async with database(urls.app, pool_size=2) as opened:
        offering = await published(opened.sessions, capacity=PLACES)
        needs = await raised_needs(opened.sessions, CLIENTS, keys, OFFICE)
    token = secrets.issuer.issue((Role.CITY_OFFICE,), now=utc_now(), area="31", line="*")
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=base, limits=limits, timeout=60) as client:

        async def one(need: UUID) -> str:
            wish = {"need_id": str(need), "offering_id": str(offering), "session_on": tomorrow()}
            keyed = {**headers, "Idempotency-Key": str(uuid4())}
            answer = await client.post("/v1/referrals", json=wish, headers=keyed)
            return "held" if answer.status_code == 201 else str(answer.json()["type"])

        started = time.perf_counter()
        told = Counter(await asyncio.gather(*map(one, needs)))
        took = time.perf_counter() - started
    figure = ", ".join(f"{count} {what}" for what, count in sorted(told.items()))
    return Row(
        f"{CLIENTS} clients race for {PLACES} places, {CONNECTIONS} connections",
        f"{figure}, in {took:.1f} s",
        f"{PLACES} held, all others offering-full",
    )


async def _price(urls: Urls, secrets: Secrets) -> list[Row]:
    """An insert and a referral by turns, on one connection each, heard by the same ear."""
    keys = Keys.of(KeyRing.from_directory(secrets.keys))
    plain = await asyncpg.connect(direct_url(urls.owner))
    await plain.execute("CREATE TABLE yard (id uuid PRIMARY KEY, said text)")
    async with database(urls.app, pool_size=1) as opened:
        offering = await published(opened.sessions, capacity=None)
        needs = iter(await raised_needs(opened.sessions, EACH * (ROUNDS + 1), keys, OFFICE))
        insert, asked = Waited(), Waited()
        plain.add_query_logger(insert.told)
        for engine in (opened.engine, opened.writers):
            async with engine.connect() as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
            driver.add_query_logger(asked.told)
        rounds = []
        for _ in range(ROUNDS + 1):
            each = [
                (await _refer(plain, opened, offering, need), insert.taken(), asked.taken())
                for need in islice(needs, EACH)
            ]
            rounds.append([median(took) for took in zip(*each, strict=True)])
    await plain.close()
    return _told(rounds[1:])  # the first one warms up


async def _refer(plain: asyncpg.Connection, opened: Database, offering: UUID, need: UUID) -> float:
    """An insert, then a referral; the seconds that the referral takes in all."""
    await plain.execute("INSERT INTO yard VALUES ($1, 'x')", uuid4())
    wish = ReferralIn(need_id=need, offering_id=offering, session_on=city_day(utc_now()))
    started = time.perf_counter()
    async with opened.sessions.straight() as session:
        await referrals.refer_at_once(session, wish, by=OFFICE, now=utc_now())
    return time.perf_counter() - started


def _told(rounds: list[list[float]]) -> list[Row]:
    whole, insert, asked = zip(*rounds, strict=True)
    ratios = [a / b for a, b in zip(asked, insert, strict=True)]
    return [
        Row("one asyncpg insert with fsync", f"{median(insert) * 1e6:.0f} µs"),
        Row("database work of one referral", f"{median(asked) * 1e6:.0f} µs"),
        Row(
            "ratio, median of rounds",
            f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
            "<= 2.5",
        ),
        Row("one referral by its use case, rules and all", f"{median(whole) * 1e6:.0f} µs"),
    ]
