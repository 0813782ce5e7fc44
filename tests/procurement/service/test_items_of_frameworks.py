"""A residents' item that several suppliers of a framework serve is as far as the last of them."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from procurement import tables
from tests.procurement.cases import (
    BUYER,
    OTHER_PROVIDER,
    PROVIDER,
    STREET,
    Header,
    Sessions,
    at,
    key,
    opened_line,
)
from tests.procurement.deals import VALUE, awarded, drawn_up, fund, prepared, step, wish
from tests.procurement.service.test_performance import accepted, act, paid
from tests.procurement.service.test_purchases_of_agendas import agenda_of, received
from tests.procurement.tendering import LICENCE, A, B, Market

GONE = {"reason": "provider_dissolved", "text": "承接机构已注销"}
DONE = {"reason": "completed", "text": "履行完毕"}
CHOICE: dict[str, Any] = {
    "title": "演示数据 服务对象选择",
    "description": "服务对象自主选择的送餐服务",
    "second_stage": "recipient",
    "buyer_id": BUYER,
    "area_code": STREET,
    "value_fen": 90_000_00,
    "supplier_id": A,
    "reason": "服务对象一百二十人中八十人选择",
}


async def framework_of(sessions: Sessions, item: UUID, ends_on: date = date(2030, 1, 31)) -> UUID:
    """A framework of several suppliers for what residents decided."""
    await received(sessions, agenda_of(item))
    more = {"framework_form": "closed", "framework_ends_on": ends_on}
    found = await prepared(sessions, method="framework", agenda_item_id=item, **more)
    for supplier in (PROVIDER, OTHER_PROVIDER):
        await awarded(sessions, found, supplier=supplier, is_shared=True)
    async with sessions.begin() as session:
        row = await session.get_one(tables.AgendaOutcome, item)
        row.stage, row.tender_id = "tendering", found
    return found


async def placed(
    client: httpx.AsyncClient, head: Header, sessions: Sessions, framework: UUID, item: UUID
) -> tuple[UUID, str]:
    """A purchase under a framework, and the line that pays it."""
    line = (await opened_line(client, head))["id"]
    tender = await prepared(
        sessions, framework_id=framework, second_stage="direct", agenda_item_id=item
    )
    assert (await fund(client, head, tender, (line, VALUE))).status_code == 200
    return tender, line


async def serving(
    client: httpx.AsyncClient,
    head: Header,
    agent: Header,
    sessions: Sessions,
    framework: UUID,
    item: UUID,
    *,
    supplier: str,
) -> dict[str, Any]:
    """A published contract of one supplier of a framework."""
    tender, line = await placed(client, head, sessions, framework, item)
    award = await awarded(sessions, tender, supplier=supplier, framework_id=framework)
    made = (await drawn_up(client, head, wish(award, line))).json()
    for who, what in ((agent, "signature"), (head, "signature"), (head, "publication")):
        answer = await step(client, who, made, what)
        assert answer.status_code == 200, answer.text
        made = answer.json()
    return {**made, "line": line}


@pytest.fixture
async def two(
    client: httpx.AsyncClient,
    head: Header,
    provider: Header,
    other_provider: Header,
    sessions: Sessions,
) -> tuple[UUID, dict[str, Any], dict[str, Any]]:
    """An item, and the contracts of the two suppliers that serve it."""
    item = uuid4()
    framework = await framework_of(sessions, item)
    given = client, head
    first = await serving(*given, provider, sessions, framework, item, supplier=PROVIDER)
    second = await serving(
        *given, other_provider, sessions, framework, item, supplier=OTHER_PROVIDER
    )
    return item, first, second


async def outcome(client: httpx.AsyncClient, item: UUID) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/agenda-outcomes/{item}")).json()
    return found


async def completed(
    client: httpx.AsyncClient, head: Header, clerk: Header, agent: Header, made: dict[str, Any]
) -> None:
    for number in (1, 2):
        await accepted(client, head, agent, made, number)
        await paid(client, clerk, head, made, VALUE // 2, number)
    assert (await act(client, head, made, "termination", DONE)).status_code == 200


async def test_an_item_is_delivered_with_the_last_supplier_not_with_the_first(
    client: httpx.AsyncClient,
    head: Header,
    clerk: Header,
    provider: Header,
    other_provider: Header,
    two: tuple[UUID, dict[str, Any], dict[str, Any]],
) -> None:
    item, first, second = two
    both = await outcome(client, item)
    await completed(client, head, clerk, provider, first)
    one = await outcome(client, item)
    await completed(client, head, clerk, other_provider, second)
    none = await outcome(client, item)

    assert (both["stage"], both["contracted_fen"]) == ("contracted", 2 * VALUE)
    assert (one["stage"], one["cost_fen"], one["delivered_at"]) == ("contracted", None, None)
    assert (one["contracted_fen"], one["paid_fen"]) == (2 * VALUE, VALUE)
    assert (none["stage"], none["cost_fen"], none["paid_fen"]) == ("delivered", *[2 * VALUE] * 2)
    assert none["delivered_at"] is not None
    assert one["contracted_at"] == both["contracted_at"]


async def test_a_supplier_who_is_gone_leaves_the_item_to_the_other(
    client: httpx.AsyncClient,
    head: Header,
    clerk: Header,
    provider: Header,
    two: tuple[UUID, dict[str, Any], dict[str, Any]],
) -> None:
    item, first, second = two
    await act(client, head, second, "termination", GONE)
    left = await outcome(client, item)
    await completed(client, head, clerk, provider, first)
    done = await outcome(client, item)

    assert (left["stage"], left["contract_id"]) == ("contracted", first["id"])
    assert (left["contracted_fen"], left["tender_id"]) == (VALUE, done["tender_id"])
    assert (done["stage"], done["cost_fen"]) == ("delivered", VALUE)


async def test_an_item_is_free_again_when_the_last_supplier_is_gone(
    client: httpx.AsyncClient, head: Header, two: tuple[UUID, dict[str, Any], dict[str, Any]]
) -> None:
    item, *contracts = two
    for made in contracts:
        await act(client, head, made, "termination", GONE)
    free = await outcome(client, item)

    assert (free["stage"], free["tender_id"], free["contract_id"]) == ("received", None, None)
    assert (free["contracted_fen"], free["contracted_at"], free["cost_fen"]) == (None, None, 0)


async def test_a_purchase_that_is_cancelled_says_nothing_for_the_other_supplier(
    client: httpx.AsyncClient,
    head: Header,
    clerk: Header,
    provider: Header,
    sessions: Sessions,
) -> None:
    item = uuid4()
    framework = await framework_of(sessions, item)
    waiting, _ = await placed(client, head, sessions, framework, item)
    made = await serving(client, head, provider, sessions, framework, item, supplier=PROVIDER)
    await completed(client, head, clerk, provider, made)
    goes_on = await outcome(client, item)
    said = {"reason": "task_cancelled", "explanation": "任务取消"}
    answer = await client.post(
        f"/v1/tenders/{waiting}/cancellation",
        json=said,
        headers={**head, **key(), **at({"version": 1})},
    )

    assert answer.status_code == 200, answer.text
    assert goes_on["stage"] == "tendering"  # one is still to be awarded
    assert (await outcome(client, item))["stage"] == "delivered"


async def test_the_end_of_one_contract_is_told_of_that_contract_alone(
    client: httpx.AsyncClient, head: Header, two: tuple[UUID, dict[str, Any], dict[str, Any]]
) -> None:
    """OCDS: each contract has its status; award and tender keep theirs, and so do the others."""
    _, first, second = two
    await act(client, head, second, "termination", GONE)
    told = [
        (await client.get(f"/ocds/records/{made['ocid']}")).json()["records"][0]["compiledRelease"]
        for made in (first, second)
    ]

    assert [each["contracts"][0]["status"] for each in told] == ["active", "terminated"]
    assert {each["awards"][0]["status"] for each in told} == {"active"}
    assert {each["tender"]["status"] for each in told} == {"complete"}


async def test_what_is_placed_under_a_framework_is_for_the_item_of_its_framework(
    market: Market, sessions: Sessions
) -> None:
    item = uuid4()
    await received(sessions, agenda_of(item))
    reason = {"field": "method", "reason": "多家承接者同时服务，由服务对象自主选择"}
    made = await market.prepared(
        [LICENCE],
        method="framework",
        framework_form="open",
        framework_ends_on="2027-12-31",
        is_price_fixed=True,
        price_weight=0,
        small_firm_deduction=None,
        agenda_item_id=str(item),
        deviations=[reason],
    )
    row = await market.announced(made, "2026-12-31 10:00")
    path = f"tenders/{row['id']}"
    for supplier in (A, B):
        wanted = {"supplier_id": supplier, "value_fen": 20_00}
        await market.post(market.head, f"{path}/admissions", wanted)
    first = await market.post(market.head, f"{path}/call-offs", CHOICE)
    async with sessions.begin() as session:
        told = await session.get_one(tables.AgendaOutcome, item)
        told.stage, told.tender_id = "received", None
    anew = await market.post(market.head, f"{path}/call-offs", CHOICE)
    again = await market.get({}, f"agenda-outcomes/{item}")
    async with sessions.begin() as session:
        told = await session.get_one(tables.AgendaOutcome, item)
        told.stage = "delivered"
    later = await market.post(market.head, f"{path}/call-offs", CHOICE)

    assert (first["agenda_item_id"], anew["agenda_item_id"]) == (str(item), str(item))
    assert (again["stage"], again["tender_id"]) == ("tendering", row["id"])
    assert later["agenda_item_id"] is None  # bought with other money


async def test_a_framework_that_ended_holds_an_item_only_while_something_is_placed(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    items, ended = [uuid4(), uuid4()], date(2026, 1, 31)
    _, framework = [await framework_of(sessions, item, ended) for item in items]
    await placed(client, head, sessions, framework, items[1])
    why = {"reason": "框架协议到期，居民会议同意不再实施"}
    left, held = [
        await client.post(f"/v1/agenda-outcomes/{item}/drop", json=why, headers={**head, **key()})
        for item in items
    ]

    assert (left.status_code, left.json()["stage"]) == (200, "dropped")
    assert (held.status_code, held.json()["type"]) == (409, "agenda-item-not-given-up")
