"""Words and identities as numbers, what is known of providers, and rows back as values."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar
from uuid import UUID

import numpy as np
import orjson
from numpy.typing import NDArray

from common.contracts.vocabulary import Channel
from common.geo import Point
from matching.domain.scoring import Policy
from matching.domain.supply import Offer
from matching.shelf.columns import Rows
from matching.shelf.entries import CHANNELS, FEATURES, NOWHERE, Entry, House
from matching.shelf.places import Places
from matching.shelf.terms import TermsTable
from matching.shelf.texts import Texts
from matching.shelf.timetables import Timetables

Array = NDArray[Any]
Value = TypeVar("Value", bound=Hashable)

NONE = -1
ON_SITE = 1 << CHANNELS.index(Channel.ON_SITE)
STANDING = House("", NOWHERE, 0, None, stands=True)


class Numbered(Generic[Value]):
    """Values numbered as they come; they are only added."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self._numbers: dict[Value, int] = {}

    def number(self, value: Value | None) -> int:
        """The number of a value, given to it now if it is new; none for None."""
        if value is None:
            return NONE
        if value not in self._numbers:
            self._numbers[value] = len(self.values)
            self.values.append(value)
        return self._numbers[value]

    def known(self, values: frozenset[Value]) -> list[int]:
        """The numbers of those values that have one."""
        return [self._numbers[value] for value in values if value in self._numbers]

    def value(self, number: int) -> Value | None:
        """The value of a number."""
        return None if number == NONE else self.values[number]


class Lists:
    """All that rows name by number. Shared by every set of columns of one shelf."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.paths: Numbered[str] = Numbered()
        self.providers: Numbered[UUID] = Numbered()
        self.venues: Numbered[UUID] = Numbered()
        self.terms = TermsTable()
        self.timetables = Timetables()
        self.places = Places()
        self.houses: dict[UUID, House] = {}
        self.ratings: dict[tuple[UUID, str], float] = {}
        self.scarcity: dict[UUID, float] = {}
        self.met: dict[int, dict[int, bytes]] = {}  # `verdicts` keeps these three
        self.open: dict[tuple[int, int], dict[tuple[int, int], bytes]] = {}
        self.waits: dict[tuple[Hashable, ...], bytes] = {}
        self._open_count = 0  # texts that were put into `open`
        self.phrases: Texts | None = None  # of these weights: `writing` keeps them
        self._rated_by: dict[UUID, tuple[UUID, str]] = {}

    def weigh(self, policy: Policy) -> None:
        """Take other weights."""
        self.policy = policy
        self.phrases = None

    def make_room(self, most: int) -> None:
        """One more text comes into `open`, which holds so many at most: else it begins anew."""
        self._open_count += 1
        if self._open_count > most:
            self.open.clear()
            self._open_count = 1

    def settle(self, venue_id: UUID, house: House) -> None:
        """A venue as it is now."""
        self.houses[venue_id] = house

    def rate(self, rating_id: UUID, rating: tuple[UUID, str, float] | None) -> set[UUID]:
        """A rating as it is now, by its own id: provider, category, lower bound; None: gone.

        Whose rows it may move.
        """
        old = self._rated_by.pop(rating_id, None)
        if old is not None:
            self.ratings.pop(old, None)
        if rating is not None:
            provider, category, lower_bound = rating
            self._rated_by[rating_id] = provider, category
            self.ratings[provider, category] = lower_bound
        return {each[0] for each in (old, rating) if each is not None}

    def rows(self, entries: Sequence[Entry]) -> Rows:
        """Entries as rows, each with what its venue adds."""
        houses = [self._house(entry) for entry in entries]
        both = list(zip(entries, houses, strict=True))
        terms = [self.terms.numbers(entry.terms) for entry in entries]
        return Rows(
            id=ids_of([entry.id for entry in entries]),
            path=_ints(self.paths.number(entry.category_path) for entry in entries),
            provider=_ints(self.providers.number(entry.provider_id) for entry in entries),
            venue=_ints(self.venues.number(entry.venue_id) for entry in entries),
            who=_ints(who for who, _ in terms),
            where=_ints(where for _, where in terms),
            timetable=_ints(self._timetable(entry, house) for entry, house in both),
            channels=np.array([entry.channels for entry in entries], dtype=np.uint8),
            features=np.array([house.features for house in houses], dtype=np.uint16),
            stands=np.array([house.stands for house in houses], dtype=np.bool_),
            price=np.array([_or_none(entry.price_fen) for entry in entries], dtype=np.int64),
            left=_ints(_or_none(entry.left) for entry in entries),
            x=np.array([house.place[0] for house in houses], dtype=np.float64),
            y=np.array([house.place[1] for house in houses], dtype=np.float64),
            rating=np.array([self._rating(entry) for entry in entries], dtype=np.float64),
            scarcity=np.array([self.scarcity.get(e.id, 0.0) for e in entries], dtype=np.float64),
            begin=Texts.of([begin_of(entry, house) for entry, house in both]),
        )

    def standing(self, rows: Rows) -> Array:
        """The minutes of the score that are the same for every need."""
        policy = self.policy
        unrated = np.isnan(rows.rating)
        openness = np.where(unrated, policy.new_provider, policy.rating * rows.rating)
        return policy.scarcity * rows.scarcity - openness

    def offer(self, rows: Rows, row: int) -> Offer:
        """A row as the rules read it."""
        rating, x = float(rows.rating[row]), float(rows.x[row])
        left, price = int(rows.left[row]), int(rows.price[row])
        channels, features = int(rows.channels[row]), int(rows.features[row])
        return Offer(
            id=id_of(rows, row),
            category_path=self.paths.values[rows.path[row]],
            terms=self.terms.terms(int(rows.who[row]), int(rows.where[row])),
            timetable=self.timetables.rows[rows.timetable[row]],
            channels=_CHANNEL_SETS[channels],
            features=frozenset(word for n, word in enumerate(FEATURES) if features >> n & 1),
            venue_stands=bool(rows.stands[row]),
            price_fen=None if price == NONE else price,
            left=None if left == NONE else left,
            place=None if x != x else Point(x, float(rows.y[row])),  # noqa: PLR0124 - nan
            provider_id=self.providers.value(int(rows.provider[row])),
            venue_id=self.venues.value(int(rows.venue[row])),
            rating=None if rating != rating else rating,  # noqa: PLR0124 - nan
            scarcity=float(rows.scarcity[row]),
        )

    def moved(self, rows: Rows, house: House) -> Rows:
        """Rows of one venue with the venue as it is now."""
        tables, size = self.timetables, len(rows)
        numbers = [
            tables.again(number, house.hours, is_only_there=channels == ON_SITE)
            for number, channels in zip(
                rows.timetable.tolist(), rows.channels.tolist(), strict=True
            )
        ]
        return replace(
            rows,
            begin=Texts.of([renamed(begin, house) for begin in rows.begin]),
            timetable=np.array(numbers, dtype=np.int32),
            features=np.full(size, house.features, dtype=np.uint16),
            stands=np.full(size, house.stands, dtype=np.bool_),
            x=np.full(size, house.place[0], dtype=np.float64),
            y=np.full(size, house.place[1], dtype=np.float64),
        )

    def weighed(self, rows: Rows) -> Rows:
        """Rows with ratings and prices as they are known now."""
        scarcity = np.zeros(len(rows), dtype=np.float64)
        if self.scarcity:
            prices = self.scarcity
            scarcity[:] = [prices.get(id_of(rows, row), 0.0) for row in range(len(rows))]
        return replace(rows, rating=self.rated(rows), scarcity=scarcity)

    def rated(self, rows: Rows) -> Array:
        """The ratings of rows as they are known now, by provider and category."""
        pairs = rows.provider.astype(np.int64) << 32 | rows.path
        distinct, places = np.unique(pairs, return_inverse=True)
        known = [self._rating_of(int(pair >> 32), int(pair & 0xFFFFFFFF)) for pair in distinct]
        return np.array(known, dtype=np.float64)[places]

    def _rating_of(self, provider: int, path: int) -> float:
        return self._lower_bound(self.providers.value(provider), self.paths.values[path])

    def _rating(self, entry: Entry) -> float:
        return self._lower_bound(entry.provider_id, entry.category_path)

    def _lower_bound(self, provider: UUID | None, path: str) -> float:
        """The provider's in the category, else in the nearest one above it."""
        if provider is None or not self.ratings:
            return float("nan")
        codes = reversed(path.split("/"))
        found = (self.ratings.get((provider, code)) for code in codes)
        return next((each for each in found if each is not None), float("nan"))

    def _house(self, entry: Entry) -> House:
        return STANDING if entry.venue_id is None else self.houses.get(entry.venue_id, STANDING)

    def _timetable(self, entry: Entry, house: House) -> int:
        only_there = entry.channels == ON_SITE
        return self.timetables.number(entry.hours, house.hours, is_only_there=only_there)


def begin_of(entry: Entry, house: House) -> bytes:
    """What an answer says of an offering first: all but the places left."""
    begin = {
        "offering_id": entry.id,
        "name": entry.name,
        "category": entry.category_path.rpartition("/")[2],
        "provider_id": entry.provider_id,
        "venue_id": entry.venue_id,
        "venue_name": None if house is STANDING else house.name,
        "channels": _CHANNEL_WORDS[entry.channels],
        "price_fen": entry.price_fen,
    }
    return orjson.dumps(begin)[:-1]


def renamed(begin: bytes, house: House) -> bytes:
    """The same in a venue as it is now."""
    return orjson.dumps(_told(begin) | {"venue_name": house.name})[:-1]


def name_of(begin: bytes) -> str:
    """The name of an offering out of its `begin`."""
    return str(_told(begin)["name"])


def _told(begin: bytes) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(begin + b"}")
    return told


def ids_of(ids: Sequence[UUID]) -> Array:
    """Identities as two halves."""
    halves = np.frombuffer(b"".join(each.bytes for each in ids), dtype=">u8").reshape(-1, 2)
    return halves.astype(np.uint64)


def id_of(rows: Rows, row: int) -> UUID:
    """The identity of a row."""
    high, low = rows.id[row]
    return UUID(int=int(high) << 64 | int(low))


def _ints(values: Any) -> Array:
    return np.fromiter(values, dtype=np.int32)


def _or_none(value: int | None) -> int:
    return NONE if value is None else value


_CHANNEL_SETS: Mapping[int, frozenset[Channel]] = {
    bits: frozenset(word for n, word in enumerate(CHANNELS) if bits >> n & 1)
    for bits in range(1 << len(CHANNELS))
}
_CHANNEL_WORDS = {bits: sorted(channels) for bits, channels in _CHANNEL_SETS.items()}
