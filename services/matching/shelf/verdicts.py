"""What the rules say of rows, as bytes of an answer: found once for all rows of which it is so.

Most rows that a search gives are sure: every rule that asks something is met. Which rules do ask
depends on the terms and a few circumstances, so they are found once, by the rules, for all rows of
one form; so are those of rows that wait for a circumstance, or for what is not told of the person.
Facts that are told in part or not verified are judged for each need.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Final

import orjson

from matching.domain.demand import Need
from matching.domain.eligibility import Judged, Verdict, judge, plain, unknown
from matching.shelf.asking import Asked
from matching.shelf.columns import Columns
from matching.shelf.lists import Lists
from matching.shelf.plain import CIRCUMSTANCES
from matching.shelf.runs import Hit
from matching.shelf.terms import CODE_DIGITS

REMEMBERED: Final = 50_000  # verdicts with open facts


class Verdicts:
    """What the rules say of rows for one need."""

    def __init__(self, lists: Lists, need: Need, numbers: Asked) -> None:
        self._lists, self._need = lists, need
        self._asks = _asks(need, numbers)
        self._known = lists.met.setdefault(self._asks, {})

    def of(self, hit: Hit, forms: Sequence[int], waits: Sequence[int]) -> list[bytes]:
        """Whether each row is eligible with the rules that are met, and those to be verified.

        `forms` and `waits` are those of the rows that were found (`Columns.form`, `Found.waits`).
        """
        columns, found = hit.columns, hit.found
        known = self._known
        if not any(waits):
            try:
                return [known[form] for form in forms]
            except KeyError:
                places = found.rows.tolist()
                return [self._met(columns, *each) for each in zip(places, forms, strict=True)]
        places, begun = found.rows.tolist(), self._open
        kinds = forms if self._untold == 0 else columns.kind[found.rows].tolist()
        ends = {bits: self._end(bits) for bits in set(waits)}
        return [
            (begun.get((kind, bits)) or self._begun(columns, place, kind, bits)) + ends[bits]
            if bits
            else known.get(form) or self._met(columns, place, form)
            for place, form, kind, bits in zip(places, forms, kinds, waits, strict=True)
        ]

    @cached_property
    def _untold(self) -> int | None:
        return untold(self._need)

    @cached_property
    def _open(self) -> dict[tuple[int, int], bytes]:
        """The verdicts of rows with open facts, by kind and what they wait for, up to that.

        Those of a need of which facts are told in part are its own, and whole; all others say the
        same of everybody of whom the same is asked and the same was not told.
        """
        if self._untold is None:
            return {}
        return self._lists.open.setdefault((self._asks, self._untold), {})

    def _begun(self, columns: Columns, place: int, kind: int, bits: int) -> bytes:
        """The verdict of a row with open facts, up to what the need tells of circumstances."""
        if self._untold is None:
            told = self._by_the_rules(columns, place)
        else:
            verdict, waits = self._judge(columns, place), _names(bits)
            rules = [rule for rule in verdict.rules if rule.met is None and rule.rule not in waits]
            told = _head(verdict) + _plain(rules) + (b"," if rules and waits else b"")
            self._lists.make_room(REMEMBERED)
        self._open[kind, bits] = told
        return told

    def _end(self, bits: int) -> bytes:
        """What the need tells of circumstances that are not known: the same for every row."""
        if self._untold is None:
            return b""
        need, kept = self._need, self._lists.waits
        key = bits, need.moments, need.price_at_most_fen, need.minutes_at_most
        told = kept.get(key)
        if told is None:
            waits = _names(bits)
            told = b"%b]}" % _plain([rule for rule in unknown(need) if rule.rule in waits])
            if len(kept) >= REMEMBERED:
                kept.clear()
            kept[key] = told
        return told

    def _met(self, columns: Columns, place: int, form: int) -> bytes:
        """The verdict of a row of which every rule is met."""
        known = self._known.get(form)
        if known is None:
            known = self._known[form] = self._by_the_rules(columns, place)
        return known

    def _by_the_rules(self, columns: Columns, place: int) -> bytes:
        verdict = self._judge(columns, place)
        waiting = _plain([rule for rule in verdict.rules if rule.met is None])
        return b"%b%b]}" % (_head(verdict), waiting)

    def _judge(self, columns: Columns, place: int) -> Verdict:
        offer = self._lists.offer(columns.rows, place)
        return judge(self._need, offer, self._lists.policy.walk)


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


def _names(bits: int) -> list[str]:
    """The rules of the circumstances among some bits."""
    return [name for bit, name in CIRCUMSTANCES.items() if bits & bit]


def _head(verdict: Verdict) -> bytes:
    met = orjson.dumps([rule.rule for rule in verdict.rules if rule.met])
    return b'"eligible":%b,"met":%b,"to_verify":[' % (orjson.dumps(verdict.eligible), met)


def _plain(rules: Sequence[Judged]) -> bytes:
    return orjson.dumps([plain(rule) for rule in rules])[1:-1]
