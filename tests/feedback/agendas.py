"""Agendas as tests make them: from a vote that is counted, by the head of the street."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from common import following
from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.feed.client import Change
from feedback import tables
from feedback.consumers import FOLLOWED
from tests.feedback.polls import Sessions, counted, send

Header = dict[str, str]
BALLOTS = [[1], [1, 2], [2, 3], [3], [2], [1, 3]]


@pytest.fixture
def head(bearer: Callable[..., Header]) -> Header:
    """The head of the street."""
    return bearer(Role.STREET_HEAD, area="310101002", line="*", subject="head-of-street")


@pytest.fixture
async def vote(sessions: Sessions, keys: Keys) -> tables.Vote:
    """A vote that is counted."""
    return await counted(sessions, keys, BALLOTS)


async def made(client: httpx.AsyncClient, head: Header, vote: tables.Vote) -> httpx.Response:
    """The answer to the wish for the agenda of a vote."""
    return await send(client, head, "/v1/agendas", vote_id=str(vote.id), title="2026年为民服务项目")


@pytest.fixture
async def agenda(client: httpx.AsyncClient, head: Header, vote: tables.Vote) -> dict[str, Any]:
    """Its agenda."""
    answer = await made(client, head, vote)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def told(
    sessions: Sessions, agenda: dict[str, Any], stage: str, *, of: int = 0, **more: Any
) -> None:
    """What procurement's feed says of an item, the first unless another is meant."""
    state = {
        "id": agenda["items"][of]["id"],
        "agenda_id": agenda["id"],
        "stage": stage,
        "method": None,
        "contracted_fen": None,
        "paid_fen": 0,
        "deviations": [],
        "tender_id": None,
        "contract_id": None,
        "received_at": utc_now().isoformat(),
        **dict.fromkeys(
            ("planned_at", "tendering_at", "contracted_at", "delivered_at", "dropped_at")
        ),
        **more,
    }
    change = Change(Kind.AGENDA_OUTCOME.value, UUID(state["id"]), 1, state)
    async with sessions.begin() as session:
        await following.applying(FOLLOWED[Kind.AGENDA_OUTCOME])(session, [change])
