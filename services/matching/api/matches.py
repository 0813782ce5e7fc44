"""Matching over HTTP: the best for a need, for many needs, and why an offering is not among them.

Nothing that is asked is kept, and nothing of it says who the person is.
"""

from collections.abc import Sequence
from itertools import accumulate, islice
from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Response
from pydantic import ValidationError
from starlette.requests import Request

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.calendar import Calendar
from common.calendar.official import official_calendar
from common.contracts import matching_queries as contracts
from common.errors import Problem, problems
from common.lane import Asked, Lane, Told
from common.route import TransactionRoute
from matching.domain.demand import Need
from matching.domain.eligibility import told
from matching.domain.scoring import parts
from matching.shelf import telling
from matching.shelf.asking import Wanted
from matching.shelf.following import Following, MatchesLoading

AT_ONCE: Final = 200  # needs that are answered before the event loop has its turn: 15 ms

router = APIRouter(prefix="/v1", tags=["matches"], route_class=TransactionRoute)

Asker = Annotated[Actor, needs(Permission.MATCH_QUERY, query=True)]


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
    return Response(await answered(asked, index, days), media_type="application/json")


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


async def hurried(asked: Asked) -> Told | None:
    """The answer to a well-formed question when the index stands; None: the route has the word."""
    index: Following = asked.state["own"]
    if not index.is_ready:
        return None
    question = contracts.MatchesAsked.model_validate_json(asked.said)
    return Told(await answered(question, index, official_calendar()))


def at_once(asked: Sequence[Asked]) -> Sequence[Told | None]:
    """The same to all who ask at one time, where no router is asked for walks.

    Then nothing has to be waited for. Who asks for more than may keep the others waiting takes
    turns with them as a task.
    """
    index: Following = asked[0].state["own"]
    if not index.is_ready or index.footpaths is not None:
        return [None] * len(asked)
    questions = [_question(each.said) for each in asked]
    behind = accumulate(len(each.needs) if each else 0 for each in questions)
    few = [
        each if count <= AT_ONCE else None for each, count in zip(questions, behind, strict=True)
    ]
    shelf, days = index.shelf, official_calendar()
    wanted = [
        Wanted(Need.asked(need, days), each.limit)
        for each in few
        if each is not None
        for need in each.needs
    ]
    results, state = iter(telling.answers(shelf, wanted)), _state(index)
    return [
        None if each is None else Told(_matches(list(islice(results, len(each.needs))), state))
        for each in few
    ]


def _question(said: bytes) -> contracts.MatchesAsked | None:
    """What is asked; None where the road has to say what is wrong with it."""
    try:
        return contracts.MatchesAsked.model_validate_json(said)
    except (Problem, ValidationError):
        return None


LANE: Final = Lane("POST", "/v1/matches", Permission.MATCH_QUERY, hurried, at_once=at_once)


async def answered(asked: contracts.MatchesAsked, index: Following, days: Calendar) -> bytes:
    """A `Matches` as JSON. Raises `MatchesLoading`."""
    shelf = await index.current()
    results = [
        await telling.answer(shelf, Need.asked(each, days), asked.limit, index.footpaths)
        for each in asked.needs
    ]
    return _matches(results, _state(index))


def _state(index: Following) -> bytes:
    return orjson.dumps(index.standing)


def _matches(results: Sequence[bytes], state: bytes) -> bytes:
    items = b']},{"items":['.join(results)
    return b'{"results":[{"items":[%b]}],"index":%b}' % (items, state)
