"""From rows to the columns of an allocation: who needs what, what there is, who may go where.

Distances are metres on the city's plane. A need that names no time may go at any, one whose days
are over at none, and one whose place nobody knows walks nowhere. An offering takes nobody on a day
on which it is shut, unless its places are counted over longer; one whose hours nobody knows counts
as open, one whose places nobody counts takes all who come. What comes to people needs no place; who
names a budget is told of a price that nobody knows.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from itertools import repeat
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np

from common.clock import city_day
from common.contracts.matching_needs import StandingKind
from common.contracts.registry.offerings import Eligibility
from common.contracts.registry.venues import Accessibility
from common.contracts.vocabulary import Channel
from common.opening import Days
from matching.allocation.candidates import (
    CHANNELS,
    NO_LIMIT,
    NOWHERE,
    ON_SITE,
    PRICE,
    REMOTE,
    Seekers,
    Suppliers,
)
from matching.allocation.problem import Ints, Keys, Needs, Offerings
from matching.allocation.shares import City
from matching.domain.demand import Need
from matching.domain.districts import Money
from matching.domain.marks import Ask, lacking, marks
from matching.domain.standing import Claim, Held
from matching.domain.supply import Offer
from matching.queries.allocation_reading import Columns, Venue
from matching.usecases.allocation_kinds import numbered
from matching.usecases.allocation_places import cornered, is_placed, metres, middled, whole
from matching.usecases.allocation_times import opened, wishes
from matching.usecases.eligible import terms_of, wanted

_NOBODY: Final = UUID(int=0)
_EVERYTHING: Final = frozenset(Accessibility)


class Read(NamedTuple):
    """What a run reads of the database."""

    people: Columns
    standings: Columns
    offers: Columns
    categories: Mapping[str, Sequence[str]]
    venues: Mapping[UUID, Venue]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is told: its days, the calendar, and how far and by what money people may go.

    An ordinary run is of one day; a replay of several, in which a need may be served on any.
    """

    span: Sequence[date]
    days: Days
    now: datetime
    reach_m: int
    money: Money
    is_tiered: bool = True


class Marked(NamedTuple):
    """Needs by kinds that are alike to all rules, and what the marks of each root category ask."""

    kinds: Sequence[Need]
    kind: Ints
    roots: Ints
    asks: Mapping[int, Sequence[Ask]]

    def rules(self, marks: Ints) -> list[str | None]:
        """The rule behind the mark that each need lacks, judged once a kind; -1: none."""

        @cache
        def rule(kind: int, root: int, mark: int) -> str | None:
            if mark in (-1, PRICE):
                return None if mark < 0 else "price"
            return lacking(self.kinds[kind], self.asks[root][mark])

        rows = (each.tolist() for each in (self.kind, self.roots, marks))
        return [rule(*row) for row in zip(*rows, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """The columns, the ids of their rows, and what the marks among them mean."""

    city: City
    need_ids: Sequence[UUID]
    offering_ids: Sequence[UUID]
    marked: Marked


class _Kind(NamedTuple):
    """All that the rules of eligibility ask of a need, homes as finely as anybody asks."""

    category: str
    age_band: str | None
    groups: str | None
    has_profile: bool
    accessibility: str | None
    area: str
    household_area: str | None
    held: tuple[Held, ...]


class _At(NamedTuple):
    category: str
    area_code: str


class _Asked(NamedTuple):
    """A kind of needs as `eligible.wanted` reads it."""

    need: Any
    profile: Any
    standing: Sequence[Held]


class _Profile(NamedTuple):
    age_band: str | None
    groups: Sequence[str]
    household_area: str | None
    accessibility: Sequence[str]


class _Offered(NamedTuple):
    """All that the rules of eligibility ask of an offering."""

    category_path: str
    eligibility: str
    funding_area: str | None
    features: Sequence[str] | None  # of its venue; None: nobody asks for any, or it comes


def inputs(read: Read, terms: Terms) -> Inputs:
    """All rows as columns, offerings without a place among them: they may be the reason why not.

    Raises `TooManyTerms` when offerings of one root category ask too many different things.
    """
    people, offers = read.people, read.offers
    channels = _channels(offers["channels"], ON_SITE)
    features = _features(people, offers["venue_id"], channels, read.venues)
    sorts, sort = numbered(_offered(offers, features, terms))
    given = [_offer(each) for each in sorts]
    kinds, kind = numbered(_kinds(people, read.standings, _fineness(given)))
    asked = _needs(people, kinds, kind, city_day(terms.now))
    theirs_by = [each.category_path.split("/")[0] for each in sorts]
    mine_by = [read.categories.get(each.category, [each.category])[0] for each in kinds]
    roots, at = np.unique([*mine_by, *theirs_by], return_inverse=True)
    mine, theirs = at[: len(kinds)].astype(np.int16), at[len(kinds) :].astype(np.int16)
    has, sure, required, asks = _marks(asked, given, mine, theirs, len(roots))
    here, there = metres(people), metres(offers)
    there_x, there_y = (whole(axis) for axis in middled(there, here))
    x, y = (whole(axis) for axis in cornered(here, (there_x, there_y)))
    keys, their_keys = _keys(people["id"]), _keys(offers["id"])
    streets = np.unique([code[:9] for code in people["area_code"]], return_inverse=True)[1]
    limits = [NO_LIMIT if fen is None else fen for fen in people["price_at_most_fen"]]
    city = City(
        Seekers(
            key=keys,
            category=mine[kind],
            x=x,
            y=y,
            has=has[kind],
            sure=sure[kind],
            wanted=wishes(people, terms.span),
            budget_fen=np.array(limits, np.int64),
            reach_m=np.where(is_placed(people), terms.reach_m, NOWHERE),
            wished=_channels(people["channels"], 0),
        ),
        Suppliers(
            key=their_keys,
            category=theirs[sort],
            x=there_x,
            y=there_y,
            required=required[sort],
            open=opened(offers, read.venues, terms.span, terms.days),
            price_fen=np.array(offers["price_fen"], np.int64),
            channels=channels,
        ),
        Needs(keys, _tiers(people, terms), mine[kind], streets, x, y),
        Offerings(their_keys, theirs[sort], _places(offers, len(keys)), there_x, there_y),
    )
    return Inputs(city, people["id"], offers["id"], Marked(asked, kind, mine[kind], asks))


def _fineness(given: Sequence[Offer]) -> int:
    """How many digits of a home anybody asks for: homes alike in them are alike to all rules."""
    asked = ((*each.terms.areas, each.terms.funding_area or "") for each in given)
    return max((len(area) for areas in asked for area in areas), default=0)


def _kinds(people: Columns, standings: Columns, digits: int) -> Iterator[_Kind]:
    held: dict[UUID, tuple[Held, ...]] = defaultdict(tuple)
    names = ("need_id", "kind", "verified_at", "expires_on", "is_refused", "grade")
    for need_id, kind, verified_at, expires_on, is_refused, grade in _rows(standings, names):
        claim = Claim(StandingKind(kind), verified_at, expires_on, is_refused)
        held[need_id] += (Held(claim, grade),)
    facts = ("id", *_Kind._fields[:5], "area_code", "household_area")
    for need_id, *known, area, household in _rows(people, facts):
        homes = area[:digits], household and household[:digits]
        yield _Kind._make((*known, *homes, held.get(need_id, ())))


def _needs(people: Columns, kinds: Sequence[_Kind], kind: Ints, today: date) -> list[Need]:
    """Each kind of needs as the rules read it, at the homes of its first."""
    first = np.unique(kind, return_index=True)[1].tolist()
    homes = ((people["area_code"][row], people["household_area"][row]) for row in first)
    return [_need(each, *home, today) for each, home in zip(kinds, homes, strict=True)]


def _rows(columns: Columns, names: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(columns[name] for name in names), strict=True)


def _need(kind: _Kind, area: str, household: str | None, today: date) -> Need:
    groups = kind.groups.split(",") if kind.groups else []
    features = (kind.accessibility or "").split()
    profile = _Profile(kind.age_band, groups, household, features) if kind.has_profile else None
    return wanted(_Asked(_At(kind.category, area), profile, kind.held), today)


def _features(
    people: Columns, there: Sequence[UUID | None], channels: Ints, venues: Mapping[UUID, Venue]
) -> Iterable[Sequence[str] | None]:
    """What the venue of each offering offers, if somebody needs it and the offering stays there."""
    if not any(people["accessibility"]):
        return repeat(None, len(there))
    known: dict[UUID | None, Sequence[str]] = {
        each: tuple(sorted(venue.features or ())) for each, venue in venues.items()
    }
    comes = ((channels & REMOTE) != 0).tolist()
    return (None if far else known.get(each, ()) for each, far in zip(there, comes, strict=True))


def _offered(
    offers: Columns, features: Iterable[Sequence[str] | None], terms: Terms
) -> Iterator[_Offered]:
    names = ("category_path", "eligibility", "funding_source", "area_code")
    for row, there in zip(_rows(offers, names), features, strict=True):
        path, eligibility, funding, area = row
        yield _Offered(path, eligibility, terms.money.district(funding, area), there)


def _offer(sort: _Offered) -> Offer:
    """An offering as the rules read it."""
    asked = terms_of(Eligibility.model_validate_json(sort.eligibility))
    asked = replace(asked, funding_area=sort.funding_area)
    has = _EVERYTHING if sort.features is None else frozenset(map(Accessibility, sort.features))
    return Offer(id=_NOBODY, category_path=sort.category_path, terms=asked, features=has)


def _marks(
    asked: Sequence[Need], offers: Sequence[Offer], mine: Any, theirs: Any, roots: int
) -> tuple[Any, Any, Any, Mapping[int, Sequence[Ask]]]:
    has, sure = np.zeros((2, len(asked)), np.int64)
    required = np.zeros(len(offers), np.int64)
    asks = {}
    for root in range(roots):
        needs, given = np.flatnonzero(mine == root), np.flatnonzero(theirs == root)
        has[needs], sure[needs], required[given], asks[root] = marks(
            [asked[row] for row in needs.tolist()], [offers[row] for row in given.tolist()]
        )
    return has, sure, required, asks


def _channels(told: Sequence[str | None], unknown: int) -> Ints:
    """Channels as bits, each different list read once."""
    asked, which = numbered(told)
    bits = [
        unknown if words is None else sum(1 << CHANNELS.index(Channel(w)) for w in words.split())
        for words in asked
    ]
    return np.array(bits, np.int64)[which]


def _keys(ids: Sequence[UUID]) -> Keys:
    """The lower half of each id."""
    halves = np.frombuffer(b"".join([each.bytes for each in ids]), ">u8")
    return halves[1::2].astype(np.uint64)


def _places(offers: Columns, everybody: int) -> Ints:
    """How many each offering has; what nobody counts takes all who come."""
    counted = [everybody if n is None else n for n in offers["places"]]
    return np.minimum(np.array(counted, np.int64), everybody)


def _tiers(people: Columns, terms: Terms) -> Ints:
    """The tier of each need, 0 the most urgent; one and the same where urgency is set aside."""
    urgency = np.array(people["urgency"], np.int8)
    return urgency - 1 if terms.is_tiered else np.zeros_like(urgency)
