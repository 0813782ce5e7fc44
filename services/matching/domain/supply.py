"""One offering as the rules of matching read it. Pure values.

Areas are significant digits of division codes; a place lies on the plane of `common.geo.planar`.
"""

from dataclasses import dataclass
from uuid import UUID

from common.contracts.registry.offerings import DisabilityRule, Residence
from common.contracts.registry.venues import Accessibility
from common.contracts.vocabulary import Channel
from common.geo import Point
from common.opening import Axes


@dataclass(frozen=True, slots=True)
class Terms:
    """For whom it is: what the provider asks, and where its money comes from."""

    age_min: int | None = None
    age_max: int | None = None
    groups: tuple[str, ...] = ()
    hardship: tuple[str, ...] = ()
    disability: DisabilityRule | None = None
    areas: tuple[str, ...] = ()
    residence: Residence = Residence.EITHER
    funding_area: str | None = None


@dataclass(frozen=True, slots=True)
class Timetable:
    """When it happens: hours of its own, those of the venue, and whether it needs the venue."""

    own: Axes | None = None
    venue: Axes | None = None
    is_only_there: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offering with what its venue adds. `left` None: places are not counted."""

    id: UUID
    category_path: str
    terms: Terms = Terms()
    timetable: Timetable = Timetable()
    channels: frozenset[Channel] = frozenset()
    features: frozenset[Accessibility] = frozenset()
    venue_stands: bool = True
    price_fen: int | None = None
    left: int | None = None
    place: Point | None = None
    provider_id: UUID | None = None
    venue_id: UUID | None = None
    rating: float | None = None
    scarcity: float = 0.0
