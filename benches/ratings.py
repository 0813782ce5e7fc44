"""Ratings at 2,000,000: intake at 300 a second, lists and statistics.

Intake is measured from the moment at which a request was due, so a wait for the one before counts.
`ANSWERING` service processes answer, one works in the background.
The ratings that are there already are made in the database, seeded by their number.
"""

import asyncio
import os
import time
from contextlib import ExitStack
from hashlib import md5
from uuid import UUID, uuid4

import asyncpg
import orjson

from benches import Row, wire
from benches.house import CITY, city_office, house, migrated, serving
from common.auth.development import ISSUER
from common.auth.pseudonym import Pseudonyms, Purpose
from common.auth.roles import Role
from common.clock import utc_now
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from common.db import database, direct_url
from common.ids import uuid7
from common.shares import WORKS
from deploy.local.environment import Secrets, Urls
from feedback import worker
from tests.living import free_port

RATINGS = int(os.environ.get("RATINGS", "2000000"))
ANSWERING = int(os.environ.get("ANSWERING", "2"))
PROVIDERS, TOWNS, CATEGORIES, RESIDENTS = 3_000, 215, 30, 50
PER_SECOND, SECONDS, CONNECTIONS = 300, 20, 32
ASKERS, ASKING_S = 4, 5.0
INTAKE_BAR, LIST_BAR = "p99 <= 20 ms", "p99 <= 50 ms"
# Numbers to keys and words: provider n serves three towns and one category. Ids of ratings are
# random, those of referrals rise with the time, as they are in earnest.
_AT = "timestamptz '2024-10-01 04:00+00' + make_interval(days => n % 720)"
_SHAPE = (
    "SELECT n, (lpad(to_hex((extract(epoch FROM :at) * 1000)::bigint), 12, '0')"
    " || '7' || substr(md5('r' || n), 1, 3) || '8' || substr(md5('r' || n), 4, 15))::uuid"
    " AS referral,"
    " md5('x' || n)::uuid AS rating,"
    " md5('p' || n % :providers)::uuid AS provider,"
    " md5('o' || n % :providers || '.' || n / :providers % 3)::uuid AS offering,"
    " 'category_' || n % :providers % :categories AS category,"
    " '310101' || lpad(((n % :providers + n / :providers % 3) % :towns + 1)::text, 3, '0')"
    " || '000' AS town, CASE WHEN n % 97 = 0 THEN 1 WHEN n % 31 = 0 THEN 2 WHEN n % 7 = 0 THEN 3"
    " WHEN n % 3 = 0 THEN 4 ELSE 5 END AS level,"
    " (ARRAY['self', 'qr_code', 'call_back', 'default'])[n % 4 + 1] AS channel,"
    " :at AS at"
    " FROM generate_series(1, :ratings) AS n"
)
_FILL = (
    "INSERT INTO delivery (id, number, rater, offering_id, provider_id, category, area_code,"
    " served_at, rate_until_on, invited_at, rating_id) SELECT referral, 'ZJ' || n,"
    " md5('who' || n / 8), offering, provider, category, town, at, at::date + 30, at, rating"
    " FROM shape",
    "INSERT INTO rating (id, referral_id, offering_id, provider_id, category, area_code,"
    " served_on, channel, level, dimensions, options, is_counted, rated_at, version)"
    " SELECT rating, referral, offering, provider, category, town, at::date, channel,"
    " CASE WHEN channel = 'default' THEN 5 ELSE level END, '{}', '{}', channel <> 'default', at,"
    " 1 FROM shape",
    # One loop in ten is open, and none of these late: who is late is told upwards all the time.
    "INSERT INTO bad_rating (rating_id, provider_id, area_code, category, status, opened_at,"
    " clocks, verified_at, rectified_at, called_back_at, version) SELECT id, provider_id,"
    " area_code, category, CASE WHEN done IS NULL THEN 'open' ELSE 'called_back' END, rated_at,"
    " jsonb_build_object('verify', c, 'rectify', c), done, done, done, 1 FROM (SELECT jsonb"
    "_build_object('on', current_date + 5, 'rule', 'rating.verify', 'is_provisional', false) AS c)"
    " AS clock, rating, LATERAL (SELECT CASE WHEN hashtext(id::text) % 10 <> 0"
    " THEN rated_at + interval '3 days' END AS done) AS ended WHERE level <= 2",
    "INSERT INTO tally_change (month_on, provider_id, category, area_code, channel, level,"
    " is_counted, change) SELECT date_trunc('month', served_on)::date, provider_id, category,"
    " area_code, channel, level, is_counted, count(*) FROM rating GROUP BY 1, 2, 3, 4, 5, 6, 7",
    "INSERT INTO tally_change (month_on, provider_id, category, area_code, channel, level,"
    " is_counted, change) SELECT date_trunc('month', served_on)::date, provider_id, category,"
    " area_code, 'served', 0, false, count(*) FROM rating GROUP BY 1, 2, 3, 4",
    "ANALYZE",
)


def rows() -> list[Row]:
    """Furnish, then the load of intake, then of questions."""
    with house("ratings", CITY) as (server, secrets):
        urls = migrated(server, "feedback", "feedback")
        started = time.perf_counter()
        if not server.sql("SELECT 1 FROM rating LIMIT 1", "feedback"):
            asyncio.run(_furnish(urls))
        furnished = time.perf_counter() - started
        started = time.perf_counter()
        released = asyncio.run(_release(urls))
        releasing = time.perf_counter() - started
        open_ones = asyncio.run(_deliver(urls, secrets))
        server.sql("CHECKPOINT", "feedback")  # nobody waits for what was left unwritten so far
        ports = [free_port() for _ in range(ANSWERING)]
        with ExitStack() as stack:
            for port in ports:
                stack.enter_context(serving("feedback", urls, secrets, port, worker="false"))
            stack.enter_context(serving("feedback", urls, secrets, free_port(), share=WORKS))
            warm, measured = open_ones[: PER_SECOND * 3], open_ones[PER_SECOND * 3 :]
            asyncio.run(_paced(ports, _intake(secrets, warm)))
            load = asyncio.run(_paced(ports, _intake(secrets, measured)))
            found = [
                Row(f"{RATINGS:,} ratings made in the database", f"{furnished:.0f} s"),
                Row(f"counts added up, {released} quarters released", f"{releasing:.0f} s"),
                Row(
                    f"intake beside {RATINGS:,} ratings, {PER_SECOND}/s for {SECONDS} s,"
                    f" {ANSWERING} answering, one works",
                    f"p99 {load.p99_ms:.1f} ms, p50 {load.p50_ms:.1f} ms,"
                    f" {load.per_second:.0f}/s, {load.statuses}",
                    INTAKE_BAR,
                ),
            ]
            return found + [_asked(ports, name, paths) for name, paths in _questions(secrets)]


async def _furnish(urls: Urls) -> None:
    numbers = {"providers": PROVIDERS, "towns": TOWNS, "categories": CATEGORIES}
    shape = _SHAPE.replace(":at", _AT).replace(":ratings", str(RATINGS))
    for name, number in numbers.items():
        shape = shape.replace(f":{name}", str(number))
    owner = await asyncpg.connect(direct_url(urls.owner))
    await owner.execute(f"CREATE TEMP VIEW shape AS {shape}")
    for statement in _FILL:
        await owner.execute(statement)
    await owner.close()


async def _release(urls: Urls) -> int:
    async with database(urls.app, pool_size=2) as opened:
        await worker.add_up(opened.sessions)
        return await worker.release_all(opened.sessions, now=utc_now())


async def _deliver(urls: Urls, secrets: Secrets) -> list[tuple[UUID, int]]:
    """Services that some residents were given today, each with the number of its resident."""
    names = Pseudonyms(Keys.of(KeyRing.from_directory(secrets.keys)).pseudonym_key)
    made = [(uuid7(), number % RESIDENTS) for number in range(PER_SECOND * (SECONDS + 3))]
    raters = [names.of(ISSUER, f"resident-{n}", Purpose.RATINGS) for n in range(RESIDENTS)]
    owner = await asyncpg.connect(direct_url(urls.owner))
    await owner.executemany(
        "INSERT INTO delivery (id, number, rater, offering_id, provider_id, category, area_code,"
        " served_at, rate_until_on, invited_at) VALUES ($1, 'ZJ', $2, md5('o1.0')::uuid,"
        " md5('p1')::uuid, 'category_1', '310101002001', now(), current_date + 30, now())",
        [(referral, raters[number]) for referral, number in made],
    )
    await owner.close()
    return made


def _intake(secrets: Secrets, deliveries: list[tuple[UUID, int]]) -> list[bytes]:
    """Ratings ready to send, some with words, one in fifty bad."""
    now = utc_now()
    tokens = [
        secrets.issuer.issue(Role.RESIDENT, now=now, subject=f"resident-{number}")
        for number in range(RESIDENTS)
    ]
    made = []
    for at, (referral, number) in enumerate(deliveries):
        wish = {"referral_id": str(referral), "level": 2 if at % 50 == 0 else 5}
        if at % 4 == 0:
            wish["words"] = "饭菜热乎可口，送餐的师傅每天都准时，老人家很满意"
        headers = {
            "Authorization": f"Bearer {tokens[number]}",
            "Idempotency-Key": str(uuid4()),
            "Content-Type": "application/json",
        }
        made.append(wire.request("POST", "/v1/ratings", headers, orjson.dumps(wish)))
    return made


async def _paced(ports: list[int], requests: list[bytes]) -> wire.Load:
    """Send each when it is due, whatever became of the others."""
    return await wire.paced(ports, requests, per_second=PER_SECOND, clients=CONNECTIONS)


def _questions(secrets: Secrets) -> list[tuple[str, list[bytes]]]:
    office = city_office(secrets)
    head = secrets.issuer.issue(Role.STREET_HEAD, now=utc_now(), area="310101002", line="*")
    street = {"Authorization": f"Bearer {head}"}
    span = "from_on=2026-01-01&until_on=2026-06-30"
    ids = [UUID(bytes=_md5(f"p{n}")) for n in range(0, PROVIDERS, 10)]
    return [
        ("released figures, one category", _gets([f"category=category_{n}" for n in range(30)])),
        ("released figures, one body", _gets([f"subject=provider&key={each}" for each in ids])),
        (
            "a body's figures now",
            [wire.request("GET", f"/v1/statistics/bodies/{each}?{span}", office) for each in ids],
        ),
        ("bad ratings of a street", [wire.request("GET", "/v1/bad-ratings?status=open", street)]),
        ("bad ratings of the city", [wire.request("GET", "/v1/bad-ratings", office)]),
    ]


def _gets(queries: list[str]) -> list[bytes]:
    return [wire.request("GET", f"/v1/statistics/ratings?{query}", {}) for query in queries]


def _md5(word: str) -> bytes:
    return md5(word.encode(), usedforsecurity=False).digest()


def _asked(ports: list[int], name: str, requests: list[bytes]) -> Row:
    asking = wire.run(
        ports, lambda n: requests[n % len(requests)], clients=ASKERS, seconds=ASKING_S
    )
    load = asyncio.run(asking)
    odd = {status for status in load.statuses if status != 200}
    return Row(
        f"{name}, {ASKERS} callers" + (f", odd answers {odd}" if odd else ""),
        f"p99 {load.p99_ms:.1f} ms, p50 {load.p50_ms:.1f} ms, {load.per_second:.0f}/s",
        LIST_BAR,
    )
