"""Killing processes with -9, one at a time at random, and timing how each comes back."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

import asyncpg
import httpx
import psutil

from common.db import direct_url
from tools.chaos.city import DATABASE, KEEPER, PAUSE_S, SPARE, City, kept_by, ready

BACK_S: Final = 60.0  # who is not back by then is not coming back
QUIET_S: Final = (0.5, 3.0)  # between one that is back and the next that is killed


@dataclass(slots=True)
class Kills:
    """How often each was killed, and how long after its database each answered again."""

    times: Counter[str] = field(default_factory=Counter)
    back_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lost: list[str] = field(default_factory=list)


async def kill(
    city: City, kills: int, random: Random, tell: Callable[[str], None], *, keepers: bool
) -> Kills:
    """Kill as often as asked; everything is back before the next one falls."""
    done = Kills()
    url = direct_url(city.environment("registry")["REGISTRY_DATABASE_URL"])
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        for number in range(1, kills + 1):
            victim = random.choice(city.victims(keepers=keepers))
            await asyncio.sleep(random.uniform(*QUIET_S))
            process = city.process(victim)
            if process is None:
                done.lost.append(victim)
                continue
            slowest = await _killed(city, client, url, victim, process, done)
            tell(f"{number:4d}/{kills} kill -9 {victim}: {slowest}")
    return done


async def _killed(
    city: City,
    client: httpx.AsyncClient,
    url: str,
    victim: str,
    process: psutil.Process,
    done: Kills,
) -> str:
    """Kill one; what took longest to be back."""
    done.times[victim] += 1
    process.kill()
    begun = time.monotonic()
    await asyncio.to_thread(process.wait, BACK_S)
    waiting = dict(city.probes)
    if victim == DATABASE:
        await _database(url)
        begun = time.monotonic()
    else:
        kept = kept_by(victim)
        waiting = {kept: waiting[kept]}
    taken: dict[str, float] = {}
    while waiting and time.monotonic() - begun < BACK_S:
        for name, address in list(waiting.items()):
            if await ready(client, address):
                taken[name] = time.monotonic() - begun
                del waiting[name]
        await asyncio.sleep(PAUSE_S)
    done.back_s[_group(victim)] += taken.values()
    done.lost += waiting
    if waiting:
        return f"NOT BACK: {', '.join(waiting)}"
    last = max(taken, key=taken.__getitem__)
    return f"{last} back after {taken[last]:.1f} s"


def _group(victim: str) -> str:
    """Whose times are told together."""
    if victim == DATABASE:
        return f"everybody after {DATABASE}"
    if victim.endswith(SPARE):
        return "who was kept, without the spare keeper"
    return "who was kept, with the keeper" if victim.endswith(KEEPER) else victim


async def _database(url: str) -> None:
    """Wait until the database answers again."""
    while True:
        try:
            connection = await asyncpg.connect(url, timeout=2)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            await asyncio.sleep(PAUSE_S)
        else:
            await connection.close()
            return
