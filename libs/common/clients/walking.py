"""Walking times from a router of the city's own: OSRM's table service, or Valhalla's matrix.

Points are (longitude, latitude) in WGS-84; times are minutes, None where no path leads.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, Protocol

from common.http import ServiceHttp, checked

SECONDS_PER_MINUTE: Final = 60
Place = tuple[float, float]


class RouterKind(StrEnum):
    """Whose language the router speaks."""

    OSRM = "osrm"
    VALHALLA = "valhalla"


class WalkingRouter(Protocol):
    """Minutes on foot along real paths."""

    async def minutes(self, start: Place, ends: Sequence[Place]) -> list[float | None]:
        """Minutes to each end, in order. Raises `Unavailable` when the router does not answer."""
        ...


class OsrmRouter:
    """OSRM with a foot profile: `GET /table/v1/foot/…?sources=0`."""

    def __init__(self, http: ServiceHttp) -> None:
        self._http = http

    async def minutes(self, start: Place, ends: Sequence[Place]) -> list[float | None]:
        """Minutes to each end, in order."""
        places = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in (start, *ends))
        asked = {"sources": "0", "annotations": "duration"}
        answer = checked(await self._http.get(f"/table/v1/foot/{places}", params=asked))
        (durations,) = answer.json()["durations"]
        return [_minutes(seconds) for seconds in durations[1:]]


class ValhallaRouter:
    """Valhalla's `POST /sources_to_targets` for pedestrians."""

    def __init__(self, http: ServiceHttp) -> None:
        self._http = http

    async def minutes(self, start: Place, ends: Sequence[Place]) -> list[float | None]:
        """Minutes to each end, in order."""
        asked = {
            "sources": [_named(start)],
            "targets": [_named(end) for end in ends],
            "costing": "pedestrian",
        }
        answer = checked(await self._http.post("/sources_to_targets", json=asked))
        (legs,) = answer.json()["sources_to_targets"]
        return [_minutes(leg["time"]) for leg in legs]


def walking_router(kind: RouterKind, http: ServiceHttp) -> WalkingRouter:
    """The client of a router of this kind."""
    return OsrmRouter(http) if kind is RouterKind.OSRM else ValhallaRouter(http)


def _named(place: Place) -> dict[str, Any]:
    lon, lat = place
    return {"lon": round(lon, 6), "lat": round(lat, 6)}


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / SECONDS_PER_MINUTE
