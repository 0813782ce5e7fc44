"""Money given twice 重复资助: found with its grants, and decided upon."""

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from tests.registry.inventory import made, street, venue
from tests.registry.money import PROGRAMME, fund, grant
from tests.registry.small_city import key

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
DAY = date(2026, 1, 1)


async def findings(client: httpx.AsyncClient, header: Header, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/funding-findings", headers=header, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_one_body_paid_twice_for_one_item_is_found_with_both_grants(
    small_city: httpx.AsyncClient, head: Header, city: Header
) -> None:
    ours = await street(small_city, head)
    first = await fund(small_city, head, holder_id=ours["id"])
    second = await fund(
        small_city, city, holder_id=ours["id"], area_code="310000000000", source="micro_fund"
    )
    one = await grant(small_city, head, first, recipient_id=ours["id"], valid_to="2026-07-01")
    two = await grant(small_city, city, second, recipient_id=ours["id"], valid_from="2026-06-01")
    await grant(small_city, city, second, recipient_id=ours["id"], category="legal_advice")
    (found,) = await findings(small_city, head)

    assert found["rule"] == "double_funding.recipient"
    assert (found["overlap_from"], found["overlap_to"]) == ("2026-06-01", "2026-07-01")
    assert {found["first"]["record_id"], found["second"]["record_id"]} == {one["id"], two["id"]}
    assert "30" in found["reason_zh"]
    amounts = {side["source"]: side["amount_fen"] for side in (found["first"], found["second"])}
    assert amounts == {"special_fund": 300_000, "micro_fund": None}


async def test_one_venue_paid_through_two_bodies_is_found_and_decided_upon(
    small_city: httpx.AsyncClient, head: Header, bearer: Callable[..., Header]
) -> None:
    ours, other = await street(small_city, head), await street(small_city, head, name="别处")
    there = await venue(small_city, head)
    for body, source in ((ours, "special_fund"), (other, "venture_philanthropy")):
        money = await fund(small_city, head, holder_id=ours["id"], source=source)
        await grant(small_city, head, money, recipient_id=body["id"], venue_id=there["id"])
    (found,) = await findings(small_city, head, area="310101")
    decision = {
        "rule": found["rule"],
        "first_id": found["second"]["record_id"],
        "second_id": found["first"]["record_id"],
        "verdict": "co_funded",
        "reason": "区级配套",
    }
    path = "/v1/funding-findings/decisions"
    elsewhere = bearer(Role.STREET_HEAD, area="310101013", line="*")
    foreign = await small_city.post(path, json=decision, headers={**elsewhere, **key()})
    decided = await small_city.post(path, json=decision, headers={**head, **key()})

    assert found["rule"] == "double_funding.venue"
    assert foreign.status_code == 404
    assert decided.status_code == 201, decided.text
    assert await findings(small_city, head, is_decided=False) == []
    (told,) = await findings(small_city, head, is_decided=True)
    assert told["decision"]["verdict"] == "co_funded"


async def test_one_venue_that_two_funds_pay_by_itself_is_found(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    ours, there = await street(small_city, head), await venue(small_city, head)
    for source in ("special_fund", "micro_fund"):
        money = await fund(small_city, head, holder_id=ours["id"], source=source)
        await grant(small_city, head, money, venue_id=there["id"])
    (found,) = await findings(small_city, head)

    assert (found["rule"], found["venue_id"]) == ("double_funding.venue", there["id"])
    assert found["organisation_id"] is None


async def test_a_grant_that_ended_unpaid_pays_for_nothing_twice(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    ours = await street(small_city, head)
    for source in ("special_fund", "micro_fund"):
        money = await fund(small_city, head, holder_id=ours["id"], source=source)
        given = await grant(small_city, head, money, recipient_id=ours["id"])
    assert len(await findings(small_city, head)) == 1
    await small_city.post(
        f"/v1/funds/{money['id']}/grants/{given['id']}/end",
        json={"reason": "更正", "document_number": "协议 3"},
        headers={**head, **key()},
    )

    assert await findings(small_city, head) == []


async def test_one_programme_collected_by_two_departments_is_found(
    small_city: httpx.AsyncClient, head: Header, city: Header
) -> None:
    ours, other = await street(small_city, head), await street(small_city, head, name="别处")
    new = await made(small_city, head, "/v1/programmes", {**PROGRAMME, "department_id": ours["id"]})
    wider = {"department_id": other["id"], "line": "health", "area_code": "310101000000"}
    for more in (wider, {**wider, "area_code": "310105000000"}, {**wider, "category": "charity"}):
        await made(small_city, city, "/v1/programmes", {**PROGRAMME, **more})
    (found,) = await findings(small_city, head, rule="double_funding.programme")

    assert new["id"] in {found["first"]["record_id"], found["second"]["record_id"]}
    assert {found["first"]["line"], found["second"]["line"]} == {"civil_affairs", "health"}
    assert found["first"]["fund_id"] is None


@pytest.mark.parametrize("rule", ["", "double_funding", "double_funding_recipient"])
async def test_a_rule_that_is_none_is_refused_by_field(
    client: httpx.AsyncClient, head: Header, rule: str
) -> None:
    answer = await client.get("/v1/funding-findings", params={"rule": rule}, headers=head)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/rule"]
