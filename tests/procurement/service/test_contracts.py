"""Contracts through the API: only from an award, only what adds up, money committed on signing."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from procurement import tables
from procurement.queries.contracts import states
from tests.procurement import deals
from tests.procurement.cases import (
    PROVIDER,
    STREET,
    Header,
    Sessions,
    at,
    key,
    opened_line,
)
from tests.procurement.deals import VALUE, draft, drawn_up, published, signed, step, wish
from tests.procurement.organisations import excluded


async def line_of(client: httpx.AsyncClient, head: Header, line: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/budget-lines/{line}", headers=head)).json()
    return found


async def test_a_contract_is_signed_by_both_and_its_money_committed(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await draft(client, head, sessions)
    held = await line_of(client, head, made["line"])
    first = (await step(client, provider, made, "signature")).json()
    second = (await step(client, head, first, "signature")).json()
    line = await line_of(client, head, made["line"])

    assert (made["status"], held["reserved_fen"]) == ("pending", VALUE)
    assert (first["status"], first["signed_at"]) == ("pending", None)
    assert (second["status"], second["supplements_max_fen"]) == ("active", VALUE // 10)
    assert second["signed_at"] == second["buyer_signed_at"]
    assert {"reg.50.contract_published", "102.24.term", "wage.worker"} <= set(second["rules"])
    assert (line["reserved_fen"], line["committed_fen"]) == (0, VALUE)


async def test_a_contract_is_seen_by_its_sides_and_when_published_by_everybody(
    client: httpx.AsyncClient,
    head: Header,
    provider: Header,
    other_provider: Header,
    sessions: Sessions,
) -> None:
    made = await signed(client, head, provider, sessions)
    path = f"/v1/contracts/{made['id']}"
    before = [
        (await client.get(path, headers=header)).status_code
        for header in (head, provider, other_provider, {})
    ]
    waiting = await client.get("/v1/unfinished-contracts", headers=provider)
    public = await step(client, head, made, "publication")
    listed = (await client.get("/v1/contracts", params={"area": "310101"})).json()["items"]

    assert before == [200, 200, 404, 404]
    assert [each["id"] for each in waiting.json()["items"]] == [made["id"]]
    assert (public.status_code, (await client.get(path)).status_code) == (200, 200)
    assert [each["id"] for each in listed] == [made["id"]]
    assert listed[0]["funding"][0]["value_fen"] == VALUE
    async with sessions() as session:
        state = (await states(session, [UUID(made["id"])]))[UUID(made["id"])]
    assert (state.value_fen, state.target_groups) == (VALUE, ["elderly"])
    assert (await step(client, head, public.json(), "publication")).status_code == 409


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"value_fen": VALUE + 1}, "/value_fen"),
        ({"service_days": 239}, "/milestones"),
        ({"kind": "bundled_operation"}, "/stations"),
        ({"period_end_on": "2020-01-01"}, "/period_end_on"),
    ],
)
async def test_what_does_not_add_up_is_no_contract(
    client: httpx.AsyncClient,
    head: Header,
    sessions: Sessions,
    change: dict[str, Any],
    pointer: str,
) -> None:
    award = await deals.awarded(sessions, await deals.prepared(sessions))
    line = await opened_line(client, head)
    answer = await drawn_up(client, head, {**wish(award, line["id"]), **change})

    assert (answer.status_code, answer.json()["type"]) == (422, "wrong-contract")
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_term_is_a_year_and_three_where_all_is_stable(
    client: httpx.AsyncClient, head: Header, sessions: Sessions
) -> None:
    award = await deals.awarded(sessions, await deals.prepared(sessions))
    line = (await opened_line(client, head))["id"]
    start = date(2026, 7, 1)
    plain = wish(award, line, start=start)
    answers = [
        await drawn_up(client, head, {**plain, **change})
        for change in (
            {"period_end_on": "2027-07-01"},
            {"max_extent_on": "2029-06-30"},
            {"max_extent_on": "2029-07-01", "is_stable": True},
            {"max_extent_on": "2029-06-30", "is_stable": True},
        )
    ]

    slugs = [answer.json().get("type") for answer in answers]
    assert slugs == ["term-too-long"] * 3 + [None]
    assert answers[3].json()["max_extent_on"] == "2029-06-30"


@pytest.mark.parametrize("grade", ["social_worker", "professional", "manager"])
async def test_a_wage_guide_that_nobody_has_set_blocks_the_cost_statement_by_name(
    client: httpx.AsyncClient, head: Header, sessions: Sessions, grade: str
) -> None:
    award = await deals.awarded(sessions, await deals.prepared(sessions))
    wanted = wish(award, (await opened_line(client, head))["id"])
    staff, activity = wanted["costs"]
    costs = [{**staff, "grade": grade}, activity]
    blocked = await drawn_up(client, head, {**wanted, "costs": costs})

    assert (blocked.status_code, blocked.json()["type"]) == (409, "rule-not-set")
    assert f"wage.{grade}" in blocked.json()["detail"]


async def test_staff_are_costed_at_the_wage_guide_at_least(
    client: httpx.AsyncClient, head: Header, sessions: Sessions
) -> None:
    award = await deals.awarded(sessions, await deals.prepared(sessions))
    wanted = wish(award, (await opened_line(client, head))["id"])
    staff, activity = wanted["costs"]

    async def costed(*costs: dict[str, Any]) -> str:
        answer = await drawn_up(client, head, {**wanted, "costs": list(costs)})
        slug: str = answer.json().get("type")
        return slug

    dear = VALUE // 10 + 1
    management = {"kind": "management", "name": "管理费", "quantity": 1, "unit_fen": dear}
    rest = {**activity, "unit_fen": VALUE - dear}
    assert await costed({**staff, "unit_fen": 2_739_99}, activity) == "below-wage-guide"
    assert await costed({**staff, "grade": "social_worker"}, activity) == "rule-not-set"
    assert await costed(management, rest) == "management-too-dear"
    assert await costed({**staff, "grade": None}, activity) == "invalid"


async def test_only_an_announced_award_of_ones_own_is_contracted_and_once(
    client: httpx.AsyncClient, head: Header, other_head: Header, sessions: Sessions
) -> None:
    line = (await opened_line(client, head))["id"]
    ready = await deals.awarded(sessions, await deals.prepared(sessions))
    pending = await deals.awarded(sessions, await deals.prepared(sessions), status="pending")
    shared = await deals.awarded(sessions, await deals.prepared(sessions), is_shared=True)

    async def told(header: Header, award: UUID) -> tuple[int, str | None]:
        answer = await drawn_up(client, header, wish(award, line))
        return answer.status_code, answer.json().get("type")

    assert await told(head, pending) == await told(head, shared) == (409, "no-award")
    assert await told(head, uuid4()) == (404, "not-found")
    assert await told(other_head, ready) == (403, "out-of-area")
    assert await told(head, ready) == (201, None)
    assert await told(head, ready) == (409, "award-has-contract")


async def test_a_cancelled_draft_leaves_its_award_free(
    client: httpx.AsyncClient, head: Header, sessions: Sessions
) -> None:
    made = await draft(client, head, sessions)
    gone = await step(client, head, made, "cancellation")
    again = await drawn_up(client, head, wish(UUID(made["award_id"]), made["line"]))

    assert (gone.json()["status"], again.status_code) == ("cancelled", 201)


async def test_nothing_is_signed_while_the_purchase_is_suspended(
    client: httpx.AsyncClient, head: Header, sessions: Sessions
) -> None:
    made = await draft(client, head, sessions)
    async with sessions.begin() as session:
        held = "UPDATE tender SET suspended_at = now(), suspended_until_on = current_date + 9"
        await session.execute(text(held))
    answer = await step(client, head, made, "signature")

    assert (answer.status_code, answer.json()["type"]) == (409, "signing-suspended")


async def test_nothing_is_signed_with_who_is_excluded_meanwhile(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await draft(client, head, sessions)
    await excluded(sessions, PROVIDER, from_on=date(2026, 1, 1))
    refused = [await step(client, each, made, "signature") for each in (provider, head)]

    assert [answer.json()["type"] for answer in refused] == ["provider-excluded"] * 2


async def test_no_budget_no_contract(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    award = await deals.awarded(sessions, await deals.prepared(sessions))
    line = (await opened_line(client, head))["id"]
    made = (await drawn_up(client, head, wish(award, line))).json()
    first = (await step(client, provider, made, "signature")).json()
    answer = await step(client, head, first, "signature")

    assert (answer.status_code, answer.json()["type"]) == (409, "more-than-held")


async def test_another_provider_does_not_sign(
    client: httpx.AsyncClient, head: Header, other_provider: Header, sessions: Sessions
) -> None:
    made = await draft(client, head, sessions)

    assert (await step(client, other_provider, made, "signature")).status_code == 404


async def test_the_database_knows_no_contract_without_an_award(
    client: httpx.AsyncClient, head: Header, sessions: Sessions
) -> None:
    made = await draft(client, head, sessions)
    for change in (
        f"award_id = '{uuid4()}'",
        "status = 'active'",
        "paid_fen = value_fen + 1",
        "published_at = now()",
    ):
        with pytest.raises(IntegrityError):
            async with sessions.begin() as session:
                await session.execute(
                    text(f"UPDATE contract SET {change} WHERE id = '{made['id']}'")
                )


async def test_several_stations_are_run_under_one_contract(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    stations = [
        {"venue_id": str(uuid4()), "name": name, "area_code": STREET}
        for name in ("社区社工站", "邻里汇")
    ]
    made = await published(
        client, head, provider, sessions, kind="bundled_operation", stations=stations
    )

    assert sorted(each["name"] for each in made["stations"]) == ["社区社工站", "邻里汇"]


async def test_a_purchase_is_funded_by_its_buyers_lines_and_reserves_at_once(
    client: httpx.AsyncClient, head: Header, other_head: Header, sessions: Sessions
) -> None:
    tender = await deals.prepared(sessions)
    one, two = [await opened_line(client, head) for _ in range(2)]
    foreign = await opened_line(client, head, buyer_id=str(uuid4()))
    half = VALUE // 2

    short = await deals.fund(client, head, tender, (one["id"], VALUE - 1))
    strange = await deals.fund(client, head, tender, (foreign["id"], VALUE))
    outside = await deals.fund(client, other_head, tender, (one["id"], VALUE))
    whole = await deals.fund(client, head, tender, (one["id"], VALUE))
    again = await deals.fund(client, head, tender, (one["id"], half), (two["id"], half))
    read = await client.get(f"/v1/tenders/{tender}/funding", headers=head)

    assert short.json()["errors"][0]["pointer"] == "/draws"
    assert strange.json()["errors"][0]["pointer"] == "/draws/0/line_id"
    assert (outside.status_code, whole.status_code, again.status_code) == (403, 200, 200)
    assert [draw["value_fen"] for draw in read.json()["draws"]] == [half, half]
    assert (await line_of(client, head, one["id"]))["reserved_fen"] == half


async def test_an_announced_purchase_keeps_its_lines(
    client: httpx.AsyncClient, head: Header, sessions: Sessions
) -> None:
    tender = await deals.prepared(sessions)
    line, other = [await opened_line(client, head) for _ in range(2)]
    await deals.fund(client, head, tender, (line["id"], VALUE))
    await deals.awarded(sessions, tender)
    answer = await deals.fund(client, head, tender, (other["id"], VALUE))

    assert (answer.status_code, answer.json()["type"]) == (409, "funding-settled")


async def test_a_stale_version_signs_nothing(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await draft(client, head, sessions)
    await step(client, provider, made, "signature")
    stale = await client.post(
        f"/v1/contracts/{made['id']}/signature", headers={**head, **key(), **at(made)}
    )

    assert (stale.status_code, stale.json()["type"]) == (412, "stale-version")
    async with sessions() as session:
        row = await session.get_one(tables.Contract, UUID(made["id"]))
    assert row.buyer_signed_at is None
