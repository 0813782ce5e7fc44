"""What a demo street has and does: kinds of venues with hours, the shape of a service."""

from dataclasses import dataclass
from typing import Any, Final

from common.contracts.vocabulary import Channel, PriceKind, TargetGroup


@dataclass(frozen=True, slots=True)
class VenueForm:
    """A kind of venue: how many there are per 100 neighbourhoods, its size and its hours."""

    kind: str
    name: str
    per_hundred: int
    floor_m2: tuple[int, int]
    hours: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ServiceForm:
    """A service: where it is given, to whom, for how much, for how many."""

    category: str
    name: str
    venues: tuple[str, ...]
    groups: tuple[TargetGroup, ...] = ()
    ages: tuple[int | None, int | None] = (None, None)
    price: PriceKind = PriceKind.FREE
    yuan: tuple[int, int] = (0, 0)
    unit: str | None = None
    places: tuple[int, int] = (10, 40)
    places_unit: str = "person"
    period: str = "day"
    channels: tuple[Channel, ...] = (Channel.ON_SITE,)
    funding: str = "government_purchase"
    line: str = "civil_affairs"


def _week(days: list[int], *times: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"weekdays": days, "opens": opens, "closes": closes} for opens, closes in times]


WORKDAYS, EVERY_DAY, WEEKEND = [1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6, 7], [6, 7]

OFFICE: Final = {"weekly": _week(WORKDAYS, ("08:30", "11:30"), ("13:00", "17:00"))}
LONG: Final = {
    "weekly": _week(EVERY_DAY, ("08:30", "20:30")),
    "on_holiday": "as_sunday",
}
MEALS: Final = {
    "weekly": _week(EVERY_DAY, ("06:30", "08:30"), ("10:30", "13:00"), ("16:30", "18:00")),
    "on_holiday": "own_hours",
    "holiday_hours": [{"opens": "10:30", "closes": "13:00"}],
}
CARE: Final = {"weekly": _week([1, 2, 3, 4, 5, 6], ("07:30", "17:30")), "makeup_as_weekday": 1}
COURTYARD: Final = {
    "weekly": [
        *_week(WORKDAYS, ("08:00", "16:00")),
        *_week(WEEKEND, ("09:00", "15:00")),
    ],
    "on_holiday": "as_sunday",
}

VENUES: Final = (
    VenueForm("party_service_centre", "党群服务站", 62, (120, 600), LONG),
    VenueForm("community_complex", "社区综合体", 6, (1_500, 6_000), LONG),
    VenueForm("neighbourhood_hub", "邻里汇", 22, (600, 2_400), LONG),
    VenueForm("good_neighbour_centre", "睦邻中心", 24, (400, 1_600), LONG),
    VenueForm("four_halls", "四堂间", 20, (80, 220), COURTYARD),
    VenueForm("social_work_station", "社工站", 24, (60, 240), OFFICE),
    VenueForm("day_care_centre", "日间照料中心", 26, (200, 900), CARE),
    VenueForm("meal_site", "助餐点", 48, (60, 320), MEALS),
    VenueForm("charity_station", "慈善救助站", 12, (40, 160), OFFICE),
    VenueForm("mutual_help_station", "居民自治互助站", 40, (40, 180), COURTYARD),
    VenueForm("elderly_service_post", "养老服务驿站", 24, (120, 500), CARE),
)
