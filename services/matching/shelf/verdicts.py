"""What the rules say of rows, as bytes of an answer: found once for all rows of which it is so.

Most rows that a search gives are sure: every rule that asks something is met. Which rules do ask
depends on the terms and a few circumstances, so they are found once, by the rules, for all rows of
one form; so are those of rows that wait for a circumstance, or for what is not told of the person.
Facts that are told in part or not verified are judged for each need.
"""

from collections.abc import Sequence
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
        known = self._known
        if not any(waits):
            try:
                return [known[form] for form in forms]
            except KeyError:
                places = hit.found.rows.tolist()
                return [self._met(hit.columns, *each) for each in zip(places, forms, strict=True)]
        return self._waiting(hit, forms, waits)

    def _waiting(self, hit: Hit, forms: Sequence[int], waits: Sequence[int]) -> list[bytes]:
        """The same where some rows wait for something.

        What is said up to that, by kind and what is waited for, is the same for everybody of whom
        the same is asked and the same was not told; of whom facts are told in part it is his own.
        """
        columns, rows, bare = hit.columns, hit.found.rows, untold(self._need)
        begun = {} if bare is None else self._lists.open.setdefault((self._asks, bare), {})
        ends = {bits: b"" if bare is None else self._end(bits) for bits in set(waits)}
        kinds, said = forms if bare == 0 else columns.kind[rows].tolist(), []
        for place, form, kind, bits in zip(rows.tolist(), forms, kinds, waits, strict=True):
            told = begun.get((kind, bits)) if bits else self._met(columns, place, form)
            if told is None:
                told = begun[kind, bits] = self._begun(
                    columns, place, bits, is_shared=bare is not None
                )
            said.append(told + ends[bits] if bits else told)
        return said

    def _begun(self, columns: Columns, place: int, bits: int, *, is_shared: bool) -> bytes:
        """The verdict of a row that waits, up to what the need tells of circumstances; or whole."""
        if not is_shared:
            return self._by_the_rules(columns, place)
        verdict, waits = self._judge(columns, place), _names(bits)
        rules = [rule for rule in verdict.rules if rule.met is None and rule.rule not in waits]
        self._lists.make_room(REMEMBERED)
        return _head(verdict) + _plain(rules) + (b"," if rules and waits else b"")

    def _end(self, bits: int) -> bytes:
        """What the need tells of circumstances that are not known: the same for every row."""
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
