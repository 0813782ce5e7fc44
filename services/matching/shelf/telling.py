"""Answers as bytes, ready to send, written straight from the columns.

Most rows that a search gives are sure: every rule that asks something is met. Which rules do ask
depends on the terms and a few circumstances, so a verdict is worked out once, by the rules, for all
rows alike; one with open facts serves the rows of its need. Wishes and measured walks are judged
row by row. Both ways give the same answer.
"""

from collections.abc import Iterator
from itertools import islice
from math import sqrt
from typing import Any, Final

import orjson

from common.contracts.matching_queries import WalkingBy
from matching.domain.demand import Need
from matching.domain.eligibility import judge, plain
from matching.domain.scoring import BELOW, FAR, parts
from matching.shelf.asking import Asked, asked
from matching.shelf.choosing import Chosen, chosen
from matching.shelf.columns import REMOTE_BITS
from matching.shelf.entries import CHANNELS
from matching.shelf.footpaths import Footpaths
from matching.shelf.lists import NONE, Lists
from matching.shelf.shelf import Run, Shelf

REMEMBERED: Final = 20_000  # rows of a run, some 7 MB
_NO_ITEMS: Final = b'{"items":[]}'
_CHANNELS: Final = tuple(
    orjson.dumps(sorted(word for n, word in enumerate(CHANNELS) if bits >> n & 1)).decode()
    for bits in range(1 << len(CHANNELS))
)


async def answer(shelf: Shelf, need: Need, limit: int, footpaths: Footpaths | None) -> bytes:
    """A `NeedMatches` as JSON: the best for a need, each explained."""
    if footpaths is None and not need.wishes.count:
        return _written(shelf, need, limit)
    found = await chosen(shelf, need, limit, footpaths)
    return _listed([orjson.dumps(judged(shelf, need, one)) for one in found])


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
    numbers = asked(need, shelf.lists)
    found = [row for run in shelf.runs for row in _rows(shelf, need, numbers, run, limit)]
    if len(shelf.runs) > 1:
        found.sort(key=lambda row: (row[0], row[1]))
    return _listed([text for _, _, text in islice(found, limit)])


def _listed(items: list[bytes]) -> bytes:
    return b'{"items":[' + b",".join(items) + b"]}" if items else _NO_ITEMS


def _rows(
    shelf: Shelf, need: Need, numbers: Asked, run: Run, limit: int
) -> Iterator[tuple[float, int, bytes]]:
    """Rank, id and text of the best rows of a run, in order."""
    places, ranks = shelf.search(run, numbers, limit)
    rows = run.columns.rows
    writing = _Writing(shelf.lists, need, numbers)
    columns = (
        *(rows.id, rows.venue, rows.who, rows.where, rows.timetable, rows.channels, rows.stands),
        *(rows.price, rows.left, rows.x, rows.y, rows.rating, rows.scarcity),
    )
    values = zip(*(column[places].tolist() for column in columns), strict=True)
    for place, rank, row in zip(places.tolist(), ranks.tolist(), values, strict=True):
        text = writing.text(run, place, row, is_sure=rank < BELOW / 2)
        yield rank, row[0][0] << 64 | row[0][1], text


class _Writing:
    """Texts of rows for one need."""

    def __init__(self, lists: Lists, need: Need, numbers: Asked) -> None:
        self._lists, self._need, self._numbers = lists, need, numbers
        policy = lists.policy
        self._policy = policy
        self._weight = policy.minutes_of(need.urgency)
        self._asks = (
            *(bool(need.channels), bool(need.moments), need.price_at_most_fen is None),
            *(bool(need.features), need.minutes_at_most is None),
        )
        self._open: dict[tuple[Any, ...], str] = {}

    def text(self, run: Run, place: int, row: tuple[Any, ...], *, is_sure: bool) -> bytes:
        """A `Match` of a row that no rule excludes."""
        _, venue, who, where, hours, channels, stands, price, left, x, y, rating, scarcity = row
        is_remote = channels & self._numbers.channels & REMOTE_BITS > 0
        far = 0.0 if is_remote else self._walk(x, y)
        alike = who, where, stands, left == NONE, is_remote, price == NONE
        if is_sure:
            verdict = self._met(run, place, alike)
        else:
            verdict = self._unsure(run, place, (*alike, far is None, self._numbers.hours[hours]))
        score, parts = self._score(far, rating, scarcity)
        return (
            f"{run.told.get(place) or self._fixed(run, place, channels, price)}"
            f'"venue_name":{self._venue(venue)},'
            f'"places_left":{"null" if left == NONE else left},'
            f'"walking_minutes":{"null" if far is None else repr(far)},'
            f'"walking_by":{_LINE if far else "null"},"score_minutes":{score!r},'
            f'"parts":[{parts}],{verdict}}}'
        ).encode()

    def _walk(self, x: float, y: float) -> float | None:
        east, north = x - self._numbers.x, y - self._numbers.y
        far = sqrt(east * east + north * north) * self._numbers.per_degree
        return None if far != far else far  # noqa: PLR0124 - nan: a place is not known

    def _score(self, far: float | None, rating: float, scarcity: float) -> tuple[float, str]:
        """As `scoring.score` and `scoring.parts` say, the order of the operations the same."""
        policy, walked = self._policy, FAR if far is None else far
        near = self._weight * walked
        items = [_part("walking", walked, self._weight, near)]
        if rating != rating:  # noqa: PLR0124 - nan: not rated
            openness = policy.new_provider
            items.append(_part("new_provider", 1.0, openness, -openness))
        else:
            openness = policy.rating * rating
            items.append(_part("rating", rating, policy.rating, -openness))
        price = policy.scarcity * scarcity
        if scarcity:
            items.append(_part("scarcity", scarcity, policy.scarcity, price))
        return near + (price - openness), ",".join(items)

    def _fixed(self, run: Run, place: int, channels: int, price: int) -> str:
        """What stays as it is as long as the row stands where it stands."""
        rows, lists = run.columns.rows, self._lists
        high, low = rows.id[place].tolist()
        provider = lists.providers.value(int(rows.provider[place]))
        venue = lists.venues.value(int(rows.venue[place]))
        text = (
            f'{{"offering_id":"{_id(high, low)}","name":{_json(rows.name[place])},'
            f'"category":{_json(lists.paths.values[rows.path[place]].rpartition("/")[2])},'
            f'"provider_id":{_json(provider)},"venue_id":{_json(venue)},'
            f'"channels":{_CHANNELS[channels]},"price_fen":{"null" if price == NONE else price},'
        )
        if len(run.told) >= REMEMBERED:
            run.told.clear()
        run.told[place] = text
        return text

    def _met(self, run: Run, place: int, alike: tuple[Any, ...]) -> str:
        """The verdict of sure rows: which rules ask something is the same wherever this is."""
        key = self._asks + alike
        known = self._lists.met.get(key)
        if known is None:
            if len(self._lists.met) >= REMEMBERED:
                self._lists.met.clear()
            known = self._lists.met[key] = self._judged(run, place)
        return known

    def _unsure(self, run: Run, place: int, alike: tuple[Any, ...]) -> str:
        """The verdict of rows with open facts, for this need."""
        known = self._open.get(alike)
        if known is None:
            known = self._open[alike] = self._judged(run, place)
        return known

    def _judged(self, run: Run, place: int) -> str:
        offer = self._lists.offer(run.columns.rows, place)
        verdict = judge(self._need, offer, self._policy.walk)
        met = [rule.rule for rule in verdict.rules if rule.met]
        unsure = [plain(rule) for rule in verdict.rules if rule.met is None]
        return (
            f'"eligible":{_json(verdict.eligible)},"met":{_json(met)},"to_verify":{_json(unsure)}'
        )

    def _venue(self, number: int) -> str:
        venue = self._lists.venues.value(number)
        house = None if venue is None else self._lists.houses.get(venue)
        return "null" if house is None else _json(house.name)


_LINE: Final = f'"{WalkingBy.LINE.value}"'


def _part(part: str, measured: float, weight: float, minutes: float) -> str:
    """A `ScorePart`."""
    return (
        f'{{"part":"{part}","measured":{measured!r},"weight":{weight!r},'
        f'"rule":"score.{part}","minutes":{minutes!r}}}'
    )


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _id(high: int, low: int) -> str:
    digits = f"{high:016x}{low:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
