"""Answers as bytes, ready to send, written straight from the columns, piece by piece.

Most rows that a search gives are sure: every rule that asks something is met. Which rules do ask
depends on the terms and a few circumstances, so they are found once, by the rules, for all rows of
one kind; so are those of rows that wait for a circumstance, or for what is not told of the person.
Facts that are told in part or not verified are judged for each need, wishes and measured walks row
by row. All ways give the same answer.
"""

from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from itertools import chain, repeat
from math import isnan
from typing import Any, Final

import orjson

from common.contracts.matching_queries import WalkingBy
from matching.domain.demand import Need
from matching.domain.eligibility import Judged, Verdict, judge, plain, unknown
from matching.domain.scoring import BELOW, FAR, parts
from matching.shelf.asking import Asked, asked
from matching.shelf.choosing import Chosen, by_footpaths, by_line
from matching.shelf.columns import Rows
from matching.shelf.footpaths import Footpaths
from matching.shelf.lists import NONE
from matching.shelf.plain import Found
from matching.shelf.shelf import Run, Shelf
from matching.shelf.terms import CODE_DIGITS, OPEN

REMEMBERED: Final = 50_000  # verdicts with open facts, and parts of scores
_NULL: Final = b"null"
# A `Match` in the order of the pieces that `_Writing.rows` gives for each.
_MATCH: Final = (
    b'%b,"places_left":%b,"walking_minutes":%b,"walking_by":%b,"score_minutes":%b,'
    b'"parts":[{"part":"walking","measured":%b,"weight":%b,"rule":"score.walking","minutes":%b},'
    b"%b,%b"
)
_BY_LINE: Final = orjson.dumps(WalkingBy.LINE)
_BY: Final = {b"0.0": _NULL, _NULL: _NULL}  # what a walk is measured by, where not by the line
_FAR: Final = orjson.dumps(FAR)


async def answer(shelf: Shelf, need: Need, limit: int, footpaths: Footpaths | None) -> bytes:
    """A `NeedMatches` as JSON: the best for a need, each explained."""
    if footpaths is None or need.place is None:
        return answer_at_once(shelf, need, limit)
    found = await by_footpaths(shelf, need, need.place, limit, footpaths)
    return _listed(shelf, need, found)


def answer_at_once(shelf: Shelf, need: Need, limit: int) -> bytes:
    """The same where no walk is to be measured."""
    if need.wishes.count:
        return _listed(shelf, need, by_line(shelf, need, limit))
    return _written(shelf, need, limit)


def judged(shelf: Shelf, need: Need, one: Chosen) -> dict[str, Any]:
    """A `Match` as plain values, by the rules."""
    offer, verdict = one.offer, one.verdict
    walked = WalkingBy.ROUTER if one.is_measured else WalkingBy.LINE
    venue = shelf.lists.houses.get(offer.venue_id) if offer.venue_id else None
    return {
        "offering_id": offer.id,
        "name": shelf.name(one.spot),
        "category": offer.category_path.rpartition("/")[2],
        "provider_id": offer.provider_id,
        "venue_id": offer.venue_id,
        "venue_name": venue and venue.name,
        "channels": sorted(offer.channels),
        "price_fen": offer.price_fen,
        "places_left": offer.left,
        "walking_minutes": one.far,
        "walking_by": walked if one.far else None,
        "score_minutes": one.minutes,
        "parts": [part.model_dump() for part in parts(shelf.lists.policy, need, offer, one.far)],
        "eligible": verdict.eligible,
        "met": [rule.rule for rule in verdict.rules if rule.met],
        "to_verify": [plain(rule) for rule in verdict.rules if rule.met is None],
    }


def _written(shelf: Shelf, need: Need, limit: int) -> bytes:
    writing = _Writing(shelf, need, asked(need, shelf.lists))
    matches = [each for found in writing.found(limit) for each in writing.rows(*found)]
    return _items(len(matches)) % tuple(chain.from_iterable(matches))


@cache
def _items(count: int) -> bytes:
    """A `NeedMatches` of so many, to be filled."""
    return b'{"items":[%b]}' % b",".join([_MATCH] * count)


def _listed(shelf: Shelf, need: Need, found: Sequence[Chosen]) -> bytes:
    return orjson.dumps({"items": [judged(shelf, need, one) for one in found]})


class _Writing:
    """Texts of rows for one need."""

    def __init__(self, shelf: Shelf, need: Need, numbers: Asked) -> None:
        self._shelf, self._lists, self._need, self._numbers = shelf, shelf.lists, need, numbers
        self._asks = _asks(need, numbers)
        self._known = self._lists.met.setdefault(self._asks, {})
        self._waiting: dict[tuple[str, ...], bytes] = {(): b"]}"}
        self._judged: dict[tuple[Any, ...], bytes] = {}

    def found(self, limit: int) -> list[tuple[Run, Found]]:
        """The best rows of each run."""
        return self._shelf.found(self._numbers, limit)

    def rows(self, run: Run, found: Found) -> Iterable[tuple[bytes, ...]]:
        """The pieces of a `Match` of each row that was found."""
        columns, minute, places = run.columns, self._numbers.minute, found.rows
        rows, left = columns.rows, self._shelf.seen(run, self._numbers.when).rows.left
        walks, ranks = found.walks.tolist(), found.ranks.tolist()
        near = walks if minute == 1.0 else [minute * walk for walk in walks]
        is_sure = ranks[-1] < BELOW / 2  # all of them, as in most answers: they rank by their score
        score = ranks if is_sure else self._scores(run, found)
        counts = [None if count == NONE else count for count in left[places].tolist()]
        # A walk that is not known is nan, which is written null, and weighs as a far one.
        figures = orjson.dumps([counts, walks, near, score])[2:-2].split(b"],[")
        counted, walking, weighed, minutes = (part.split(b",") for part in figures)
        by: Iterable[bytes] = repeat(_BY_LINE)
        measured = walking
        if not _BY.keys().isdisjoint(walking):
            by = [_BY.get(walk, _BY_LINE) for walk in walking]
            measured, weighed = _or(_FAR, walking), _or(orjson.dumps(minute * FAR), weighed)
        ratings, prices = rows.rating[places].tolist(), rows.scarcity[places].tolist()
        return zip(
            *(rows.begin[places].tolist(), counted, walking, by, minutes),
            *(measured, repeat(orjson.dumps(minute)), weighed),
            *(self._parts(ratings, prices), self._verdicts(run, found, is_sure=is_sure)),
            strict=False,
        )

    def _scores(self, run: Run, found: Found) -> list[float]:
        """The sum of all parts of each row."""
        minute = self._numbers.minute
        standing = run.columns.standing[found.rows].tolist()
        far = [FAR if isnan(walk) else walk for walk in found.walks.tolist()]
        return [minute * walk + rest for walk, rest in zip(far, standing, strict=True)]

    @cached_property
    def _untold(self) -> int | None:
        return untold(self._need)

    def _verdicts(self, run: Run, found: Found, *, is_sure: bool) -> list[bytes]:
        """Whether each is eligible with the rules that are met, and those to be verified."""
        columns, places = run.columns, found.rows.tolist()
        forms = columns.form[found.rows].tolist()
        if is_sure:
            known = self._known
            return [
                known.get(form) or self._met(run, place, form)
                for form, place in zip(forms, places, strict=True)
            ]
        openings = self._numbers.hours[columns.rows.timetable[found.rows]].tolist()
        facts = zip(
            forms, places, openings, found.ranks.tolist(), found.walks.tolist(), strict=True
        )
        return [
            self._met(run, place, form)
            if rank < BELOW / 2
            else self._open(run, place, form, opening, is_nowhere=isnan(walk))
            for form, place, opening, rank, walk in facts
        ]

    def _met(self, run: Run, place: int, form: int) -> bytes:
        """The verdict of a row of which every rule is met."""
        known = self._known.get(form)
        if known is None:
            known = self._known[form] = self._by_the_rules(run, place)
        return known

    def _open(self, run: Run, place: int, form: int, opening: int, *, is_nowhere: bool) -> bytes:
        """The verdict of a row with open facts, for this need."""
        rows = run.columns.rows
        kind = form if self._untold == 0 else rows.kind(place)
        if self._untold is None:
            key = kind, is_nowhere, opening
            known = self._judged.get(key)
            if known is None:
                known = self._judged[key] = self._by_the_rules(run, place)
            return known
        waits = self._waits(rows, place, opening, is_nowhere=is_nowhere)
        waiting = self._asks, kind, waits, self._untold
        begun = self._lists.open.get(waiting)
        if begun is None:
            begun = self._remembered(waiting, self._begun(run, place, waits))
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

    def _begun(self, run: Run, place: int, waits: Sequence[str]) -> bytes:
        """What is the same for all rows of which the same is asked, up to what waits."""
        verdict = self._judge(run, place)
        untold = [rule for rule in verdict.rules if rule.met is None and rule.rule not in waits]
        return _head(verdict) + _plain(untold) + (b"," if untold and waits else b"")

    def _by_the_rules(self, run: Run, place: int) -> bytes:
        verdict = self._judge(run, place)
        waiting = _plain([rule for rule in verdict.rules if rule.met is None])
        return b"%b%b]}" % (_head(verdict), waiting)

    def _judge(self, run: Run, place: int) -> Verdict:
        offer = self._lists.offer(run.columns.rows, place)
        return judge(self._need, offer, self._lists.policy.walk)

    def _remembered(self, key: tuple[Any, ...], found: bytes) -> bytes:
        """Keep a text for all needs."""
        if len(self._lists.open) >= REMEMBERED:
            self._lists.open.clear()
        self._lists.open[key] = found
        return found

    def _parts(self, ratings: Sequence[float], prices: Sequence[float]) -> list[bytes]:
        """The parts of the score that no need changes, as `scoring.parts` tells them."""
        known = self._lists.parts
        keys = [
            (None if isnan(rating) else rating, price)
            for rating, price in zip(ratings, prices, strict=True)
        ]
        return [known.get(key) or self._weighed(*key) for key in keys]

    def _weighed(self, rating: float | None, scarcity: float) -> bytes:
        lists, policy = self._lists, self._lists.policy
        if rating is None:
            items = [_part("new_provider", 1.0, policy.new_provider, -policy.new_provider)]
        else:
            items = [_part("rating", rating, policy.rating, -(policy.rating * rating))]
        if scarcity:
            items.append(_part("scarcity", scarcity, policy.scarcity, policy.scarcity * scarcity))
        if len(lists.parts) >= REMEMBERED:
            lists.parts.clear()
        lists.parts[rating, scarcity] = told = b",".join(items) + b"]"
        return told


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


def _head(verdict: Verdict) -> bytes:
    met = orjson.dumps([rule.rule for rule in verdict.rules if rule.met])
    return b'"eligible":%b,"met":%b,"to_verify":[' % (orjson.dumps(verdict.eligible), met)


def _plain(rules: Sequence[Judged]) -> bytes:
    return orjson.dumps([plain(rule) for rule in rules])[1:-1]


def _or(known: bytes, figures: Sequence[bytes]) -> list[bytes]:
    """Figures, with one that is known in the place of those that are not."""
    return [known if figure == _NULL else figure for figure in figures]


def _part(part: str, measured: float, weight: float, minutes: float) -> bytes:
    """A `ScorePart`."""
    told = {"part": part, "measured": measured, "weight": weight}
    return orjson.dumps({**told, "rule": f"score.{part}", "minutes": minutes})
