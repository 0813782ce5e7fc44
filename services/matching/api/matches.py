"""Matching over HTTP: the best for a need, for many needs, and why an offering is not among them.

Nothing that is asked is kept, and nothing of it says who the person is.
"""

from functools import cache
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Response
from starlette.requests import Request

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.calendar import Calendar
from common.contracts import matching_queries as contracts
from common.errors import problems
from common.route import TransactionRoute
from matching.domain.demand import Need
from matching.domain.eligibility import told
from matching.domain.scoring import parts
from matching.shelf.choosing import Chosen, chosen
from matching.shelf.following import Following, MatchesLoading
from matching.shelf.shelf import Shelf

router = APIRouter(prefix="/v1", tags=["matches"], route_class=TransactionRoute)

Asker = Annotated[Actor, needs(Permission.MATCH_QUERY, query=True)]


@cache
def official_calendar() -> Calendar:
    """The calendar of holidays and make-up days of this release."""
    return Calendar.load()


async def _days() -> Calendar:
    return official_calendar()


async def _followed(request: Request) -> Following:
    found: Following = request.state.own
    return found


Days = Annotated[Calendar, Depends(_days)]
Index = Annotated[Following, Depends(_followed)]


@router.post("/matches", response_model=contracts.Matches, responses=problems(MatchesLoading))
async def match(
    asked: contracts.MatchesAsked,
    index: Index,
    days: Days,
    actor: Asker,  # noqa: ARG001 - who may ask
) -> Response:
    """为每个需求给出最合适的服务，逐项说明 / The best offerings for each need, each explained."""
    shelf = await index.current()
    results = []
    for each in asked.needs:
        need = Need.asked(each, days)
        found = await chosen(shelf, need, asked.limit, index.footpaths)
        results.append({"items": [_told(shelf, need, one) for one in found]})
    answer = {"results": results, "index": index.state.model_dump()}
    return Response(orjson.dumps(answer), media_type="application/json")


@router.post("/matches/why-not", responses=problems(MatchesLoading))
async def why_not(
    asked: contracts.WhyNotAsked,
    index: Index,
    days: Days,
    actor: Asker,  # noqa: ARG001 - who may ask
) -> contracts.WhyNot:
    """某项服务为何不在其列：逐条规则与排位 / Why an offering is not given: rules and place.

    `better` 按直线步行计。 / `better` counts by the straight line.
    """
    shelf = await index.current()
    need = Need.asked(asked.need, days)
    found = shelf.answer(need, asked.offering_id)
    if found is None:
        return contracts.WhyNot(
            known=False,
            eligible=None,
            rules=[],
            parts=[],
            score_minutes=None,
            better=None,
            index=index.state,
        )
    return contracts.WhyNot(
        known=True,
        eligible=found.verdict.eligible,
        rules=[told(rule) for rule in found.verdict.rules],
        parts=parts(shelf.lists.policy, need, found.offer, found.far),
        score_minutes=found.minutes,
        better=found.better,
        index=index.state,
    )


def _told(shelf: Shelf, need: Need, one: Chosen) -> dict[str, Any]:
    """A `Match` as plain values."""
    offer, verdict = one.offer, one.verdict
    walked = contracts.WalkingBy.ROUTER if one.is_measured else contracts.WalkingBy.LINE
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
        "to_verify": [told(rule).model_dump() for rule in verdict.rules if rule.met is None],
    }
