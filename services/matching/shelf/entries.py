"""What the shelf keeps of an offering and of a venue, read from their states in the feeds.

The states are our own service's: they are picked from without being validated again, because two
hundred thousand of them are read at every start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from common.contracts.registry.offerings import Eligibility
from common.contracts.registry.venues import Accessibility
from common.contracts.vocabulary import Channel
from common.geo import planar
from matching.domain.scoring import Policy
from matching.domain.supply import Terms

State = Mapping[str, Any]

CHANNELS: Final = tuple(Channel)
FEATURES: Final = tuple(Accessibility)
NOWHERE: Final = (float("nan"), float("nan"))


class House(NamedTuple):
    """A venue: its name, place, what it offers, its hours as told, and whether it stands."""

    name: str
    place: tuple[float, float]
    features: int
    hours: object
    stands: bool


class Entry(NamedTuple):
    """An offering, with what its venue adds put in its place by the shelf."""

    id: UUID
    name: str
    category_path: str
    provider_id: UUID | None
    venue_id: UUID | None
    terms: Terms
    hours: object
    channels: int
    price_fen: int | None
    left: int | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads states under a policy, which says whose money binds whom."""

    policy: Policy
    _known: dict[tuple[bytes, str | None], Terms] = field(default_factory=dict)

    def entry(self, state: State) -> Entry:
        """An offering of the feed `offering`."""
        price = 0 if state["price_kind"] == "free" else state["price_fen"]
        return Entry(
            id=UUID(state["id"]),
            name=state["name"],
            category_path=state["category_path"],
            provider_id=_id(state["provider_id"]),
            venue_id=_id(state["venue"]["id"]) if state["venue"] else None,
            terms=self._terms(state),
            hours=state["schedule"],
            channels=bits(state["channels"], CHANNELS),
            price_fen=price,
            left=state["capacity"],
        )

    def _terms(self, state: State) -> Terms:
        funded = self.policy.money.district(state["funding_source"], state["area_code"])
        key = orjson.dumps(state["eligibility"]), funded
        if key not in self._known:
            self._known[key] = _terms(Eligibility.model_validate_json(key[0]), funded)
        return self._known[key]


def _terms(asked: Eligibility, funded: str | None) -> Terms:
    return Terms(
        age_min=asked.age_min,
        age_max=asked.age_max,
        groups=tuple(sorted(asked.groups_any)),
        hardship=tuple(sorted(asked.hardship)),
        disability=asked.disability,
        areas=tuple(sorted(asked.household_areas)),
        residence=asked.residence,
        funding_area=funded,
    )


def house(state: State) -> House:
    """A venue of the feed `venue`."""
    lon, lat = state["lon"], state["lat"]
    return House(
        name=state["name"],
        place=NOWHERE if lon is None or lat is None else planar(lon, lat),
        features=bits(state["accessibility"], FEATURES),
        hours=state["opening_hours"],
        stands=state["status"] == "active",
    )


def bits(words: list[str], known: tuple[str, ...]) -> int:
    """A set of words as bits."""
    return sum(1 << known.index(word) for word in set(words))


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
