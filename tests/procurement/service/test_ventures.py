"""Venture philanthropy through the API: apart from tendering, under the same guards."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from common.clock import city_day
from procurement.tables import Tie
from tests.procurement.cases import BUYER, STREET, Sessions, opened_line
from tests.procurement.organisations import made, provider_row
from tests.procurement.tendering import A, B, C, Market

POT = 60_000_00
PROJECT = {"title": "楼道里的邻里课堂", "text": "每周一次", "asked_fen": 40_000_00}
PROJECT |= {"people_reached": 120}
HEARD = {"asked": 40, "answered": 30, "satisfied": 28, "summary": "愿意继续参加"}


@pytest.fixture
async def call(market: Market) -> dict[str, Any]:
    """An open call, with its line."""
    return await opened_call(market)


async def opened_call(market: Market) -> dict[str, Any]:
    """A call that is open for twenty days, with its line."""
    line = await opened_line(market.client, market.head, planned_fen=POT)
    body = {
        "title": "演示数据 南京东路街道公益微创投",
        "aims": "支持社区社会组织开展邻里互助",
        "area_code": STREET,
        "sponsor_id": BUYER,
        "category": "mutual_aid",
        "target_groups": ["everyone"],
        "document": "南东街办〔2026〕7号",
        "largest_grant_fen": 30_000_00,
        "draws": [{"line_id": line["id"], "value_fen": POT}],
        "closes_at": (market.clock.now + timedelta(days=20)).isoformat(),
        "reviews_least": 2,
    }
    made = await market.post(market.clerk, "venture-calls", body)
    return {**made, "line": line["id"]}


async def applied(market: Market, call: Any, org: str, *, status: int = 0) -> Any:
    path = f"venture-calls/{call['id']}/applications"
    return await market.post(market.supplier(org), path, PROJECT, status=status)


async def reviewed(market: Market, project: Any, account: str, *, status: int = 0) -> Any:
    body = {"points": 80, "text": "可行", "has_no_interest": True}
    path = f"venture-applications/{project['id']}/reviews"
    return await market.post(market.expert(account), path, body, status=status)


async def decided(market: Market, project: Any, call: Any, fen: int, *, status: int = 0) -> Any:
    draws = [{"line_id": call["line"], "value_fen": fen}] if fen else []
    body = {"granted_fen": fen, "reason": "评审意见集中", "draws": draws}
    path = f"venture-applications/{project['id']}/decision"
    return await market.post(market.head, path, body, version=project, status=status)


async def test_a_grant_runs_from_call_to_report(market: Market, call: Any) -> None:
    experts = await market.enrol(2)
    first, second = [await applied(market, call, org) for org in (A, B)]
    early = await reviewed(market, first, experts[0], status=409)
    market.clock.later(days=21)
    late = await applied(market, call, C, status=409)
    hasty = await decided(market, first, call, 1, status=409)
    for project in (first, second):
        for account in experts:
            told = await reviewed(market, project, account)
    dear = await decided(market, first, call, 30_000_01, status=422)
    granted = await decided(market, first, call, 30_000_00)
    declined = await decided(market, second, call, 0)
    concluded = await market.post(
        *(market.clerk, f"venture-calls/{call['id']}/conclusion"),
        version=await market.get(market.clerk, f"venture-calls/{call['id']}"),
    )
    (grant,) = (await market.get({}, f"venture-grants?call_id={call['id']}"))["items"]
    body = {"text": "全部完成", "spent_fen": 25_000_00, "people_reached": 133, "opinions": HEARD}
    path = f"venture-grants/{grant['id']}"
    stranger = await market.post(
        market.supplier(B), f"{path}/report", body, version=grant, status=403
    )
    grant = await market.post(market.supplier(A), f"{path}/report", body, version=grant)
    grant = await market.post(market.clerk, f"{path}/closure", version=grant)
    line = await market.get(market.head, f"budget-lines/{call['line']}")

    assert early["type"] == late["type"] == "call-not-open"
    assert hasty["type"] == "too-few-reviews"
    assert (told["reviews"], told["points"]) == (2, 80)
    assert (dear["type"], stranger["type"]) == ("wrong-grant", "not-your-organisation")
    assert (granted["status"], declined["status"]) == ("granted", "declined")
    assert (concluded["status"], concluded["granted_fen"]) == ("reviewed", 30_000_00)
    assert (grant["status"], grant["returned_fen"]) == ("closed", 5_000_00)
    assert (line["reserved_fen"], line["committed_fen"], line["paid_fen"]) == (0, 0, 25_000_00)
    assert line["free_fen"] == POT - 25_000_00


async def test_an_organisation_applies_once_and_may_withdraw(market: Market, call: Any) -> None:
    first = await applied(market, call, A)
    again = await applied(market, call, A, status=409)
    path = f"venture-applications/{first['id']}"
    await market.get(market.supplier(B), path, status=404)
    gone = await market.post(market.supplier(A), f"{path}/withdrawal", version=first)
    anew = await applied(market, call, A)

    assert (again["type"], gone["status"]) == ("already-applied", "withdrawn")
    assert anew["status"] == "submitted"


async def test_grants_stay_within_the_pot(market: Market, call: Any) -> None:
    experts = await market.enrol(2)
    projects = [await applied(market, call, org) for org in (A, B, C)]
    market.clock.later(days=21)
    for project in projects:
        for account in experts:
            await reviewed(market, project, account)
    for project in projects[:2]:
        await decided(market, project, call, 30_000_00)
    refused = await decided(market, projects[2], call, 1, status=409)
    open_still = await market.post(
        *(market.clerk, f"venture-calls/{call['id']}/conclusion"),
        version=await market.get(market.clerk, f"venture-calls/{call['id']}"),
        status=409,
    )

    assert refused["type"] == "pot-exceeded"
    assert open_still["type"] == "venture-cannot-move"


async def test_who_has_an_interest_does_not_review(market: Market, call: Any) -> None:
    tie = {"organisation_id": A, "kind": "labour", "from_on": "2024-01-01", "to_on": "2024-06-30"}
    (tied,) = await market.enrol(1, relations=[tie])
    (expert,) = await market.enrol(1)
    first, second = [await applied(market, call, org) for org in (A, B)]
    market.clock.later(days=21)
    partial = await reviewed(market, first, tied, status=403)
    stranger = await reviewed(market, first, f"nobody-{uuid4().hex[:8]}", status=403)
    await reviewed(market, second, tied)
    await reviewed(market, first, expert)
    twice = await reviewed(market, first, expert, status=409)

    assert partial["type"] == stranger["type"] == "reviewer-conflict"
    assert twice["type"] == "already-reviewed"


async def money(market: Market, call: Any) -> tuple[int, int, int]:
    line = await market.get(market.head, f"budget-lines/{call['line']}")
    return line["reserved_fen"], line["committed_fen"], line["paid_fen"]


async def granted(market: Market, call: Any) -> Any:
    """A grant of 300,000 to A, of a call that is still open."""
    experts = await market.enrol(2)
    project = await applied(market, call, A)
    market.clock.later(days=21)
    for account in experts:
        await reviewed(market, project, account)
    await decided(market, project, call, 30_000_00)
    (grant,) = (await market.get({}, f"venture-grants?call_id={call['id']}"))["items"]
    return grant


WHY = {"reason": "评审人数不足，征集取消"}


async def test_a_call_that_cannot_be_reviewed_is_given_up(market: Market, call: Any) -> None:
    project = await applied(market, call, A)
    market.clock.later(days=21)
    stuck = await decided(market, project, call, 0, status=409)
    path = f"venture-calls/{call['id']}/cancellation"
    read = await market.get({}, f"venture-calls/{call['id']}")
    done = await market.post(market.clerk, path, WHY, version=read)
    twice = await market.post(market.clerk, path, WHY, version=done, status=409)
    after = await market.get({}, f"venture-applications/{project['id']}")

    assert (stuck["type"], twice["type"]) == ("too-few-reviews", "venture-cannot-move")
    assert (done["status"], done["cancel_reason"]) == ("cancelled", WHY["reason"])
    assert (after["status"], after["reason"]) == ("declined", WHY["reason"])
    assert await money(market, call) == (0, 0, 0)


async def test_who_has_become_partial_declines_and_grants_nothing(
    market: Market, call: Any, sessions: Sessions
) -> None:
    experts = await market.enrol(2)
    project = await applied(market, call, A)
    market.clock.later(days=21)
    for account in experts:
        await reviewed(market, project, account)
    async with sessions.begin() as session:
        session.add(provider_row(market.clock.now, UUID(A)))
        await session.flush()
        tie = {"organisation_id": UUID(BUYER), "kind": "incubator", "source": "recorded"}
        days = {"from_on": date(2026, 3, 10), "to_on": None}
        session.add(Tie(provider_id=UUID(A), **tie, **days, **made(market.clock.now)))
    refused = await decided(market, project, call, 1, status=409)
    declined = await decided(market, project, call, 0)

    assert (refused["type"], declined["status"]) == ("sponsor-conflict", "declined")


async def test_grants_of_a_call_that_is_given_up_stay(market: Market, call: Any) -> None:
    await granted(market, call)
    read = await market.get({}, f"venture-calls/{call['id']}")
    await market.post(market.clerk, f"venture-calls/{call['id']}/cancellation", WHY, version=read)

    assert await money(market, call) == (0, 30_000_00, 0)


async def test_a_report_that_does_not_hold_is_sent_back(market: Market, call: Any) -> None:
    grant = await granted(market, call)
    path = f"venture-grants/{grant['id']}"
    body = {"text": "全部完成", "spent_fen": 30_000_00, "people_reached": 1, "opinions": HEARD}
    grant = await market.post(market.supplier(A), f"{path}/report", body, version=grant)
    grant = await market.post(market.clerk, f"{path}/report-return", WHY, version=grant)
    sent_back = (grant["status"], grant["spent_fen"], grant["reason"])
    body["spent_fen"] = 10_000_00
    grant = await market.post(market.supplier(A), f"{path}/report", body, version=grant)
    await market.post(market.clerk, f"{path}/closure", version=grant)

    assert sent_back == ("agreed", None, WHY["reason"])
    assert (await money(market, call))[1:] == (0, 10_000_00)


async def test_a_grant_without_a_report_ends_by_its_grantee_or_after_a_year(
    market: Market, call: Any
) -> None:
    grant = await granted(market, call)
    path = f"venture-grants/{grant['id']}"
    early = await market.post(market.clerk, f"{path}/termination", WHY, version=grant, status=409)
    stranger = await market.post(
        market.supplier(B), f"{path}/renunciation", WHY, version=grant, status=403
    )
    market.clock.later(days=366)
    ended = await market.post(market.clerk, f"{path}/termination", WHY, version=grant)
    late = await market.post(
        market.supplier(A), f"{path}/renunciation", WHY, version=ended, status=409
    )

    assert (early["type"], stranger["type"]) == ("grant-not-overdue", "not-your-organisation")
    assert (ended["status"], ended["returned_fen"], late["type"]) == (
        *("closed", 30_000_00),
        "venture-cannot-move",
    )
    assert (await money(market, call))[1:] == (0, 0)


async def test_a_grantee_renounces_what_it_does_not_carry_out(market: Market, call: Any) -> None:
    grant = await granted(market, call)
    path = f"venture-grants/{grant['id']}/renunciation"
    ended = await market.post(market.supplier(A), path, WHY, version=grant)

    assert (ended["status"], ended["spent_fen"], ended["reason"]) == ("closed", 0, WHY["reason"])
    assert (await money(market, call))[1:] == (0, 0)


async def test_a_report_that_is_sent_back_late_is_made_anew_in_days_of_its_own(
    market: Market, call: Any
) -> None:
    """The sponsor cannot send a report back after the year and end the grant on the same day."""
    grant = await granted(market, call)
    path = f"venture-grants/{grant['id']}"
    body = {"text": "全部完成", "spent_fen": 30_000_00, "people_reached": 1, "opinions": HEARD}
    market.clock.later(days=366)
    grant = await market.post(market.supplier(A), f"{path}/report", body, version=grant)
    grant = await market.post(market.clerk, f"{path}/report-return", WHY, version=grant)
    market.clock.later(days=30)
    early = await market.post(market.clerk, f"{path}/termination", WHY, version=grant, status=409)
    last = city_day(market.clock.now)
    market.clock.later(days=1)
    ended = await market.post(market.clerk, f"{path}/termination", WHY, version=grant)

    assert (early["type"], grant["report_due_on"]) == ("grant-not-overdue", str(last))
    assert "venture.report_again" in early["detail"]
    assert ended["status"] == "closed"


async def test_a_report_that_is_sent_back_early_keeps_the_year(market: Market, call: Any) -> None:
    grant = await granted(market, call)
    year = city_day(market.clock.now) + timedelta(days=365)
    path = f"venture-grants/{grant['id']}"
    body = {"text": "全部完成", "spent_fen": 30_000_00, "people_reached": 1, "opinions": HEARD}
    market.clock.later(days=10)
    grant = await market.post(market.supplier(A), f"{path}/report", body, version=grant)
    grant = await market.post(market.clerk, f"{path}/report-return", WHY, version=grant)

    assert grant["report_due_on"] == str(year)
