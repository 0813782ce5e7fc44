"""For whom offerings are: each distinct set of terms once, as numbers, judged for one person.

A verdict is 1 yes, 0 open, -1 no, so that the least of several is the verdict of all. Areas are
ranges of 12-digit codes: an area lies within another when its range does.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from common.contracts.matching_queries import Fact
from common.contracts.registry.offerings import DisabilityRule, Hardship, Residence
from common.contracts.vocabulary import TargetGroup
from matching.domain.demand import Need
from matching.domain.eligibility import SEVERE_GRADES
from matching.domain.supply import Terms
from matching.shelf.addresses import BYTE, INT, LONG, SHORT, Kept

YES, OPEN, NO = 1, 0, -1
CODE_DIGITS: Final = 12
ANY_AGE: Final = 999

_HARDSHIPS: Final[Mapping[str, int]] = {kind: 1 << n for n, kind in enumerate(Hardship)}
_DISABILITY: Final = {None: 0, DisabilityRule.ANY: 1, DisabilityRule.SEVERE: 2}
_RESIDENCE: Final = {Residence.REGISTERED: 1, Residence.LIVING: 2, Residence.EITHER: 3}
LIVING: Final = _RESIDENCE[Residence.LIVING]
_FACTS: Final = tuple(Fact)

Array = NDArray[Any]
Range = tuple[int, int]
Table = TypeVar("Table", "Who", "Where")


class Who(NamedTuple):
    """Distinct terms about a person as columns; `group` is flat, with the starts of its rows."""

    age_min: Array
    age_max: Array
    hardship: Array
    disability: Array
    group_starts: Array
    group: Array


class Where(NamedTuple):
    """Distinct terms about homes as columns; `area` is flat, with the starts of its rows."""

    residence: Array
    funding: Array
    area_starts: Array
    area: Array


_SOUGHT: Final = (SHORT, SHORT, BYTE, BYTE, INT, INT, BYTE, LONG, INT, LONG)


class Person(NamedTuple):
    """What is known of a person, as numbers; a verdict of yes is worth `verified` of its fact."""

    is_age_known: bool
    age_low: int
    age_high: int
    is_group_known: bool
    groups: Array
    is_hardship_known: bool
    hardship: int
    grade: int
    homes: tuple[Range, Range]
    verified: tuple[int, ...]


class TermsTable:
    """Distinct terms, numbered as they come: who and where apart. They are only added."""

    def __init__(self) -> None:
        self._who: list[Terms] = []
        self._where: list[Terms] = []
        self._numbers: dict[tuple[bool, Terms], int] = {}
        self._asks: tuple[list[int], list[int]] = [], []
        self._pairs: dict[Terms, tuple[int, int]] = {}
        self._groups: dict[str, int] = {}
        self._told = _told(_who((), self._groups), _where(()))

    def numbers(self, terms: Terms) -> tuple[int, int]:
        """The numbers of what some terms ask of a person, and of a home."""
        known = self._pairs.get(terms)
        if known is None:
            known = self._pairs[terms] = self._both(terms)
        return known

    def _both(self, terms: Terms) -> tuple[int, int]:
        who = replace(terms, areas=(), residence=Residence.EITHER, funding_area=None)
        where = Terms(areas=terms.areas, residence=terms.residence, funding_area=terms.funding_area)
        return self._number(True, who), self._number(False, where)

    def terms(self, who: int, where: int) -> Terms:
        """The terms of two numbers."""
        home = self._where[where]
        return replace(
            self._who[who],
            areas=home.areas,
            residence=home.residence,
            funding_area=home.funding_area,
        )

    def asks(self, who: Array, where: Array) -> Array:
        """Which rules ask something of some rows, as bits."""
        of_who, of_where = (np.array(each, dtype=np.int16) for each in self._asks)
        bits: Array = of_who[who] | of_where[where]
        return bits

    @property
    def columns(self) -> tuple[Who, Where]:
        """All terms as columns."""
        who, where, _ = self._whole()
        return who, where

    @property
    def sought(self) -> Kept:
        """The same, as the kernel finds them."""
        return self._whole()[2]

    def _whole(self) -> tuple[Who, Where, Kept]:
        who, where, _ = self._told
        people, homes = len(who.age_min), len(where.residence)
        if people < len(self._who) or homes < len(self._where):
            who = _joined(who, _who(self._who[people:], self._groups))
            where = _joined(where, _where(self._where[homes:]))
            self._told = _told(who, where)
        return self._told

    def _number(self, is_who: bool, terms: Terms) -> int:
        key, rows = (is_who, terms), self._who if is_who else self._where
        if key not in self._numbers:
            self._numbers[key] = len(rows)
            rows.append(terms)
            self._asks[0 if is_who else 1].append(_asks(terms))
        return self._numbers[key]

    def person(self, need: Need) -> Person:
        """The person of a need as the columns know people."""
        facts = need.person
        _ = self._whole()  # so that every group that is asked has its number
        groups = np.zeros(max(1, len(self._groups)), dtype=np.bool_)
        for code in facts.groups or ():
            if code in self._groups:
                groups[self._groups[code]] = True
        # By place and not by name, as in `asking`.
        return Person(
            *(need.ages is not None, *(need.ages or (0, 0))),
            *(facts.groups is not None, groups),
            *(facts.hardship is not None, _hardship_bits(facts.hardship) if facts.hardship else 0),
            -1 if facts.disability_grade is None else facts.disability_grade,
            (_range(facts.registered_area), _range(facts.living_area)),
            _worths(need.unverified) if need.unverified else _ALL_VERIFIED,
        )


def _told(who: Who, where: Where) -> tuple[Who, Where, Kept]:
    """Terms as columns, and where these lie."""
    return who, where, Kept([*who, *where], _SOUGHT)


def _worths(unverified: Collection[Fact]) -> tuple[int, ...]:
    """What a yes that rests on each fact is worth."""
    return tuple(OPEN if fact in unverified else YES for fact in _FACTS)


_ALL_VERIFIED: Final = _worths(())


def judge_who(terms: Who, person: Person) -> Array:
    """The verdict of what each terms ask of one person."""
    parts = (
        (_ages(terms, person), Fact.AGE),
        (_groups(terms, person), Fact.GROUPS),
        (_hardships(terms, person), Fact.HARDSHIP),
        (_disabilities(terms, person), Fact.DISABILITY),
    )
    verdict = np.full(len(terms.age_min), YES, dtype=np.int8)
    for part, fact in parts:
        np.minimum(verdict, _believed(part, person, fact), out=verdict)
    return verdict


def judge_where(terms: Where, person: Person) -> Array:
    """The verdict of what each terms ask of the homes of one person."""
    return _believed(_areas(terms, person), person, Fact.AREA)


def _believed(part: Array, person: Person, fact: Fact) -> Array:
    """A verdict that rests on a fact; what asks nothing rests on none."""
    worth = person.verified[_FACTS.index(fact)]
    if worth == YES:
        return np.minimum(part, YES)
    return np.where(part == ASKS_NOTHING, YES, np.minimum(part, worth)).astype(np.int8)


ASKS_NOTHING: Final = 2  # above every verdict: it never lowers one and needs no fact


def _ages(terms: Who, person: Person) -> Array:
    asks = (terms.age_min > 0) | (terms.age_max < ANY_AGE)
    if not person.is_age_known:
        return np.where(asks, OPEN, ASKS_NOTHING)
    low, high = person.age_low, person.age_high
    fits = (low >= terms.age_min) & (high <= terms.age_max)
    fails = (high < terms.age_min) | (low > terms.age_max)
    return np.where(asks, np.where(fits, YES, np.where(fails, NO, OPEN)), ASKS_NOTHING)


def _groups(terms: Who, person: Person) -> Array:
    found = np.full(len(terms.age_min), ASKS_NOTHING, dtype=np.int8)
    asks = np.flatnonzero(np.diff(terms.group_starts))
    if len(asks) and person.is_group_known:
        shares = np.logical_or.reduceat(person.groups[terms.group], terms.group_starts[asks])
        found[asks] = np.where(shares, YES, NO)
    else:
        found[asks] = OPEN
    return found


def _hardships(terms: Who, person: Person) -> Array:
    if not person.is_hardship_known:
        return np.where(terms.hardship == 0, ASKS_NOTHING, OPEN)
    shares = np.where(terms.hardship & person.hardship != 0, YES, NO)
    return np.where(terms.hardship == 0, ASKS_NOTHING, shares)


def _disabilities(terms: Who, person: Person) -> Array:
    grade = person.grade
    by_rule = [ASKS_NOTHING, OPEN, OPEN]
    if grade >= 0:
        by_rule[1:] = [YES if grade > 0 else NO, YES if grade in SEVERE_GRADES else NO]
    return np.array(by_rule, dtype=np.int8)[terms.disability]


def _areas(terms: Where, person: Person) -> Array:
    found = np.full(len(terms.residence), ASKS_NOTHING, dtype=np.int8)
    asks = np.flatnonzero(np.diff(terms.area_starts))
    if len(asks):
        within = _lives(
            person.homes, terms.area, np.repeat(terms.residence, np.diff(terms.area_starts))
        )
        found[asks] = np.maximum.reduceat(within, terms.area_starts[asks])
    is_funded = terms.funding[:, 1] > 0
    if is_funded.any():
        lives = _lives(person.homes, terms.funding, LIVING)
        np.minimum(found, lives, out=found, where=is_funded)
    return found


def _lives(homes: tuple[Range, Range], areas: Array, ties: Any) -> Array:
    """Whether one of the homes that count lies within each area."""
    registered, living = homes
    if registered == living:
        return _within(living, areas)
    both = (_within(registered, areas), ties & 1), (_within(living, areas), ties & 2)
    return np.maximum(*(np.where(counts, within, NO) for within, counts in both)).astype(np.int8)


def _within(home: Range, areas: Array) -> Array:
    """Whether a home lies within each area; open when it is known too roughly, or not at all."""
    low, high = home
    if high == 0:
        return np.zeros(len(areas), dtype=np.int8)
    starts, ends = areas[:, 0], areas[:, 1]
    inside = (starts <= low) & (high <= ends)
    around = (low <= starts) & (ends <= high)
    return inside.view(np.int8) + (inside | around) - np.int8(1)


@lru_cache(maxsize=20_000)  # more than the areas of a city
def _range(digits: str | None) -> Range:
    """The 12-digit codes that begin with some digits, end excluded; nothing for no digits."""
    if digits is None:
        return 0, 0
    size = 10 ** (CODE_DIGITS - len(digits))
    return int(digits) * size, (int(digits) + 1) * size


def _asks(terms: Terms) -> int:
    """Which rules of `eligibility` ask something, as bits."""
    asked = (
        *(bool(terms.age_min), terms.age_max is not None),
        *(bool(terms.groups) and TargetGroup.EVERYONE not in terms.groups, bool(terms.hardship)),
        *(terms.disability is not None, bool(terms.areas), terms.funding_area is not None),
    )
    return sum(ask << place for place, ask in enumerate(asked))


def _hardship_bits(kinds: Iterable[str]) -> int:
    return sum(_HARDSHIPS[kind] for kind in set(kinds))


def _who(rows: Sequence[Terms], groups: dict[str, int]) -> Who:
    asked = [() if TargetGroup.EVERYONE in row.groups else row.groups for row in rows]
    flat = [groups.setdefault(code, len(groups)) for codes in asked for code in codes]
    oldest = [ANY_AGE if row.age_max is None else row.age_max for row in rows]
    return Who(
        age_min=np.array([row.age_min or 0 for row in rows], dtype=np.int16),
        age_max=np.array(oldest, dtype=np.int16),
        hardship=np.array([_hardship_bits(row.hardship) for row in rows], dtype=np.uint8),
        disability=np.array([_DISABILITY[row.disability] for row in rows], dtype=np.uint8),
        group_starts=_starts([len(codes) for codes in asked]),
        group=np.array(flat, dtype=np.int32),
    )


def _where(rows: Sequence[Terms]) -> Where:
    areas = [_range(area) for row in rows for area in row.areas]
    return Where(
        residence=np.array([_RESIDENCE[row.residence] for row in rows], dtype=np.uint8),
        funding=np.array([_range(row.funding_area) for row in rows], dtype=np.int64).reshape(-1, 2),
        area_starts=_starts([len(row.areas) for row in rows]),
        area=np.array(areas, dtype=np.int64).reshape(-1, 2),
    )


def _starts(lengths: Sequence[int]) -> Array:
    return np.concatenate([[0], np.cumsum(np.array(lengths, dtype=np.int32))]).astype(np.int32)


def _joined(old: Table, new: Table) -> Table:
    """The rows of both; starts of the second go on where the first ends."""
    columns = []
    for name, first, second in zip(old._fields, old, new, strict=True):
        rest = second[1:] + first[-1] if name.endswith("_starts") else second
        columns.append(np.concatenate([first, rest]))
    return type(old)(*columns)
