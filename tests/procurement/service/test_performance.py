"""A contract under way: users are heard before anything is paid, and nothing is paid beyond it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from common.auth.roles import Role
from common.clock import city_day, utc_now
from procurement import tables
from tests.procurement.cases import Header, Sessions, at, key
from tests.procurement.deals import VALUE, published, signed
from tests.procurement.tendering import A, Market

HALF = VALUE // 2
REPORT = {"text": "已按约定送餐", "service_days": 120, "people_served": 64}
HEARD = {"asked": 60, "answered": 48, "satisfied": 36, "summary": "多数满意，希望午餐更热。"}
ACCEPTED: dict[str, Any] = {
    "verdict": "met",
    "opinions": HEARD,
    "service_days": 120,
    "payable_fen": HALF,
    "remarks": "现场抽查二十户，记录相符。",
}


@pytest.fixture
def venue_head(bearer: Callable[..., Header]) -> Header:
    return bearer(Role.VENUE_HEAD, area="310101002", line="*")


async def act(
    client: httpx.AsyncClient, header: Header, contract: dict[str, Any], what: str, body: Any
) -> httpx.Response:
    """A step on the contract as it is now."""
    path = f"/v1/contracts/{contract['id']}"
    now = (await client.get(path, headers=header)).json()
    headers = {**header, **key(), **at(now)}
    return await client.post(f"{path}/{what}", json=body, headers=headers)


async def accepted(
    client: httpx.AsyncClient, head: Header, provider: Header, contract: dict[str, Any], n: int = 1
) -> httpx.Response:
    """The answer to the acceptance of a reported milestone."""
    await act(client, provider, contract, f"milestones/{n}/report", REPORT)
    return await act(client, head, contract, f"milestones/{n}/acceptance", ACCEPTED)


async def paid(
    client: httpx.AsyncClient,
    clerk: Header,
    head: Header,
    contract: dict[str, Any],
    fen: int,
    n: int = 1,
) -> httpx.Response:
    """The answer to a payment that the clerk requests and the head decides."""
    wish = {"milestone": n, "draws": [{"line_id": contract["line"], "value_fen": fen}]}
    asked = await act(client, clerk, contract, "payments", wish)
    if asked.status_code != 201:
        return asked
    what = f"payments/{asked.json()['id']}/decision"
    return await act(client, head, contract, what, {"is_approved": True})


async def test_a_milestone_is_reported_accepted_with_opinions_and_paid(
    client: httpx.AsyncClient, head: Header, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    answer = await accepted(client, head, provider, made)
    payment = await paid(client, clerk, head, made, HALF)
    contract = (await client.get(f"/v1/contracts/{made['id']}")).json()
    shown = (await client.get(f"/v1/contracts/{made['id']}/milestones")).json()[0]
    line = (await client.get(f"/v1/budget-lines/{made['line']}", headers=head)).json()

    assert (answer.status_code, answer.json()["status"]) == (200, "met")
    assert shown["acceptance"]["opinions"] == HEARD["summary"]
    assert (shown["acceptance"]["level"], shown["acceptance"]["depth"]) == (4, "full")
    assert (payment.json()["status"], contract["paid_fen"]) == ("paid", HALF)
    assert (contract["delivered_days"], shown["paid_fen"]) == (120, HALF)
    assert (line["committed_fen"], line["paid_fen"]) == (VALUE - HALF, HALF)


async def test_without_the_users_there_is_no_acceptance(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    what = "milestones/1/acceptance"
    early = await act(client, head, made, what, ACCEPTED)
    await act(client, provider, made, "milestones/1/report", REPORT)
    unheard = {**ACCEPTED, "opinions": {**HEARD, "answered": 0, "satisfied": 0}}
    silent = await act(client, head, made, what, unheard)
    wrong = [
        await act(client, head, made, what, {**ACCEPTED, **change})
        for change in ({"payable_fen": HALF - 1}, {"service_days": 119}, {"verdict": "not_met"})
    ]

    assert (early.status_code, early.json()["type"]) == (409, "milestone-not-ready")
    assert silent.json()["type"] == "no-opinions"
    assert "reg.45" in silent.json()["detail"]
    assert [answer.json()["type"] for answer in wrong] == ["wrong-acceptance"] * 3


async def test_what_few_users_said_is_told_without_their_number(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    await act(client, provider, made, "milestones/1/report", {**REPORT, "people_served": 8})
    few = {**HEARD, "asked": 30, "answered": 24, "satisfied": 20}
    await act(client, head, made, "milestones/1/acceptance", {**ACCEPTED, "opinions": few})
    shown = (await client.get(f"/v1/contracts/{made['id']}/milestones")).json()[0]

    acceptance = shown["acceptance"]
    assert shown["people_served"] is None
    assert (acceptance["users_asked"], acceptance["users_answered"]) == (30, None)
    assert (acceptance["users_satisfied"], acceptance["level"]) == (None, 5)


async def test_nothing_is_paid_beyond_what_was_accepted_or_drawn(
    client: httpx.AsyncClient, head: Header, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    early = await paid(client, clerk, head, made, 1)
    await accepted(client, head, provider, made)
    over = await paid(client, clerk, head, made, HALF + 1)
    foreign = await paid(client, clerk, head, {**made, "line": made["id"]}, 1)
    wish = {"milestone": 1, "draws": [{"line_id": made["line"], "value_fen": HALF}]}
    first, second = [await act(client, clerk, made, "payments", wish) for _ in range(2)]

    assert early.json()["type"] == "milestone-not-ready"
    assert {over.json()["type"], foreign.json()["type"]} == {"payment-beyond-contract"}
    assert (first.status_code, second.status_code) == (201, 409)


async def test_who_requests_a_payment_does_not_decide_it(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    await accepted(client, head, provider, made)
    answer = await paid(client, head, head, made, HALF)

    assert (answer.status_code, answer.json()["type"]) == (409, "own-request")


async def test_the_database_itself_refuses_a_payment_beyond_the_contract(
    client: httpx.AsyncClient, head: Header, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    await accepted(client, head, provider, made)
    for change in (
        "UPDATE milestone SET paid_fen = payable_fen + 1",
        "UPDATE contract SET paid_fen = value_fen + 1",
        "UPDATE contract_funding SET paid_fen = value_fen + 1",
        "UPDATE milestone SET users_answered = 0 WHERE number = 1",
    ):
        with pytest.raises(IntegrityError):
            async with sessions.begin() as session:
                await session.execute(text(change))


async def test_an_acceptance_becomes_evidence_on_its_provider(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    await accepted(client, head, provider, made)
    failure = {
        "category": "safety",
        "from_on": "2026-03-01",
        "to_on": "2026-03-02",
        "events": 1,
        "text": "送餐途中发生交通事故",
        "document": "南东街办〔2026〕21号",
    }
    await act(client, head, made, "failures", failure)
    async with sessions() as session:
        evidence = tables.Evidence
        statement = select(evidence.source, evidence.level).where(evidence.dimension == "overall")
        found = {tuple(row) for row in await session.execute(statement)}

    assert found == {("acceptance", 4), ("milestone", 5), ("violation", 1)}
    listed = (await client.get(f"/v1/contracts/{made['id']}/failures")).json()
    assert [each["document"] for each in listed] == ["南东街办〔2026〕21号"]


async def test_assistance_beyond_the_quota_is_refused_or_priced_and_always_logged(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)

    async def asked(hours: int, **more: Any) -> tuple[str, int, int]:
        body = {"on": "2026-03-02", "hours": hours, "task": "协助街道填报台账", **more}
        row = (await act(client, provider, made, "assistance", body)).json()
        return row["outcome"], row["excess_hours"], row["price_fen"]

    assert await asked(38) == ("within_quota", 0, 0)
    assert await asked(4, is_refused=True) == ("refused", 2, 0)
    assert await asked(3) == ("priced", 3, 180_00)
    contract = (await client.get(f"/v1/contracts/{made['id']}")).json()
    logged = (await client.get(f"/v1/contracts/{made['id']}/assistance")).json()
    assert (contract["administrative_hours_used"], len(logged)) == (43, 3)


async def evaluated(market: Market, made: dict[str, Any], on: str, **more: Any) -> httpx.Response:
    """The answer to an evaluation on a day."""
    body = {"on": on, "evaluator": "第三方评估机构", **more}
    return await act(market.client, market.head, made, "evaluations", body)


async def test_visits_a_year_are_limited_and_what_shares_one_counts_once(
    market: Market, sessions: Sessions
) -> None:
    made = await signed(market.client, market.head, market.supplier(A), sessions)
    market.clock.to("2026-04-02 09:00")
    first, second = [(await evaluated(market, made, "2026-04-01")).json() for _ in range(2)]
    third = await evaluated(market, made, "2026-04-01")
    merged = await evaluated(market, made, "2026-04-01", visit_id=second["visit_id"])
    another_day = await evaluated(market, made, "2026-04-02", visit_id=second["visit_id"])
    market.clock.to("2027-04-02 09:00")
    later = await evaluated(market, made, "2027-04-01")

    assert (first["visit_number"], second["visit_number"]) == (1, 2)
    assert (third.status_code, third.json()["type"]) == (409, "visits-used-up")
    assert (merged.json()["visit_number"], later.json()["visit_number"]) == (2, 1)
    assert another_day.json()["errors"][0]["pointer"] == "/on"  # it would be a third visit


async def test_a_visit_is_of_a_day_of_the_contract_that_has_come(
    market: Market, sessions: Sessions
) -> None:
    """Signed on 2026-03-02: else what the year has left could be borrowed from another."""
    made = await signed(market.client, market.head, market.supplier(A), sessions)
    market.clock.to("2026-04-02 09:00")
    first, last = [await evaluated(market, made, on) for on in ("2026-03-02", "2026-04-02")]
    refused = [await evaluated(market, made, on) for on in ("2026-03-01", "2026-04-03")]

    assert (first.status_code, last.status_code) == (201, 201)
    for answer, on in zip(refused, ("2026-03-01", "2026-04-03"), strict=True):
        assert (answer.status_code, answer.json()["type"]) == (422, "wrong-evaluation")
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["value"]) == ("/on", on)
        assert "2026-03-02" in fault["message"]
        assert "2026-04-02" in fault["message"]


async def test_strangers_neither_report_nor_accept_nor_see_payments(
    client: httpx.AsyncClient,
    head: Header,
    provider: Header,
    other_provider: Header,
    other_head: Header,
    sessions: Sessions,
) -> None:
    made = await published(client, head, provider, sessions)
    report = await act(client, other_provider, made, "milestones/1/report", REPORT)
    await act(client, provider, made, "milestones/1/report", REPORT)
    accept = await act(client, other_head, made, "milestones/1/acceptance", ACCEPTED)
    path = f"/v1/contracts/{made['id']}/payments"

    assert (report.status_code, report.json()["type"]) == (403, "not-your-organisation")
    assert (accept.status_code, accept.json()["type"]) == (403, "out-of-area")
    assert (await client.get(path, headers=other_provider)).status_code == 403
    assert (await client.get(path, headers=provider)).json() == []


async def test_a_failure_runs_forward_and_is_not_of_days_to_come(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    """What has not happened counts for no rating."""
    made = await published(client, head, provider, sessions)
    today = city_day(utc_now())
    failure = {"category": "safety", "events": 1, "text": "事故", "document": "街办〔2026〕21号"}
    periods = (
        (today, today - timedelta(days=1), "/to_on"),
        (today, today + timedelta(days=1), "/to_on"),
    )
    for first, last, pointer in periods:
        body = {**failure, "from_on": str(first), "to_on": str(last)}
        answer = await act(client, head, made, "failures", body)

        assert (answer.status_code, answer.json()["type"]) == (422, "wrong-failure"), answer.text
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
