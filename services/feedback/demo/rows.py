"""Ratings of the demo city as rows, worked out as the use cases would have worked them out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import orjson

from common.clock import city_day
from common.contracts.feedback import RatingChannel
from common.contracts.feedback_ratings import CallBack, Finding, LoopStatus
from common.demo import LOADER, NOTE
from common.rules import RulesInForce
from feedback import tables
from feedback.demo.ratings import DemoRating
from feedback.domain import ratings as rules
from feedback.queries import tallies
from feedback.queries.ground import Ground
from feedback.usecases.bad_ratings import clocks_of

Row = dict[str, Any]
CITY: Final = "310000000000"
RUNNING: Final = timedelta(days=10)  # a loop that is older has come to its end
_KEY: Final = ("month_on", "provider_id", "category", "area_code", "venue_id")


@dataclass
class Rows:
    """Turns ratings into rows by the rules of today, and counts them for the figures."""

    base: Ground
    now: datetime
    counted: Counter[tuple[Any, ...]] = field(default_factory=Counter)

    @cached_property
    def in_force(self) -> RulesInForce:
        """The rules of the city."""
        return self.base.at(CITY, self.now)

    @cached_property
    def clocks(self) -> str:
        """Until when a loop that opens today is verified and rectified."""
        clocks = clocks_of(tables.BadRating(area_code=CITY), self.now, self.base)
        return orjson.dumps(clocks).decode()

    def delivery(self, referral_id: UUID, rating_id: UUID, rating: DemoRating) -> Row:
        """What was given; nobody's account stands behind it."""
        offering = rating.offering
        return {
            "id": referral_id,
            "number": f"{LOADER}-{referral_id.hex[-12:]}",
            "offering_id": offering.id,
            "provider_id": offering.provider_id,
            "venue_id": offering.venue_id,
            "service_item_id": offering.service_item_id,
            "category": offering.category,
            "area_code": offering.area_code,
            "served_at": rating.served_at,
            "rate_until_on": rules.rate_until(rating.served_at, self.in_force),
            "rating_id": rating_id,
        }

    def rating(self, referral_id: UUID, rating_id: UUID, rating: DemoRating) -> Row:
        """What was said; counted as it is made."""
        offering, served_on = rating.offering, city_day(rating.served_at)
        row: Row = {
            "id": rating_id,
            "referral_id": referral_id,
            "offering_id": offering.id,
            "provider_id": offering.provider_id,
            "venue_id": offering.venue_id,
            "service_item_id": offering.service_item_id,
            "category": offering.category,
            "area_code": rules.town_of(offering.area_code),
            "served_on": served_on,
            "channel": rating.channel.value,
            "level": rating.level,
            "dimensions": "{}",
            "options": [],
            "is_counted": rating.channel is not RatingChannel.DEFAULT,
            "rated_at": rating.rated_at,
            "version": 1,
        }
        key = (served_on.replace(day=1), *(row[name] for name in _KEY[1:]))
        self.counted[(*key, row["channel"], row["level"], row["is_counted"])] += 1
        self.counted[(*key, tallies.SERVED, 0, False)] += 1
        return row

    def is_bad(self, row: Row) -> bool:
        """Whether a rating opens the loop."""
        return rules.is_bad(row["level"], self.in_force)

    def loop(self, row: Row) -> Row:
        """The loop of a bad rating: under way when it is young, else at its end."""
        opened_at = row["rated_at"]
        done = self.now - opened_at > RUNNING
        return {
            "rating_id": row["id"],
            **{name: row[name] for name in ("provider_id", "area_code", "category")},
            "status": (LoopStatus.CALLED_BACK if done else LoopStatus.OPEN).value,
            "opened_at": opened_at,
            "clocks": self.clocks,
            "finding": Finding.SUBSTANTIATED.value if done else None,
            "measures": NOTE if done else None,
            "call_back": CallBack.SATISFIED.value if done else None,
            "verified_at": opened_at + timedelta(days=1) if done else None,
            "rectified_at": opened_at + timedelta(days=4) if done else None,
            "rectified_by": LOADER if done else None,
            "called_back_at": opened_at + timedelta(days=6) if done else None,
            "version": 1,
        }

    def changes(self) -> Iterator[Row]:
        """The counts, as changes that the adding step takes up."""
        for (*key, channel, level, is_counted), change in self.counted.items():
            yield {
                **dict(zip(_KEY, key, strict=True)),
                "channel": channel,
                "level": level,
                "is_counted": is_counted,
                "change": change,
            }
