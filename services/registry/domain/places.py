"""Where something is: a delivered point, checked to lie in the city, in all the forms we keep.

Pure. Longitude first; degrees.
"""

from typing import Final, NamedTuple

from common.errors import FieldError, Invalid, Text
from common.geo import SENTENCES, SHANGHAI, Box, Doubt, System, doubt_about, planar, to_wgs84

_MERCATOR_EDGE_M: Final = 20_037_508.35  # Web Mercator's half circumference, metres
_BIG_DEGREES: Final = (1e5, 1e6, 1e7)  # integers that some devices write for degrees


class PlaceOutsideCity(Invalid):
    """The point cannot be a place in this city; `errors` says the likely remedy."""

    slug = "place-outside-city"
    title = Text("坐标不在本市", "The point is not in the city")


class HalfAPoint(Invalid):
    """Longitude and latitude are given together or not at all."""

    slug = "half-a-point"
    title = Text("经纬度须成对填写", "Half a point")


class Place(NamedTuple):
    """A point in WGS-84, the system it came in, and the point on the city's plane."""

    lon: float
    lat: float
    coord_source: str
    plane: tuple[float, float]


def locate(
    lon: float | None, lat: float | None, system: System, *, box: Box = SHANGHAI
) -> Place | None:
    """The place of a delivered point, None when there is none.

    Raises `HalfAPoint`, or `PlaceOutsideCity` with what is likely wrong: swapped, projected metres,
    degrees without their point, or just far away.
    """
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        lacking = "/lon" if lon is None else "/lat"
        raise HalfAPoint(errors=[FieldError(lacking, None, Text("缺少", "missing"))])
    if message := fault_of(lon, lat, system, box=box):
        raise PlaceOutsideCity(errors=[FieldError("/lon", f"{lon},{lat}", message)])
    there = to_wgs84(lon, lat, system)
    plane = planar(*there)
    return Place(there.lon, there.lat, system.value, (plane.lon, plane.lat))


def fault_of(lon: float, lat: float, system: System, *, box: Box = SHANGHAI) -> Text | None:
    """Why a point cannot be a place in the city, with the likely remedy; None when it can."""
    there = (lon, lat)
    if abs(lon) <= 180 and abs(lat) <= 90:
        there = to_wgs84(lon, lat, system)
    doubt = doubt_about(*there, box)
    if doubt is None:
        return None
    if doubt is Doubt.OUTSIDE:
        return _other_writing(lon, lat, box) or SENTENCES[doubt]
    return SENTENCES[doubt]


def _other_writing(lon: float, lat: float, box: Box) -> Text | None:
    """Numbers that would fit the city if they were not degrees."""
    if lon == 0 and lat == 0:
        return Text("坐标为 0,0，请留空或填写实际位置。", "0,0 is no place here; leave it empty.")
    for factor in _BIG_DEGREES:
        if doubt_about(lon / factor, lat / factor, box) in {None, Doubt.SWAPPED}:
            return Text(
                f"坐标像是放大 {factor:.0f} 倍的整数度，请换算为度。",
                f"These look like degrees times {factor:.0f}; write degrees.",
            )
    if max(abs(lon), abs(lat)) > 180:
        return _projected(lon, lat)
    return None


def _projected(x: float, y: float) -> Text:
    kind = (
        Text("投影坐标（米，如 Web 墨卡托或上海城市坐标系）", "projected metres")
        if max(abs(x), abs(y)) <= _MERCATOR_EDGE_M
        else Text("非经纬度数值", "no coordinates in degrees")
    )
    return Text(
        f"坐标像是{kind.zh}，请转换为经纬度（度）后填写。",
        f"These look like {kind.en}; convert them to longitude and latitude in degrees.",
    )
