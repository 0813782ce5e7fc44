"""One need as the rules of matching read it. Pure values."""

from dataclasses import dataclass
from typing import Final, NamedTuple, Self
from uuid import UUID

from common.contracts.matching_queries import Fact, MatchNeed, MatchWishes
from common.contracts.registry.offerings import PersonFacts
from common.contracts.registry.venues import Accessibility
from common.contracts.vocabulary import AgeBand, Channel, UrgencyTier
from common.geo import Point, planar
from common.opening import Days, Moment, moment

OLDEST: Final = 150


@dataclass(frozen=True, slots=True)
class Wishes:
    """What moves an offering up."""

    providers: frozenset[UUID] = frozenset()
    venues: frozenset[UUID] = frozenset()
    channels: frozenset[Channel] = frozenset()

    @property
    def count(self) -> int:
        """How many sorts of wishes there are."""
        return bool(self.providers) + bool(self.venues) + bool(self.channels)


NO_WISHES: Final = Wishes()


class Need(NamedTuple):
    """What is needed, where, when, for whom. `place` lies on the plane of `common.geo.planar`."""

    category: str
    place: Point | None = None
    person: PersonFacts = PersonFacts()  # which is frozen
    ages: tuple[int, int] | None = None
    unverified: frozenset[Fact] = frozenset()
    refused: frozenset[str] = frozenset()  # kinds of hardship that were looked at and are not so
    declared: frozenset[str] = frozenset()  # kinds of hardship that nobody has looked at yet
    urgency: UrgencyTier = UrgencyTier.ORDINARY
    moments: tuple[Moment, ...] = ()
    channels: frozenset[Channel] = frozenset()
    price_at_most_fen: int | None = None
    features: frozenset[Accessibility] = frozenset()
    minutes_at_most: int | None = None
    places: int = 1
    wishes: Wishes = NO_WISHES

    @classmethod
    def asked(cls, asked: MatchNeed, days: Days) -> Self:
        """What a caller asks, with its points and instants brought to the axes of the index."""
        point = None
        if asked.lon is not None and asked.lat is not None:
            point = planar(asked.lon, asked.lat)
        # By place and not by name: a tuple of so many names takes three times as long to make.
        return cls(
            *(asked.category, point, asked.person, ages_of(asked.person.age, asked.age_band)),
            *(frozenset(asked.unverified), frozenset(), frozenset(), asked.urgency),
            tuple([moment(at, days) for at in asked.wished_at]),
            *(frozenset(asked.channels), asked.price_at_most_fen, frozenset(asked.accessibility)),
            *(asked.minutes_at_most, asked.places, _wishes(asked.wishes)),
        )


def _wishes(wished: MatchWishes) -> Wishes:
    if not (wished.provider_ids or wished.venue_ids or wished.channels):
        return NO_WISHES
    return Wishes(
        frozenset(wished.provider_ids), frozenset(wished.venue_ids), frozenset(wished.channels)
    )


def ages_of(age: int | None, band: AgeBand | None) -> tuple[int, int] | None:
    """Youngest and oldest that the person may be, both included; None when nothing is known."""
    if age is not None:
        return age, age
    if band is None:
        return None
    low, _, high = band.value.partition("-")
    return int(low.rstrip("+")), int(high) if high else OLDEST
