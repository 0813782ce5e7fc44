"""Answers as bytes, ready to send, written straight from the columns.

What an answer says of a row whatever the need is written once and kept (`Told`). Most rows that a
search gives are sure: every rule that asks something is met. Which rules do ask depends on the
terms and a few circumstances, so they are found once, by the rules, for all rows of one kind; so
are those of rows that wait for a circumstance only, when all is known of the person. Other open
facts are judged for each need, wishes and measured walks row by row. All ways give the same answer.
"""

from collections.abc import Sequence
from itertools import repeat
from math import sqrt
from typing import Any, Final, NamedTuple

import orjson

from common.contracts.matching_queries import WalkingBy
from matching.domain.demand import Need
from matching.domain.eligibility import Judged, judge, plain, unknown
from matching.domain.scoring import BELOW, FAR, parts
from matching.shelf.asking import Asked, asked
from matching.shelf.choosing import Chosen, chosen
from matching.shelf.columns import REMOTE_BITS
from matching.shelf.entries import CHANNELS
from matching.shelf.footpaths import Footpaths
from matching.shelf.lists import NONE, Lists, id_of
from matching.shelf.shelf import Run, Shelf
from matching.shelf.terms import CODE_DIGITS, OPEN

REMEMBERED: Final = 50_000  # rows of a run, some 30 MB; and verdicts of kinds
_NO_ITEMS: Final = b'{"items":[]}'
_NULL: Final = b"null"
_CHANNELS: Final = tuple(
    orjson.dumps(sorted(word for n, word in enumerate(CHANNELS) if bits >> n & 1))
    for bits in range(1 << len(CHANNELS))
)
_OFFERED: Final = b',"channels":%b,"price_fen":%b,"places_left":%b,"walking_minutes":'
# A `Match` from behind `walking_minutes` on; what comes before and after is the row's own.
_BY_LINE: Final = b',"walking_by":"%b","score_minutes":' % WalkingBy.LINE.value.encode()
_BY_NOBODY: Final = b',"walking_by":null,"score_minutes":'
_WALKED: Final = b',"parts":[{"part":"walking","measured":'
_WEIGHED: Final = b',"weight":%b,"rule":"score.walking","minutes":'
_NOTHING_WAITS: Final = b'"to_verify":[]}'

Hit = tuple[float, Run, tuple[int, int]]  # what a row ranks by; its place, and the places left


class Told(NamedTuple):
    """What answers say of a row whatever the need, and what they are reckoned from."""

    begin: bytes  # to the provider
    address: bytes  # its venue
    offered: bytes  # from the channels to the places left
    parts: bytes  # of the score, behind the walk
    standing: float  # what those come to
    x: float
    y: float
    channels: int
    timetable: int
    is_priced: bool
    kind: int  # rows of one kind are asked the same by a need


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
    found = [hit for run in shelf.runs for hit in _found(shelf, run, numbers, limit)]
    if not found:
        return _NO_ITEMS
    if len(shelf.runs) > 1:
        found.sort(key=lambda hit: (hit[0], id_of(hit[1].columns.rows, hit[2][0])))
    return b'{"items":[%b]}' % _Writing(shelf.lists, need, numbers).text(found[:limit])


def _listed(items: Sequence[bytes]) -> bytes:
    return b'{"items":[' + b",".join(items) + b"]}" if items else _NO_ITEMS


def _found(shelf: Shelf, run: Run, numbers: Asked, limit: int) -> list[Hit]:
    """The best rows of a run, in order."""
    places, ranks = shelf.search(run, numbers, limit)
    left = shelf.seen(run, numbers.when).rows.left[places].tolist()
    return list(zip(ranks.tolist(), repeat(run), zip(places.tolist(), left)))  # noqa: B905 - so many


class _Writing:
    """Texts of rows for one need."""

    def __init__(self, lists: Lists, need: Need, numbers: Asked) -> None:
        self._lists, self._need, self._numbers = lists, need, numbers
        self._asks = _asks(need, numbers)
        self._is_certain = is_certain(need)
        self._waiting: dict[tuple[str, ...], bytes] = {(): _NOTHING_WAITS}
        self._judged: dict[tuple[Any, ...], tuple[bytes, bytes]] = {}

    def text(self, found: Sequence[Hit]) -> bytes:
        """A `Match` of each row that was found, with commas between."""
        rows = [hit[1].told.get(hit[2]) or self._told(hit) for hit in found]
        walks = [self._walk(row) for row in rows]
        weight = self._numbers.minute
        figures = [weight]
        for row, far in zip(rows, walks, strict=True):
            walked = FAR if far is None else far
            near = weight * walked
            figures += (walked, near, near + row.standing)
        weighed, *written = orjson.dumps(figures)[1:-1].split(b",")
        threes = written[::3], written[1::3], written[2::3]
        weighing, pieces = _WEIGHED % weighed, list[bytes]()
        for hit, row, far, walk, near_text, score in zip(found, rows, walks, *threes, strict=True):
            by, told = (_BY_LINE if far else _BY_NOBODY), (_NULL if far is None else walk)
            pieces += row[:3]  # begin, address, offered
            pieces += (told, by, score, _WALKED, walk, weighing, near_text, row.parts)
            pieces += self._verdict(hit, row, far)
        return b"".join(pieces)[1:]  # without the comma before the first

    def _walk(self, row: Told) -> float | None:
        numbers = self._numbers
        if row.channels & numbers.channels & REMOTE_BITS:
            return 0.0
        east, north = row.x - numbers.x, row.y - numbers.y
        far = sqrt(east * east + north * north) * numbers.per_degree
        return None if far != far else far  # noqa: PLR0124 - nan: a place is not known

    def _verdict(self, hit: Hit, row: Told, far: float | None) -> tuple[bytes, bytes]:
        """Whether it is eligible with the rules that are met, and those to be verified."""
        is_sure = hit[0] < BELOW / 2
        if not (is_sure or self._is_certain):
            return self._unsure(hit, row, far)
        waits = () if is_sure else self._waits(row, far)
        key = self._asks, row.kind, waits
        met = self._lists.met.get(key)
        if met is None:
            if len(self._lists.met) >= REMEMBERED:
                self._lists.met.clear()
            met = self._lists.met[key] = self._by_the_rules(hit)[0]
        return met, self._waiting.get(waits) or self._wait(waits)

    def _waits(self, row: Told, far: float | None) -> tuple[str, ...]:
        """The circumstances that are not known of a row, of those that are asked."""
        need = self._need
        opening = self._numbers.hours[row.timetable] == OPEN
        price = need.price_at_most_fen is not None and not row.is_priced
        distance = need.minutes_at_most is not None and far is None
        names = (("opening_time", opening), ("price", price), ("distance", distance))
        return tuple(name for name, is_open in names if is_open)

    def _wait(self, waits: tuple[str, ...]) -> bytes:
        """What the need tells of circumstances that are not known: the same for every row."""
        rules = [rule for rule in unknown(self._need) if rule.rule in waits]
        self._waiting[waits] = found = _verifying(rules)
        return found

    def _unsure(self, hit: Hit, row: Told, far: float | None) -> tuple[bytes, bytes]:
        """The verdict of rows with open facts, for this need."""
        key = row.kind, far is None, self._numbers.hours[row.timetable]
        known = self._judged.get(key)
        if known is None:
            known = self._judged[key] = self._by_the_rules(hit)
        return known

    def _by_the_rules(self, hit: Hit) -> tuple[bytes, bytes]:
        lists = self._lists
        _, run, (place, _) = hit
        offer = lists.offer(run.columns.rows, place)
        verdict = judge(self._need, offer, lists.policy.walk)
        met = orjson.dumps([rule.rule for rule in verdict.rules if rule.met])
        eligible = orjson.dumps(verdict.eligible)
        waiting = _verifying([rule for rule in verdict.rules if rule.met is None])
        return b'"eligible":%b,"met":%b,' % (eligible, met), waiting

    def _told(self, hit: Hit) -> Told:
        """Write down what stays as it is as long as the row stands where it stands."""
        _, run, (place, left) = hit
        lists, rows, kept = self._lists, run.columns.rows, run.told
        channels, price, stands = rows.channels[place], int(rows.price[place]), rows.stands[place]
        terms = int(rows.who[place]), int(rows.where[place])
        rating, scarcity = float(rows.rating[place]), float(rows.scarcity[place])
        told = Told(
            rows.begin[place],
            self._address(int(rows.venue[place])),
            _OFFERED % (_CHANNELS[channels], _number(price), _number(left)),
            self._parts(None if rating != rating else rating, scarcity),  # noqa: PLR0124 - nan
            standing=float(run.columns.standing[place]),
            x=float(rows.x[place]),
            y=float(rows.y[place]),
            channels=int(channels),
            timetable=int(rows.timetable[place]),
            is_priced=price != NONE,
            kind=lists.kinds.number(
                (*terms, int(channels), bool(stands), left == NONE, price == NONE)
            ),
        )
        if len(kept) >= REMEMBERED:
            kept.clear()
        kept[hit[2]] = told
        return told

    def _address(self, number: int) -> bytes:
        lists = self._lists
        known = lists.addresses.get(number)
        if known is None:
            venue = lists.venues.value(number)
            house = None if venue is None else lists.houses.get(venue)
            text = orjson.dumps({"venue_id": venue, "venue_name": house and house.name})
            known = lists.addresses[number] = b"," + text[1:-1]
        return known

    def _parts(self, rating: float | None, scarcity: float) -> bytes:
        """The parts of the score that no need changes, as `scoring.parts` tells them."""
        lists, policy = self._lists, self._lists.policy
        known = lists.parts.get((rating, scarcity))
        if known is not None:
            return known
        if rating is None:
            items = [_part("new_provider", 1.0, policy.new_provider, -policy.new_provider)]
        else:
            items = [_part("rating", rating, policy.rating, -(policy.rating * rating))]
        if scarcity:
            items.append(_part("scarcity", scarcity, policy.scarcity, policy.scarcity * scarcity))
        if len(lists.parts) >= REMEMBERED:
            lists.parts.clear()
        known = lists.parts[rating, scarcity] = b"}," + b",".join(items) + b"],"
        return known


def _asks(need: Need, numbers: Asked) -> int:
    """Which rules a need makes ask something, and how it may be reached, as bits."""
    asks = (
        *(numbers.is_channel_asked, bool(need.moments), need.price_at_most_fen is not None),
        *(bool(need.features), need.minutes_at_most is not None),
    )
    return sum(ask << place for place, ask in enumerate(asks)) | numbers.channels << len(asks)


def is_certain(need: Need) -> bool:
    """Whether so much is known and verified of the person that no rule about people stays open."""
    person = need.person
    homes = person.registered_area, person.living_area
    return (
        not need.unverified
        and need.ages is not None
        and need.ages[0] == need.ages[1]
        and not any(fact is None for fact in (person.groups, person.hardship))
        and person.disability_grade is not None
        and all(home is not None and len(home) == CODE_DIGITS for home in homes)
    )


def _verifying(rules: Sequence[Judged]) -> bytes:
    return b'"to_verify":%b}' % orjson.dumps([plain(rule) for rule in rules])


def _part(part: str, measured: float, weight: float, minutes: float) -> bytes:
    """A `ScorePart`."""
    told = {"part": part, "measured": measured, "weight": weight}
    return orjson.dumps({**told, "rule": f"score.{part}", "minutes": minutes})


def _number(number: int) -> bytes:
    """A price or places; null where they are not known or not counted."""
    return _NULL if number == NONE else b"%d" % number
