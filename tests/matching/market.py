"""A market of synthetic venues and offerings as their feeds tell them, and needs; seeded."""

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from common.clock import CITY_ZONE
from common.contracts.matching_queries import Fact, MatchNeed
from common.contracts.registry.offerings import Hardship
from common.contracts.registry.venues import Accessibility
from common.contracts.vocabulary import AgeBand, Channel, UrgencyTier

CENTRE = (121.4737, 31.2304)
MONDAY = datetime(2026, 9, 28, tzinfo=CITY_ZONE)  # the week of the National Day
CATEGORIES = (
    *("eldercare/meal/meal_delivery", "eldercare/meal/meal_canteen", "eldercare/bathing"),
    *("eldercare/meal", "childcare/after_school", "childcare", "health/clinic", "job/training"),
    *("law/advice", "sports/gym", "culture/reading", "disability/rehabilitation"),
)
GROUPS = ("everyone", "elderly", "living_alone", "child", "disabled", "carer", "veteran")
HARDSHIPS, FEATURES, CHANNELS = tuple(Hardship), tuple(Accessibility), tuple(Channel)
FUNDS = (None, "government_purchase", "donation", "special_fund", "venture_philanthropy")
REACHED = (["on_site"], ["on_site"], ["at_home", "on_site"], ["online"])
WEEKS: tuple[dict[str, Any] | None, ...] = (
    None,
    {"weekly": [{"weekdays": [1, 2, 3, 4, 5], "opens": "09:00", "closes": "17:00"}]},
    {
        "weekly": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "opens": "08:45", "closes": "20:10"}],
        "on_holiday": "as_sunday",
    },
    {
        "weekly": [{"weekdays": [6, 7], "opens": "13:00", "closes": "24:00"}],
        "on_holiday": "own_hours",
        "holiday_hours": [{"opens": "10:00", "closes": "12:00"}],
        "makeup_as_weekday": None,
        "exceptions": [{"on": "2026-10-03", "hours": []}],
    },
)


class Market:
    """States of venues and offerings, and needs that fit them now and then."""

    def __init__(self, seed: int, *, venues: int, providers: int = 40) -> None:
        self.random = Random(seed)
        self.venues = [self.venue() for _ in range(venues)]
        self.providers = [self.id() for _ in range(providers)]

    def id(self) -> str:
        """An id. Many share their first half, so that the second must be compared."""
        high = self.random.choice([0x0192_0000_0000_7000, self.random.getrandbits(64)])
        return str(UUID(int=high << 64 | self.random.getrandbits(64)))

    def area(self) -> str:
        """A neighbourhood."""
        choose = self.random.choice
        return f"3101{choose((1, 4, 5, 6)):02d}{choose((1, 2, 3)):03d}{choose((1, 2)):03d}"

    def point(self) -> tuple[float, float]:
        """A point of the city; many share one."""
        if self.random.random() < 0.1:
            return CENTRE
        return (
            round(self.random.gauss(CENTRE[0], 0.06), 6),
            round(self.random.gauss(CENTRE[1], 0.05), 6),
        )

    def venue(self, venue_id: str | None = None) -> dict[str, Any]:
        """A venue as its feed tells it."""
        random = self.random
        lon, lat = self.point() if random.random() < 0.95 else (None, None)
        return {
            "id": venue_id or self.id(),
            "name": f"邻里中心{random.randrange(1000)}",
            "area_code": self.area(),
            "lon": lon,
            "lat": lat,
            "accessibility": random.sample(FEATURES, random.randrange(4)),
            "opening_hours": random.choice(WEEKS),
            "status": "active" if random.random() < 0.95 else "suspended",
        }

    def offering(self, offering_id: str | None = None) -> dict[str, Any]:
        """An offering as its feed tells it."""
        random = self.random
        venue = random.choice(self.venues) if random.random() < 0.9 else None
        kind = random.choice(("free", "public", "market", None))
        return {
            "id": offering_id or self.id(),
            "name": f"服务{random.randrange(5000)}",
            "category_path": random.choice(CATEGORIES),
            "provider_id": random.choice((None, *self.providers)),
            "venue": venue and {"id": venue["id"], "name": venue["name"]},
            "area_code": venue["area_code"] if venue else self.area(),
            "channels": random.choice(
                (["on_site"], ["on_site"], ["at_home", "on_site"], ["online"])
            ),
            "eligibility": self.eligibility(),
            "price_kind": kind,
            "price_fen": None if kind in (None, "free") else random.randrange(100, 5000),
            "capacity": random.choice((None, 0, 1, 20)),
            "schedule": random.choice(WEEKS),
            "funding_source": random.choice(FUNDS),
        }

    def eligibility(self) -> dict[str, Any]:
        """Terms: most ask little."""
        random = self.random

        def often(value: Any, other: Any) -> Any:
            return value if random.random() < 0.2 else other

        return {
            "age_min": often(random.choice((0, 3, 60, 65, 80)), None),
            "age_max": often(random.choice((17, 69, 150)), None),
            "groups_any": often(random.sample(GROUPS, 2), []),
            "hardship": often(random.sample(HARDSHIPS, 2), []),
            "disability": often(random.choice(("any", "severe")), None),
            "household_areas": often([self.area()[: random.choice((6, 9, 12))], "310107"], []),
            "residence": random.choice(("registered", "living", "either")),
        }

    def need(self) -> MatchNeed:
        """A need; much of it may be left out."""
        random = self.random

        def maybe(value: Any, other: Any = None, share: float = 0.5) -> Any:
            return value if random.random() < share else other

        lon, lat = maybe(self.point(), (None, None), 0.9)
        codes = [code for path in CATEGORIES for code in path.split("/")]
        person = {
            "age": maybe(random.randrange(100)),
            "groups": maybe(random.sample(GROUPS, 2)),
            "hardship": maybe(random.sample(HARDSHIPS, random.randrange(3))),
            "disability_grade": maybe(random.randrange(5)),
            "registered_area": maybe(self.area()[: random.choice((4, 6, 9, 12))]),
            "living_area": maybe(self.area(), share=0.8),
        }
        return MatchNeed.model_validate(
            {
                "category": random.choice(codes),
                "lon": lon,
                "lat": lat,
                "person": person,
                "age_band": maybe(random.choice(list(AgeBand))),
                "unverified": maybe(random.sample(list(Fact), 2), [], 0.2),
                "urgency": random.choice(list(UrgencyTier)),
                "wished_at": maybe([self.instant() for _ in range(random.randrange(3))], []),
                "channels": maybe(random.sample(CHANNELS, 2), [], 0.3),
                "price_at_most_fen": maybe(random.randrange(5000), share=0.3),
                "accessibility": maybe(random.sample(FEATURES, 1), [], 0.2),
                "minutes_at_most": maybe(random.choice((15, 30, 120)), share=0.3),
                "places": random.choice((1, 1, 1, 2)),
                "wishes": {
                    "provider_ids": maybe(random.sample(self.providers, 3), [], 0.2),
                    "venue_ids": maybe([random.choice(self.venues)["id"]], [], 0.2),
                    "channels": maybe(["on_site"], [], 0.2),
                },
            }
        )

    def instant(self) -> datetime:
        """A time of two weeks; half of them at a full half hour."""
        minutes = self.random.randrange(14 * 24 * 60)
        if self.random.random() < 0.5:
            minutes -= minutes % 30
        return MONDAY + timedelta(minutes=minutes)
