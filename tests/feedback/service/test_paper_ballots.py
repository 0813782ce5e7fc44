"""Votes by card and on paper: one card one vote, two people read each sheet, a third settles."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from common.auth.roles import Role
from common.clock import utc_now
from common.crypto.keys import Keys
from feedback import tables
from feedback.usecases import ballots, cards
from tests.feedback.cases import HOME
from tests.feedback.polls import Sessions, office, published, send

Header = dict[str, str]
BY_CARD: dict[str, Any] = {"unit": "household", "credential": "card", "ballots_min": 1}


@pytest.fixture
def head(bearer: Callable[..., Header]) -> Header:
    """The head of the street."""
    return bearer(Role.STREET_HEAD, area="310101002", line="*", subject="head-of-street")


@pytest.fixture
def resident(bearer: Callable[..., Header]) -> Header:
    """A resident with a verified home in the street."""
    return bearer(Role.RESIDENT, subject="resident-1", area=HOME)


async def issued(client: httpx.AsyncClient, head: Header, vote: tables.Vote, count: int) -> Any:
    answer = await send(client, head, f"/v1/votes/{vote.id}/cards", count=count)
    assert answer.status_code == 200, answer.text
    return answer.json()["cards"]


async def test_a_card_is_one_vote_online_or_on_paper(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    head: Header,
    clerk: Header,
    resident: Header,
    bearer: Callable[..., Header],
) -> None:
    vote = await published(sessions, keys, **BY_CARD)
    mine, other, third = await issued(client, head, vote, 3)
    path = f"/v1/votes/{vote.id}"
    neighbour = bearer(Role.RESIDENT, subject="resident-2", area=HOME)

    bare = await send(client, resident, f"{path}/ballots", choices=[1])
    wrong = await send(client, resident, f"{path}/ballots", choices=[1], card="A" * 23)
    done = await send(client, resident, f"{path}/ballots", choices=[1], card=mine.lower())
    lent = await send(client, neighbour, f"{path}/ballots", choices=[1], card=mine)
    second = await send(client, resident, f"{path}/ballots", choices=[1], card=other)
    on_paper = await send(client, clerk, f"{path}/paper-voters", card=mine)
    paper = await send(client, clerk, f"{path}/paper-voters", card=third)
    online = await send(client, neighbour, f"{path}/ballots", choices=[1], card=third)

    assert [bare.json()["type"], wrong.json()["type"]] == ["card-needed", "unknown-card"]
    assert done.status_code == paper.status_code == 200
    refused = (lent, second, on_paper, online)
    assert [answer.json()["type"] for answer in refused] == ["already-voted"] * 4


async def test_no_more_cards_than_electors_and_none_where_homes_are_verified(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    few = await published(sessions, keys, **BY_CARD, electors=3)
    await issued(client, head, few, 2)
    more = await send(client, head, f"/v1/votes/{few.id}/cards", count=2)
    plain = await published(sessions, keys)
    none = await send(client, head, f"/v1/votes/{plain.id}/cards", count=2)

    assert (more.status_code, more.json()["type"]) == (409, "too-many-cards")
    assert none.json()["type"] == "card-needed"


@pytest.fixture
async def on_paper(sessions: Sessions, keys: Keys) -> tables.Vote:
    """A vote that is over, with three paper ballots in the urn."""
    vote = await published(sessions, keys, ago=timedelta(days=11), **BY_CARD)
    during = vote.opens_at + timedelta(days=2)
    async with sessions.begin() as session:
        made = await cards.issue(session, vote.id, 3, keys=keys, by=office())
        for card in made.cards:
            await ballots.hand_out_paper(session, vote.id, card, keys=keys, by=office(), now=during)
    return vote


async def test_a_sheet_counts_when_two_people_read_the_same(
    client: httpx.AsyncClient, on_paper: tables.Vote, head: Header, clerk: Header, colleague: Header
) -> None:
    path = f"/v1/votes/{on_paper.id}"
    for sheet, choices in ((1, [2, 1]), (2, [])):
        first = await send(client, clerk, f"{path}/sheets", sheet=sheet, choices=choices)
        alone = await send(client, clerk, f"{path}/sheets", sheet=sheet, choices=choices)
        early = await send(client, head, f"{path}/count", 2)
        second = await send(client, colleague, f"{path}/sheets", sheet=sheet, choices=choices[::-1])

        assert (first.json()["status"], second.json()["status"]) == ("once", "agreed")
        assert alone.json()["type"] == "sheet-read"
        assert early.json()["type"] == "sheets-unsettled"
    told = (await send(client, head, f"{path}/count", 2)).json()

    assert (told["status"], told["ballots"]) == ("counted", 1)
    assert [option["votes"] for option in told["options"]] == [1, 1, 0]


async def test_a_third_person_settles_what_two_read_differently(
    client: httpx.AsyncClient, on_paper: tables.Vote, head: Header, clerk: Header, colleague: Header
) -> None:
    path = f"/v1/votes/{on_paper.id}"
    await send(client, clerk, f"{path}/sheets", sheet=1, choices=[1])
    different = await send(client, colleague, f"{path}/sheets", sheet=1, choices=[3])
    stopped = await send(client, head, f"{path}/count", 2)
    again = await send(client, clerk, f"{path}/sheets", sheet=1, choices=[3])
    settled = await send(client, head, f"{path}/sheets", sheet=1, choices=[3])
    told = (await send(client, head, f"{path}/count", 2)).json()

    assert different.json()["status"] == "different"
    assert "1" in stopped.json()["detail"]
    assert again.json()["type"] == "sheet-read"
    assert settled.json()["status"] == "settled"
    assert [option["votes"] for option in told["options"]] == [0, 0, 1]


async def test_more_sheets_than_paper_voters_stop_the_count(
    client: httpx.AsyncClient, on_paper: tables.Vote, head: Header, clerk: Header, colleague: Header
) -> None:
    path = f"/v1/votes/{on_paper.id}"
    for sheet in range(1, 5):
        for reader in (clerk, colleague):
            await send(client, reader, f"{path}/sheets", sheet=sheet, choices=[1])
    refused = await send(client, head, f"{path}/count", 2)

    assert (refused.status_code, refused.json()["type"]) == (409, "figures-disagree")


async def test_a_sheet_entered_under_a_wrong_number_is_voided_by_two_people(
    client: httpx.AsyncClient,
    on_paper: tables.Vote,
    sessions: Sessions,
    head: Header,
    clerk: Header,
    colleague: Header,
) -> None:
    path, why = f"/v1/votes/{on_paper.id}", "张号误录，箱内没有第 700 张"
    for reader in (clerk, colleague):
        await send(client, reader, f"{path}/sheets", sheet=1, choices=[1])
    await send(client, clerk, f"{path}/sheets", sheet=700, choices=[2])
    stuck = await send(client, head, f"{path}/count", 2)
    voiding = f"{path}/sheets/700/voiding"
    asked = await send(client, clerk, voiding, reason=why)
    alone = await send(client, clerk, voiding, reason=why)
    bare = await send(client, colleague, voiding)
    done = await send(client, colleague, voiding, reason="已核对，确无此张")
    again = await send(client, head, voiding, reason=why)
    entered = await send(client, colleague, f"{path}/sheets", sheet=700, choices=[2])
    unknown = await send(client, head, f"{path}/sheets/701/voiding", reason=why)
    told = (await send(client, head, f"{path}/count", 2)).json()
    late = await send(client, clerk, f"{path}/sheets/1/voiding", reason=why)

    assert stuck.json()["type"] == "sheets-unsettled"
    assert (asked.json()["status"], asked.json()["is_asked"]) == ("once", True)
    assert [each.json()["type"] for each in (alone, again)] == ["sheet-void"] * 2
    assert (bare.status_code, unknown.status_code) == (422, 404)
    assert (done.json()["status"], done.json()["reason"]) == ("void", why)
    assert entered.json()["type"] == "sheet-read"
    assert (told["status"], told["ballots"], told["void_sheets"]) == ("counted", 1, 1)
    assert late.json()["type"] == "vote-cannot-move"
    with pytest.raises(IntegrityError, match="voided_by_two"):
        async with sessions.begin() as session:
            await session.execute(text("UPDATE paper_sheet SET voided_by = void_asked_by"))


async def test_a_sheet_voided_by_mistake_is_restored_by_two_people_as_it_was_read(
    client: httpx.AsyncClient,
    on_paper: tables.Vote,
    sessions: Sessions,
    head: Header,
    clerk: Header,
    colleague: Header,
) -> None:
    path, why = f"/v1/votes/{on_paper.id}", "复核纸质选票，箱内确有此张"
    voiding, restoring = (f"{path}/sheets/1/{what}" for what in ("voiding", "restoration"))
    await send(client, clerk, f"{path}/sheets", sheet=1, choices=[1])
    standing = await send(client, head, restoring, reason=why)
    await send(client, clerk, voiding, reason=why)
    kept = await send(client, clerk, restoring, reason="作废提错了张号")
    asked = await send(client, clerk, voiding, reason=why)
    await send(client, head, voiding, reason=why)
    entered = await send(client, colleague, f"{path}/sheets", sheet=1, choices=[1])
    first = await send(client, head, restoring, reason=why)
    alone = await send(client, head, restoring, reason=why)
    again = await send(client, colleague, voiding, reason="尚在核对之中")  # takes the wish back
    await send(client, head, restoring, reason=why)
    done = await send(client, colleague, restoring, reason="已核对，确有此张")
    read = await send(client, colleague, f"{path}/sheets", sheet=1, choices=[1])
    told = (await send(client, head, f"{path}/count", 2)).json()
    late = await send(client, clerk, restoring, reason=why)

    assert standing.json()["type"] == alone.json()["type"] == "sheet-stands"
    assert (kept.json()["status"], kept.json()["is_asked"]) == ("once", False)
    assert asked.json()["is_asked"] is True
    assert entered.json()["type"] == "sheet-read"
    assert "restoration" in entered.json()["detail"]
    assert (first.json()["status"], first.json()["is_asked"]) == ("void", True)
    assert (again.json()["status"], again.json()["is_asked"]) == ("void", False)
    assert (done.json()["status"], done.json()["is_asked"]) == ("once", False)
    assert read.json()["status"] == "agreed"
    assert (told["status"], told["ballots"], told["void_sheets"]) == ("counted", 1, 0)
    assert late.json()["type"] == "vote-cannot-move"
    with pytest.raises(IntegrityError, match="restored_by_two"):
        async with sessions.begin() as session:
            await session.execute(text("UPDATE paper_sheet SET restored_by = restore_asked_by"))


async def test_no_sheet_is_entered_while_anybody_may_vote(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, clerk: Header
) -> None:
    vote = await published(sessions, keys, **BY_CARD)
    early = await send(client, clerk, f"/v1/votes/{vote.id}/sheets", sheet=1, choices=[1])

    assert (early.status_code, early.json()["type"]) == (409, "vote-not-over")
    assert vote.closes_at > utc_now()
