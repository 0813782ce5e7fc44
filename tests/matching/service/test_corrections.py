"""A `served` told by mistake is taken back, with place, need, duty and settlement."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.matching import ReferralStatus
from common.contracts.matching_referrals import AnswerIn, CorrectionReason
from common.db import database
from common.errors import Problem
from deploy.local.environment import Urls
from matching.queries import referrals as queries
from matching.usecases import referrals
from tests.harness import Apps
from tests.matching.cases import PROVIDER, Sessions, places, published, refer, seen, step, tomorrow
from tests.matching.service.test_audit import entries
from tests.matching.service.test_untold import accepted, need_of, say

Header = dict[str, str]
WHY = {"status": "no_show", "correction": "wrong_referral"}


@pytest.fixture
async def served(
    client: httpx.AsyncClient, resident: Header, provider: Header, sessions: Sessions
) -> dict[str, Any]:
    """A referral of today that its provider has told as served."""
    made = await accepted(client, provider, resident, await published(sessions, capacity=1))
    answer = await step(client, provider, made, "answer", status="served")
    found: dict[str, Any] = answer.json()
    return found


async def test_a_served_told_by_mistake_becomes_a_no_show_with_its_place_and_need_put_right(
    client: httpx.AsyncClient,
    served: dict[str, Any],
    resident: Header,
    provider: Header,
    clerk: Header,
    sessions: Sessions,
) -> None:
    offering = UUID(served["offering_id"])
    before = await places(client, clerk, offering)
    mended = await step(client, provider, served, "answer", **WHY)
    shown, need = mended.json(), await need_of(client, resident, served)

    assert mended.status_code == 200, mended.text
    assert (shown["status"], shown["correction_reason"]) == ("no_show", "wrong_referral")
    assert (shown["served_at"], shown["no_show_at"] is not None) == (served["served_at"], True)
    assert (need["status"], need["served_at"]) == ("open", None)
    assert [before[0]["taken"], (await places(client, clerk, offering))[0]["taken"]] == [1, 0]
    async with sessions() as session:
        [state] = (await queries.states(session, [UUID(served["id"])])).values()
        assert (state.status, state.served_at is not None) == ("no_show", True)
    assert (await refer(client, resident, need, offering)).status_code == 201


@pytest.mark.parametrize("said", [{}, {"correction": None}])
async def test_a_mistake_is_told_with_its_reason_and_nothing_else_is(
    client: httpx.AsyncClient,
    served: dict[str, Any],
    resident: Header,
    provider: Header,
    sessions: Sessions,
    said: dict[str, Any],
) -> None:
    lacking = await step(client, provider, served, "answer", status="no_show", **said)
    other = await accepted(client, provider, resident, await published(sessions))
    needless = await step(client, provider, other, "answer", **WHY)

    for refused in (lacking, needless):
        assert refused.status_code == 422
        assert [each["pointer"] for each in refused.json()["errors"]] == ["/correction"]


@pytest.mark.parametrize(("days", "becomes"), [(3, "no_show"), (4, "too-late")])
async def test_it_is_told_within_days(
    served: dict[str, Any], actor: Any, sessions: Sessions, days: int, becomes: str
) -> None:
    by, now = actor(Role.PROVIDER, org=UUID(PROVIDER)), utc_now() + timedelta(days=days)
    said = AnswerIn(status=ReferralStatus.NO_SHOW, correction=CorrectionReason.NOBODY_CAME)
    try:
        async with sessions.begin() as session:
            row = await referrals.answer(
                session, UUID(served["id"]), said, version=served["version"], by=by, now=now
            )
        found = row.status
    except Problem as refusal:
        found = refusal.slug

    assert found == becomes


async def test_a_provider_corrects_itself_once_and_then_the_resident_has_the_word(
    client: httpx.AsyncClient,
    served: dict[str, Any],
    resident: Header,
    provider: Header,
    clerk: Header,
) -> None:
    mended = (await step(client, provider, served, "answer", **WHY)).json()
    again = await step(client, provider, mended, "answer", status="served")
    word = await say(client, resident, mended, is_served=True)
    denied = await step(client, provider, word.json(), "answer", **WHY)

    assert (again.status_code, again.json()["type"]) == (409, "corrected-already")
    assert (word.status_code, word.json()["status"]) == (200, "served")
    assert (await need_of(client, resident, served))["status"] == "served"
    assert (await places(client, clerk, UUID(served["offering_id"])))[0]["taken"] == 1
    assert (denied.status_code, denied.json()["type"]) == (409, "resident-says-otherwise")


@pytest.mark.parametrize("role", [Role.VENUE_HEAD, Role.GRID_WORKER, Role.CLERK])
async def test_nobody_gives_the_word_of_a_resident_who_has_an_account(
    client: httpx.AsyncClient,
    served: dict[str, Any],
    resident: Header,
    provider: Header,
    bearer: Callable[..., Header],
    role: Role,
) -> None:
    """Least of all the head of the house, who answers for the provider too."""
    mended = (await step(client, provider, served, "answer", **WHY)).json()
    refused = await say(client, bearer(role, area="310101002", line="*"), mended, is_served=True)
    word = await say(client, resident, mended, is_served=True)

    assert (refused.status_code, refused.json()["type"]) == (403, "not-your-word")
    assert word.status_code == 200, word.text


async def test_a_desk_writes_down_the_word_of_who_has_no_account_unless_it_is_the_providers(
    client: httpx.AsyncClient,
    clerk: Header,
    provider: Header,
    sessions: Sessions,
    bearer: Callable[..., Header],
) -> None:
    there = {"area": "310101002", "line": "*"}
    made = await accepted(client, provider, clerk, await published(sessions))
    served = (await step(client, provider, made, "answer", status="served")).json()
    mended = (await step(client, provider, served, "answer", **WHY)).json()
    others = [
        bearer(Role.VENUE_HEAD, **there),
        bearer(Role.CLERK, org=PROVIDER, **there),
        bearer(Role.RESIDENT, Role.PROVIDER, kind="resident", org=PROVIDER, subject="resident-9"),
    ]
    refused = [await say(client, each, mended, is_served=True) for each in others]
    word = await say(client, clerk, mended, is_served=True)

    assert [each.status_code for each in refused] == [403, 403, 403]
    assert [each.json()["type"] for each in refused[:2]] == ["not-your-word"] * 2
    assert (word.status_code, word.json()["status"]) == (200, "served")


async def test_the_correction_is_written_down_with_its_reason(
    apps: Apps, fresh_database: Urls, resident: Header, provider: Header
) -> None:
    async with (
        apps.live("matching", fresh_database, worker="false") as live,
        database(fresh_database.app, pool_size=2) as opened,
    ):
        offering = await published(opened.sessions)
        made = await accepted(live, provider, resident, offering)
        told = (await step(live, provider, made, "answer", status="served")).json()
        await step(live, provider, told, "answer", **WHY)
    [entry] = [
        each for each in await entries(fresh_database) if each["action"] == "referral.no_show"
    ]

    assert entry["before"] == {"status": "served"}
    assert entry["after"] == {"status": "no_show", "correction_reason": "wrong_referral"}


async def test_a_need_that_was_served_elsewhere_too_stays_served(
    client: httpx.AsyncClient,
    resident: Header,
    provider: Header,
    sessions: Sessions,
    served: dict[str, Any],
) -> None:
    async with sessions.begin() as session:  # as when an untold one is told late
        other = text(
            "INSERT INTO referral SELECT (jsonb_populate_record(r, jsonb_build_object("
            "'id', gen_random_uuid(), 'number', 'ZJ2'))).* FROM referral r WHERE id = :id"
        )
        await session.execute(other, {"id": UUID(served["id"])})
    mended = await step(client, provider, served, "answer", **WHY)

    assert mended.json()["status"] == "no_show"
    assert (await need_of(client, resident, served))["status"] == "served"


async def test_no_hand_opens_a_need_that_was_served(
    client: httpx.AsyncClient, served: dict[str, Any], clerk: Header
) -> None:
    need = await need_of(client, clerk, served)
    refused = await client.post(
        f"/v1/needs/{need['id']}/status",
        json={"status": "open"},
        headers={
            **clerk,
            "Idempotency-Key": "open-a-served-need",
            "If-Match": f'"v{need["version"]}"',
        },
    )

    assert (refused.status_code, refused.json()["type"]) == (409, "need-cannot-move")


async def test_what_was_owed_until_it_was_told_as_served_is_owed_again(
    client: httpx.AsyncClient,
    served: dict[str, Any],
    provider: Header,
    clerk: Header,
    sessions: Sessions,
) -> None:
    async with sessions.begin() as session:
        owed = text(
            "INSERT INTO duty (need_id, rule, reason, raised_at, due_on, is_provisional, met_at)"
            " SELECT need_id, 'entitlement', 'too_far', made_at, session_on + 7, false, served_at"
            " FROM referral WHERE id = :id"
        )
        await session.execute(owed, {"id": UUID(served["id"])})
    before = (await client.get("/v1/duties", headers=clerk)).json()["items"]
    await step(client, provider, served, "answer", **WHY)
    after = (await client.get("/v1/duties", headers=clerk)).json()["items"]

    assert [each["need_id"] for each in before] == []
    assert [each["need_id"] for each in after] == [served["need_id"]]


async def test_a_settlement_is_due_once_it_was_served_and_no_more_when_it_was_not(
    client: httpx.AsyncClient, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    agreement = {"number": "沪民协 2026-1", "settlement_fen": 1200}
    there = await published(sessions, area_code="310104003001")
    made = await accepted(client, provider, clerk, there, agreement=agreement)
    served = (await step(client, provider, made, "answer", status="served")).json()
    mended = (await step(client, provider, served, "answer", **WHY)).json()
    declined = await accepted(client, provider, clerk, there, agreement=agreement)
    declined = (
        await step(client, provider, declined, "answer", status="declined", reason="other")
    ).json()
    free = await accepted(client, provider, clerk, await published(sessions))

    due = [each["settlement_due_fen"] for each in (made, served, mended, declined, free)]
    assert due == [None, 1200, 0, 0, None]
    assert {each["settlement_fen"] for each in (made, served, mended, declined)} == {1200}
    assert (await seen(client, clerk, free))["settlement_due_fen"] is None
    assert made["session_on"] == tomorrow(0)
