"""What the rules say of rows, as bytes of an answer: found once for all rows of which it is so.

Most rows that a search gives are sure: every rule that asks something is met. Which rules do ask
depends on the terms and a few circumstances, so they are found once, by the rules, for all rows of
one form; so are those of rows that wait for a circumstance, or for what is not told of the person.
Facts that are told in part or not verified are judged for each need.
"""

from collections.abc import Sequence
from functools import cached_property
from math import isnan
from typing import Any, Final

import orjson

from matching.domain.demand import Need
from matching.domain.eligibility import Judged, Verdict, judge, plain, unknown
from matching.domain.scoring import BELOW
from matching.shelf.asking import Asked
from matching.shelf.columns import Columns, Rows
from matching.shelf.lists import Lists
from matching.shelf.plain import Found
from matching.shelf.terms import CODE_DIGITS, OPEN

REMEMBERED: Final = 50_000  # verdicts with open facts


def is_sure(found: Found) -> bool:
    """Whether every rule is met of all rows of a search, as in most answers."""
    return bool(found.ranks[-1] < BELOW / 2)


class Verdicts:
    """What the rules say of rows for one need."""

    def __init__(self, lists: Lists, need: Need, numbers: Asked) -> None:
        self._lists, self._need, self._numbers = lists, need, numbers
        self._asks = _asks(need, numbers)
        self._known = lists.met.setdefault(self._asks, {})
        self._waiting: dict[tuple[str, ...], bytes] = {(): b"]}"}
        self._judged: dict[tuple[Any, ...], bytes] = {}

    def of(self, columns: Columns, found: Found, forms: Sequence[int]) -> list[bytes]:
        """Whether each row is eligible with the rules that are met, and those to be verified.

        `forms` are those of the rows that were found (`Columns.form`).
        """
        if is_sure(found):
            known = self._known
            try:
                return [known[form] for form in forms]
            except KeyError:
                places = found.rows.tolist()
                return [self._met(columns, *each) for each in zip(places, forms, strict=True)]
        openings = self._numbers.hours[columns.rows.timetable[found.rows]]
        facts = zip(
            *(found.rows.tolist(), forms, openings.tolist()),
            *(found.ranks.tolist(), found.walks.tolist()),
            strict=True,
        )
        return [
            self._met(columns, place, form)
            if rank < BELOW / 2
            else self._open(columns, place, form, opening, is_nowhere=isnan(walk))
            for place, form, opening, rank, walk in facts
        ]

    @cached_property
    def _untold(self) -> int | None:
        return untold(self._need)

    def _met(self, columns: Columns, place: int, form: int) -> bytes:
        """The verdict of a row of which every rule is met."""
        known = self._known.get(form)
        if known is None:
            known = self._known[form] = self._by_the_rules(columns, place)
        return known

    def _open(
        self, columns: Columns, place: int, form: int, opening: int, *, is_nowhere: bool
    ) -> bytes:
        """The verdict of a row with open facts, for this need."""
        rows = columns.rows
        kind = form if self._untold == 0 else rows.kind(place)
        if self._untold is None:
            key = kind, is_nowhere, opening
            known = self._judged.get(key)
            if known is None:
                known = self._judged[key] = self._by_the_rules(columns, place)
            return known
        waits = self._waits(rows, place, opening, is_nowhere=is_nowhere)
        waiting = self._asks, kind, waits, self._untold
        begun = self._lists.open.get(waiting)
        if begun is None:
            begun = self._remembered(waiting, self._begun(columns, place, waits))
        return begun + (self._waiting.get(waits) or self._wait(waits))

    def _waits(self, rows: Rows, row: int, opening: int, *, is_nowhere: bool) -> tuple[str, ...]:
        """The circumstances that are not known of a row, of those that are asked."""
        need = self._need
        waits: tuple[str, ...] = ("opening_time",) if opening == OPEN else ()
        if need.price_at_most_fen is not None and rows.price[row] < 0:
            waits += ("price",)
        if need.minutes_at_most is not None and is_nowhere:
            waits += ("distance",)
        return waits

    def _wait(self, waits: tuple[str, ...]) -> bytes:
        """What the need tells of circumstances that are not known: the same for every row."""
        rules = [rule for rule in unknown(self._need) if rule.rule in waits]
        self._waiting[waits] = found = b"%b]}" % _plain(rules)
        return found

    def _begun(self, columns: Columns, place: int, waits: Sequence[str]) -> bytes:
        """What is the same for all rows of which the same is asked, up to what waits."""
        verdict = self._judge(columns, place)
        untold = [rule for rule in verdict.rules if rule.met is None and rule.rule not in waits]
        return _head(verdict) + _plain(untold) + (b"," if untold and waits else b"")

    def _by_the_rules(self, columns: Columns, place: int) -> bytes:
        verdict = self._judge(columns, place)
        waiting = _plain([rule for rule in verdict.rules if rule.met is None])
        return b"%b%b]}" % (_head(verdict), waiting)

    def _judge(self, columns: Columns, place: int) -> Verdict:
        offer = self._lists.offer(columns.rows, place)
        return judge(self._need, offer, self._lists.policy.walk)

    def _remembered(self, key: tuple[Any, ...], found: bytes) -> bytes:
        """Keep a text for all needs."""
        if len(self._lists.open) >= REMEMBERED:
            self._lists.open.clear()
        self._lists.open[key] = found
        return found


def untold(need: Need) -> int | None:
    """Which facts nobody told of the person, as bits; None where one is told in part.

    A rule that waits for a fact that is not told says the same to everybody. One that waits for a
    fact that is told in part, or not verified, says what was told.
    """
    person, ages = need.person, need.ages
    homes = [home for home in (person.registered_area, person.living_area) if home is not None]
    is_partly_told = len(homes) == 1 or any(len(home) != CODE_DIGITS for home in homes)
    if need.unverified or is_partly_told or (ages is not None and ages[0] != ages[1]):
        return None
    facts = ages, person.groups, person.hardship, person.disability_grade, homes or None
    return sum((fact is None) << place for place, fact in enumerate(facts))


def _asks(need: Need, numbers: Asked) -> int:
    """Which rules a need makes ask something, and how it may be reached, as bits."""
    circumstances = (
        (need.minutes_at_most is not None) << 4
        | bool(need.features) << 3
        | (need.price_at_most_fen is not None) << 2
        | bool(need.moments) << 1
        | numbers.is_channel_asked
    )
    return circumstances | numbers.channels << 5


def _head(verdict: Verdict) -> bytes:
    met = orjson.dumps([rule.rule for rule in verdict.rules if rule.met])
    return b'"eligible":%b,"met":%b,"to_verify":[' % (orjson.dumps(verdict.eligible), met)


def _plain(rules: Sequence[Judged]) -> bytes:
    return orjson.dumps([plain(rule) for rule in rules])[1:-1]
