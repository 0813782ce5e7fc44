"""The demo city under what a day brings: matches, searches, ratings, referrals and the rest.

`SCALE` is the share of the city (1.0: 200,000 offerings, a million needs, two million ratings),
`RATE` requests a second are sent when they are due for `DURATION` seconds, whatever became of the
others. The platform is `make run`: four services with their workers and PostgreSQL, durable, their
logs as in production. It is measured once every feed is numbered and followed and offerings had
`QUIET` seconds to be rendered. `CITY_DIR` keeps the city for the next time.
"""

import asyncio
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import httpx
import orjson

from benches import Row, wire
from common.auth.development import ISSUER
from common.auth.pseudonym import Pseudonyms, Purpose
from common.auth.roles import Role
from common.calendar.official import official_calendar
from common.clock import city_day, utc_now
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from common.db import direct_url
from deploy.local.environment import SERVICES
from tools.chaos.city import City, city

SCALE = os.environ.get("SCALE", "0.02")
RATE = int(os.environ.get("RATE", "800"))
DURATION = int(os.environ.get("DURATION", "60"))
CITY_DIR = os.environ.get("CITY_DIR")
QUIET_S = float(os.environ.get("QUIET", 300 * float(SCALE)))
WARM_S, CONNECTIONS, RESIDENTS, PLACES = 5, 48, 200, 400
MIX: Final = {"match": 70, "search": 10, "rating": 10, "referral": 5, "other": 5}
FINE: Final = frozenset({200, 201})
FULL: Final = b"offering-full"
WORDS: Final = ("助餐", "长者食堂", "日间照料", "托育", "zhucan", "活动室", "康复", "图书")
Request = tuple[str, str, bytes]  # what it is, whose, and the bytes


def rows() -> list[Row]:
    """Start the city, send the mix, look at time, answers and memory."""
    begun = time.perf_counter()
    kept = Path(CITY_DIR) if CITY_DIR else None
    how: dict[str, Any] = {"demo_scale": SCALE, "workers_apart": False, "data_dir": kept}
    with city(**how, log_format="json") as standing:
        started = time.perf_counter() - begun
        asyncio.run(_level(standing))
        time.sleep(QUIET_S)
        settled = time.perf_counter() - begun - started
        took, answers, memory = asyncio.run(_measured(standing))
    every = [each for kind in took.values() for each in kind]
    odd = {key: number for key, number in answers.items() if key[1] not in FINE}
    return [
        Row(f"demo city at scale {SCALE} loaded and started", f"{started:.0f} s", "<= 15 min at 1"),
        Row(f"then till all is numbered and followed, {QUIET_S:.0f} s rest", f"{settled:.0f} s"),
        Row(
            f"mixed load at {RATE}/s for {DURATION} s",
            f"p50 {_at(every, 50):.1f} ms, p99 {_at(every, 99):.1f} ms,"
            f" {len(every) / DURATION:.0f}/s answered, odd answers {odd or 'none'}",
            "p99 <= 60 ms at >= 800/s, none",
        ),
        *(_row(kind, times) for kind, times in sorted(took.items())),
        Row("memory of all processes but PostgreSQL", f"{memory / 1e9:.2f} GB", "<= 3 GB"),
    ]


def _row(kind: str, times: list[float]) -> Row:
    told = f"p50 {_at(times, 50):.1f} ms, p99 {_at(times, 99):.1f} ms"
    return Row(f"of these {len(times)} of the kind {kind}", told)


async def _measured(
    standing: City,
) -> tuple[dict[str, list[float]], Counter[tuple[str, int]], int]:
    mix = _Mix(standing, await _ground(standing))
    warm, real = RATE * WARM_S, RATE * DURATION
    await mix.prepare(warm + real)
    requests = mix.requests(warm + real)
    await _paced(standing, [next(requests) for _ in range(warm)])
    took, answers = await _paced(standing, list(requests))
    return took, answers, _memory(standing)


async def _level(standing: City) -> None:
    """Wait until nothing waits for its number, and each index holds what its feeds tell."""
    addresses = standing.plan.services
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        while True:
            states = [(await client.get(f"{each}/readyz")).json() for each in addresses.values()]
            waiting = sum(feed["waiting"] for state in states for feed in state["feeds"])
            behind = [
                state["service"]
                for state in states
                if state["index"] and (not state["index"]["is_ready"] or _is_behind(state, states))
            ]
            if not waiting and not behind:
                return
            await asyncio.sleep(1)


def _is_behind(state: Mapping[str, Any], states: list[dict[str, Any]]) -> bool:
    """Whether the index of a service has not reached the end of a feed of offerings or venues."""
    heads = {feed["kind"]: feed["last_number"] for each in states for feed in each["feeds"]}
    reached = state["index"]["positions"]
    return any(reached.get(kind, 0) < heads[kind] for kind in ("offering", "venue"))


class _Mix:
    """Requests in their shares; ratings and referrals have something to be made of."""

    def __init__(self, standing: City, offerings: list[Mapping[str, Any]]) -> None:
        self._city = standing
        self._offerings = offerings
        self._random = Random(1)
        issuer, now = standing.issuer, utc_now()
        self._residents = [
            issuer.issue(Role.RESIDENT, now=now, subject=f"mixed-{number}", area="310101002001")
            for number in range(RESIDENTS)
        ]
        self._deliveries: list[tuple[UUID, int]] = []
        self._needs: list[tuple[str, str, int]] = []
        # One on which venues are open, whatever day it is measured.
        self._workday = str(official_calendar().add_working_days(city_day(now), 1).on)

    async def prepare(self, count: int) -> None:
        """As many services to rate and needs to refer as the mix will ask for."""
        shares = {kind: count * share // 100 + PLACES for kind, share in MIX.items()}
        self._deliveries = await _delivered(self._city, self._offerings, shares["rating"])
        await self._raise_needs(shares["referral"])

    def requests(self, count: int) -> Iterator[Request]:
        """So many, in random order."""
        kinds, weights = zip(*MIX.items(), strict=True)
        for kind in self._random.choices(kinds, weights, k=count):
            yield getattr(self, f"_{kind}")()

    def _match(self) -> Request:
        offering = self._offering()
        need = {
            "category": offering["category"],
            "lon": offering["lon"],
            "lat": offering["lat"],
            "person": {"age": self._random.randrange(5, 95), "groups": ["elderly"]},
        }
        return "match", "matching", self._post("/v1/matches", {"needs": [need], "limit": 10})

    def _search(self) -> Request:
        offering, word = self._offering(), self._random.choice(WORDS)
        near = f"lon={offering['lon']:.4f}&lat={offering['lat']:.4f}&radius_m=2000"
        query = f"q={''.join(f'%{byte:02X}' for byte in word.encode())}&{near}"
        return "search", "registry", wire.request("GET", f"/v1/offerings?{query}", {})

    def _rating(self) -> Request:
        referral, number = self._deliveries.pop()
        wish = {"referral_id": str(referral), "level": self._random.choice((5, 5, 5, 5, 4, 3))}
        return "rating", "feedback", self._post("/v1/ratings", wish, number)

    def _referral(self) -> Request:
        need, offering, number = self._needs.pop()
        wish = {"need_id": need, "offering_id": offering, "session_on": self._workday}
        return "referral", "matching", self._post("/v1/referrals", wish, number)

    def _other(self) -> Request:
        service, path = self._random.choice(
            (
                *(("registry", "/v1/venues?limit=20"), ("registry", "/feeds/venue")),
                *(("procurement", "/v1/tenders"), ("procurement", "/v1/providers?limit=20")),
                *(("feedback", "/v1/votes"), ("matching", "/v1/gaps?area=310101")),
            )
        )
        return "other", service, wire.request("GET", path, {})

    def _offering(self) -> Mapping[str, Any]:
        return self._random.choice(self._offerings)

    def _post(self, path: str, body: Any, resident: int = 0) -> bytes:
        headers = {
            "Authorization": f"Bearer {self._residents[resident]}",
            "Idempotency-Key": str(uuid4()),
            "Content-Type": "application/json",
        }
        return wire.request("POST", path, headers, orjson.dumps(body))

    async def _raise_needs(self, count: int) -> None:
        """Needs of residents, each near the offering that it will be referred to."""
        port = _port(self._city, "matching")
        numbers = iter(range(count))

        async def resident() -> None:
            line = await wire.Line.to(port)
            for number in numbers:
                offering, who = self._offering(), number % RESIDENTS
                need = {
                    "category": offering["category"],
                    "area_code": offering["area_code"],
                    "lon": offering["lon"],
                    "lat": offering["lat"],
                    "raised_by": "self",
                    "profile": {"age_band": "80+", "groups": offering["groups_any"]},
                }
                status, body = await line.ask(self._post("/v1/needs", need, who))
                if status != 201:
                    raise RuntimeError(body.decode())
                self._needs.append((orjson.loads(body)["id"], str(offering["id"]), who))
            line.close()

        await asyncio.gather(*(resident() for _ in range(8)))


async def _ground(standing: City) -> list[Mapping[str, Any]]:
    """Offerings that anybody may be referred to, at random."""
    owner = await asyncpg.connect(direct_url(_url(standing, "registry")))
    found = await owner.fetch(
        "SELECT id, provider_id, category, area_code, lon, lat, groups_any FROM offering"
        " WHERE status = 'published' AND household_areas = '{}' AND capacity >= 20"
        " AND capacity_period <> 'session'"
        " AND lon IS NOT NULL AND age_min IS NULL ORDER BY md5(id::text) LIMIT 20000"
    )
    await owner.close()
    return [dict(row) for row in found]


async def _delivered(
    standing: City, offerings: list[Mapping[str, Any]], count: int
) -> list[tuple[UUID, int]]:
    """Services that residents were given today, each with the number of its resident."""
    keys = Keys.of(KeyRing.from_directory(standing.plan.data_dir / "secrets" / "keys"))
    names = Pseudonyms(keys.pseudonym_key)
    raters = [names.of(ISSUER, f"mixed-{n}", Purpose.RATINGS) for n in range(RESIDENTS)]
    made = [(uuid4(), number % RESIDENTS) for number in range(count)]
    owner = await asyncpg.connect(direct_url(_url(standing, "feedback")))
    await owner.executemany(
        "INSERT INTO delivery (id, number, rater, offering_id, provider_id, category, area_code,"
        " served_at, rate_until_on, invited_at) VALUES ($1, $2, $3, $4, $5, $6, $7, now(),"
        " current_date + 30, now())",
        [
            (
                *(referral, f"mixed-{at}", raters[number]),
                *(offerings[at % len(offerings)][each] for each in _COPIED),
            )
            for at, (referral, number) in enumerate(made)
        ],
    )
    await owner.close()
    return made


_COPIED: Final = ("id", "provider_id", "category", "area_code")


async def _paced(
    standing: City, requests: list[Request]
) -> tuple[dict[str, list[float]], Counter[tuple[str, int]]]:
    """Send each when it is due; waits since it was due, and answers, by kind."""
    took: dict[str, list[float]] = defaultdict(list)
    answers: Counter[tuple[str, int]] = Counter()
    ports = {name: _port(standing, name) for name in SERVICES}
    begun = time.perf_counter() + 0.1
    waiting = iter(enumerate(requests))

    async def caller() -> None:
        lines = {name: await wire.Line.to(port) for name, port in ports.items()}
        for number, (kind, service, request) in waiting:
            due = begun + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            status, body = await lines[service].ask(request)
            took[kind].append((time.perf_counter() - due) * 1000)
            answers[kind, 200 if status == 409 and FULL in body else status] += 1
        for line in lines.values():
            line.close()

    await asyncio.gather(*(caller() for _ in range(CONNECTIONS)))
    return took, answers


def _at(times: list[float], percent: int) -> float:
    return quantiles(times, n=100)[percent - 1]


def _port(standing: City, service: str) -> int:
    return int(standing.plan.services[service].rpartition(":")[2])


def _url(standing: City, service: str) -> str:
    return standing.environment(service)[f"{service.upper()}_MIGRATION_DATABASE_URL"]


def _memory(standing: City) -> int:
    """What the services and the front door hold, PostgreSQL apart; what is shared counts once."""
    family = standing.runner.children(recursive=True)
    return sum(each.memory_full_info().pss for each in family if each.name() != "postgres")
