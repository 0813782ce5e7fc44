"""Walks along real paths, where the city runs a router: asked once, remembered, never waited for.

A router that is silent costs one short wait; then the straight line serves until it has rested.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from common.clients.walking import WalkingRouter, walking_router
from common.errors import Problem, Text
from common.geo import Point, unplanar
from common.http import ServiceHttp
from matching.domain.walking import KnownPaths, StraightLine, Walking
from matching.settings import Settings

log = structlog.get_logger(__name__)

PATIENCE_S: Final = 0.4
REST_S: Final = 30.0
REMEMBERED: Final = 200_000  # walks
_GRAIN: Final = 4  # decimals of a degree: a start counts as the same within some 10 m

Walk = tuple[float, float, Point]


class Footpaths:
    """Walking times by a router, with what it said before."""

    def __init__(self, router: WalkingRouter) -> None:
        self._router = router
        self._known: OrderedDict[Walk, float] = OrderedDict()
        self._rests_until = 0.0

    async def around(self, start: Point, ends: Iterable[Point], line: StraightLine) -> Walking:
        """Walks from a start to some ends; along the line while the router is silent."""
        wanted = dict.fromkeys(ends)
        unknown = [end for end in wanted if self._remembered(start, end) is None]
        if unknown and self._clock() >= self._rests_until:
            await self._ask(start, unknown)
        walks = ((end, self._remembered(start, end)) for end in wanted)
        return KnownPaths({end: minutes for end, minutes in walks if minutes is not None}, line)

    async def _ask(self, start: Point, ends: list[Point]) -> None:
        places = [unplanar(end) for end in ends]
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await self._router.minutes(unplanar(start), places)
        except (Problem, TimeoutError, ValueError, LookupError, TypeError) as fault:
            self._rests_until = self._clock() + REST_S
            log.warning("router is silent", fault=type(fault).__name__)
            return
        for end, minutes in zip(ends, found, strict=False):
            if minutes is not None:
                self._known[_walk(start, end)] = minutes
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def _remembered(self, start: Point, end: Point) -> float | None:
        walk = _walk(start, end)
        if walk in self._known:
            self._known.move_to_end(walk)
        return self._known.get(walk)

    @staticmethod
    def _clock() -> float:
        return asyncio.get_running_loop().time()


@asynccontextmanager
async def footpaths(settings: Settings) -> AsyncIterator[Footpaths | None]:
    """Walks by the router that is set; None where there is none."""
    if settings.router_url is None:
        yield None
        return
    what = Text("步行路径服务", "The router")
    address = str(settings.router_url).rstrip("/")
    async with ServiceHttp(address, what=what, read_timeout_s=PATIENCE_S) as http:
        yield Footpaths(walking_router(settings.router_kind, http))


def _walk(start: Point, end: Point) -> Walk:
    return round(start.lon, _GRAIN), round(start.lat, _GRAIN), end
