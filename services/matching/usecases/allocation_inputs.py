"""From rows to the columns of an allocation: who needs what, what there is, who may go where.

Distances are metres on the city's plane. A need that names no time may go at any; an offering whose
hours nobody knows counts as open; one whose places nobody counts takes all who come.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import Row

from common.clock import city_day
from common.contracts.matching_needs import StandingKind
from common.contracts.registry.hours import OpeningHours
from common.contracts.registry.offerings import Eligibility
from common.geo import METRES_PER_DEGREE, planar
from common.opening import Days, minute_of, stretches_on
from matching.allocation.candidates import Seekers, Suppliers
from matching.allocation.problem import Needs, Offerings
from matching.domain import supply
from matching.domain.demand import Need
from matching.domain.marks import marks
from matching.domain.standing import Claim, Held
from matching.domain.supply import Offer
from matching.usecases.eligible import terms_of, wanted

HALF_HOURS: Final = 48
ANY_TIME: Final = (1 << 62) - 1
NEVER: Final = 1 << 61  # a wish for another day of the week: nothing is open then
NO_LIMIT: Final = 1 << 40  # fen
_KEY: Final = (1 << 64) - 1
_SLOT_MINUTES: Final = 30


class Asked(NamedTuple):
    """A row of needs with their profiles, as `eligible.wanted` reads it."""

    need: Any
    profile: Any
    standing: Sequence[Held]


class Read(NamedTuple):
    """What a run reads of the database."""

    needs: Sequence[Row[Any]]
    standings: Sequence[Row[Any]]
    offers: Sequence[Row[Any]]
    places: Mapping[UUID, int | None]
    categories: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is told: its days, the calendar, and how far and by what money people may go.

    An ordinary run is of one day; a replay of several, in which a need may be served on any.
    """

    span: Sequence[date]
    days: Days
    now: datetime
    reach_m: int
    bound_funding: frozenset[str]
    funding_level: int
    is_tiered: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """The columns, and the ids of their rows."""

    seekers: Seekers
    suppliers: Suppliers
    needs: Needs
    offerings: Offerings
    need_ids: Sequence[UUID]
    offering_ids: Sequence[UUID]


def inputs(read: Read, terms: Terms) -> Inputs:
    """All rows as columns. Rows without a place are left out: nobody knows how far they are.

    Raises `TooManyTerms` when offerings of one root category ask too many different things.
    """
    people = [row for row in read.needs if row.lon is not None]
    given = [row for row in read.offers if read.places.get(row.id, 0) != 0]
    asked, offers = _wanted(people, read.standings, terms), _offers(given, terms)
    roots = sorted(
        {_root(row.category, read.categories) for row in people}
        | {row.category_path.split("/")[0] for row in given}
    )
    at = {root: number for number, root in enumerate(roots)}
    mine = np.array([at[_root(row.category, read.categories)] for row in people], np.int16)
    theirs = np.array([at[row.category_path.split("/")[0]] for row in given], np.int16)
    has, required = _marks(asked, offers, mine, theirs, len(roots))
    x, y = _metres([(row.lon, row.lat) for row in people])
    there_x, there_y = _metres([(row.lon, row.lat) for row in given])
    keys, their_keys = _keys([row.id for row in people]), _keys([row.id for row in given])
    streets = np.unique([row.area_code[:9] for row in people], return_inverse=True)[1]
    limits = [row.price_at_most_fen for row in people]
    hours = _Hours(terms)
    return Inputs(
        Seekers(
            key=keys,
            category=mine,
            x=x,
            y=y,
            has=has,
            wanted=np.array([_times(row, terms.span) for row in people], np.int64),
            budget_fen=np.array([NO_LIMIT if x is None else x for x in limits], np.int64),
            reach_m=np.full(len(people), terms.reach_m, np.int64),
        ),
        Suppliers(
            key=their_keys,
            category=theirs,
            x=there_x,
            y=there_y,
            required=required,
            open=np.array([hours.open(row.hours) for row in given], np.int64),
            price_fen=np.array([row.price_fen or 0 for row in given], np.int64),
            fit_m=np.zeros(len(given), np.int64),
        ),
        Needs(keys, _tiers(people, terms), mine, streets, x, y),
        Offerings(their_keys, theirs, _places(given, read, len(people)), there_x, there_y),
        [row.id for row in people],
        [row.id for row in given],
    )


def _wanted(rows: Sequence[Row[Any]], standings: Sequence[Row[Any]], terms: Terms) -> list[Need]:
    """Needs as the rules read them: people of whom the same is known share one."""
    held: dict[UUID, list[Held]] = defaultdict(list)
    for row in standings:
        kept = Claim(
            StandingKind(row.kind), row.verified_at, row.expires_on, is_refused=row.is_refused
        )
        held[row.need_id].append(Held(kept, row.grade))
    today, known, found = city_day(terms.now), dict[Hashable, Need](), list[Need]()
    for row in rows:
        claims = held.get(row.id, ())
        who = (row.age_band, tuple(row.groups or ()), row.household_area, row.need_id is None)
        key = None if claims else (row.category, row.area_code, *who)
        need = known.get(key) if key else None
        if need is None:
            need = wanted(Asked(row, row if row.need_id else None, claims), today)
        if key:
            known[key] = need
        found.append(need)
    return found


def _offers(rows: Sequence[Row[Any]], terms: Terms) -> list[Offer]:
    """Offerings as the rules read them; whom they take is read once for each different text."""
    known: dict[str, supply.Terms] = {}
    found = []
    for row in rows:
        asked = known.get(row.eligibility)
        if asked is None:
            asked = terms_of(Eligibility.model_validate_json(row.eligibility))
            known[row.eligibility] = asked
        if row.funding_source in terms.bound_funding:
            asked = replace(asked, funding_area=row.area_code[: terms.funding_level])
        found.append(Offer(id=row.id, category_path=row.category_path, terms=asked))
    return found


def _root(category: str, paths: Mapping[str, Sequence[str]]) -> str:
    return paths.get(category, [category])[0]


def _marks(
    asked: Sequence[Need], offers: Sequence[Offer], mine: Any, theirs: Any, roots: int
) -> tuple[Any, Any]:
    has, required = np.zeros(len(asked), np.int64), np.zeros(len(offers), np.int64)
    for root in range(roots):
        needs, given = np.flatnonzero(mine == root), np.flatnonzero(theirs == root)
        has[needs], required[given] = marks(
            [asked[row] for row in needs.tolist()], [offers[row] for row in given.tolist()]
        )
    return has, required


def _metres(points: Sequence[tuple[float, float]]) -> tuple[Any, Any]:
    plane = np.array([planar(*point) for point in points], float).reshape(-1, 2)
    metres = np.rint(plane * METRES_PER_DEGREE).astype(np.int64)
    return metres[:, 0], metres[:, 1]


def _keys(ids: Sequence[UUID]) -> Any:
    return np.array([each.int & _KEY for each in ids], np.uint64)


def _places(rows: Sequence[Row[Any]], read: Read, everybody: int) -> Any:
    counted = [read.places[row.id] for row in rows]
    return np.array([everybody if n is None else min(n, everybody) for n in counted], np.int32)


def _tiers(rows: Sequence[Row[Any]], terms: Terms) -> Any:
    """The tier of each need, 0 the most urgent; one and the same where urgency is set aside."""
    if not terms.is_tiered:
        return np.zeros(len(rows), np.int8)
    return np.array([row.urgency - 1 for row in rows], np.int8)


def _times(row: Row[Any], span: Sequence[date]) -> int:
    """The half hours that a need wishes for; none named: any."""
    days = {day.isoweekday() for day in span}
    if row.wished_weekdays and days.isdisjoint(row.wished_weekdays):
        return NEVER
    if row.wished_from_time is None and row.wished_to_time is None:
        return 0
    first = minute_of(row.wished_from_time or "00:00")
    last = minute_of(row.wished_to_time or "24:00")
    return _bits([(first, max(last, first + 1))])


class _Hours:
    """Half hours in which offerings are open on one of the days, once for each timetable."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._known: dict[str, int] = {}

    def open(self, hours: str | None) -> int:
        """The half hours of one timetable; all when nobody knows."""
        if hours is None:
            return ANY_TIME & ~NEVER
        if hours not in self._known:
            told = OpeningHours.model_validate_json(hours)
            found = 0
            for day in self._terms.span:
                found |= _bits(stretches_on(told, day, self._terms.days)[1])
            self._known[hours] = found
        return self._known[hours]


def _bits(stretches: Sequence[tuple[int, int]]) -> int:
    found = 0
    for start, end in stretches:
        for slot in range(start // _SLOT_MINUTES, -(-end // _SLOT_MINUTES)):
            found |= 1 << min(slot, HALF_HOURS - 1)
    return found
