"""Answers as bytes, ready to send.

They are written straight from the columns (`writing`) once there is machine code for it. Wishes and
measured walks are judged row by row, as everything is until then. Both ways give the same answer.
"""

from collections.abc import Sequence
from itertools import compress
from typing import Any

import orjson

from common.contracts.matching_queries import WalkingBy
from matching.domain.demand import Need
from matching.domain.eligibility import plain
from matching.domain.scoring import parts
from matching.shelf.asking import Wanted
from matching.shelf.choosing import Chosen, by_footpaths, by_line
from matching.shelf.compiled import IS_READY
from matching.shelf.footpaths import Footpaths
from matching.shelf.shelf import Shelf
from matching.shelf.writing import written


async def answer(shelf: Shelf, need: Need, limit: int, footpaths: Footpaths | None) -> bytes:
    """The items of a `NeedMatches` as JSON, side by side: the best for a need, each explained."""
    if footpaths is None or need.place is None:
        return answers(shelf, [Wanted(need, limit)])[0]
    found = await by_footpaths(shelf, need, need.place, limit, footpaths)
    return _listed(shelf, need, found)


def answers(shelf: Shelf, wanted: Sequence[Wanted]) -> list[bytes]:
    """The same for several needs, where no walk is to be measured."""
    is_ready = IS_READY.is_set()
    quick = [is_ready and not need.wishes.count for need, _ in wanted]
    texts = iter(written(shelf, list(compress(wanted, quick))))
    return [
        next(texts) if is_quick else _listed(shelf, need, by_line(shelf, need, limit))
        for is_quick, (need, limit) in zip(quick, wanted, strict=True)
    ]


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


def _listed(shelf: Shelf, need: Need, found: Sequence[Chosen]) -> bytes:
    return orjson.dumps([judged(shelf, need, one) for one in found])[1:-1]
