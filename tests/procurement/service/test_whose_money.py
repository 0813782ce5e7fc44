"""A street spends its own money: nobody draws on the lines of another street or another buyer."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from common.clock import utc_now
from procurement.queries import contracts as contract_queries
from tests.procurement.cases import BUYER, STREET, Header, Sessions, key, opened_line
from tests.procurement.deals import VALUE, awarded, drawn_up, fund, prepared, step, wish
from tests.procurement.organisations import mirrored, organisation
from tests.procurement.service.test_changes import TENTH, more, renewable, renewal
from tests.procurement.service.test_performance import act
from tests.procurement.tendering import TENDER, set_rules

ELSEWHERE = "310104003000"
OTHER_BUYER = "01900000-0000-7000-8000-0000000000b2"


@pytest.fixture
async def foreign(client: httpx.AsyncClient, other_head: Header) -> dict[str, Any]:
    """A line of another street and its buyer."""
    return await opened_line(client, other_head, area_code=ELSEWHERE, buyer_id=OTHER_BUYER)


@pytest.fixture
async def sister(client: httpx.AsyncClient, head: Header) -> dict[str, Any]:
    """A line in the same street, of another buyer."""
    return await opened_line(client, head, buyer_id=OTHER_BUYER)


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


async def untouched(client: httpx.AsyncClient, head: Header, line: dict[str, Any]) -> bool:
    now = (await client.get(f"/v1/budget-lines/{line['id']}", headers=head)).json()
    return bool(now["free_fen"] == now["planned_fen"])


async def test_a_supplement_and_a_renewal_draw_on_the_buyers_own_lines(
    client: httpx.AsyncClient,
    head: Header,
    other_head: Header,
    provider: Header,
    sessions: Sessions,
    foreign: dict[str, Any],
    sister: dict[str, Any],
) -> None:
    made = await renewable(client, head, provider, sessions)
    added = [
        await act(client, head, made, "supplements", more(line["id"], TENTH, made))
        for line in (foreign, sister)
    ]
    renewed = [
        await act(client, head, made, "renewal", renewal(made, line["id"]))
        for line in (foreign, sister)
    ]

    assert [told(answer) for answer in added + renewed] == [
        (403, "out-of-area"),
        (422, "wrong-funding"),
    ] * 2
    assert renewed[1].json()["errors"][0]["pointer"] == "/funding/0/line_id"
    assert await untouched(client, other_head, foreign)
    assert await untouched(client, head, sister)


async def test_a_renewal_that_was_drawn_up_on_the_line_of_another_is_not_paid_from_it(
    client: httpx.AsyncClient,
    head: Header,
    provider: Header,
    sessions: Sessions,
    sister: dict[str, Any],
) -> None:
    """As one from before lines were looked at: the ledger itself refuses."""
    made = await renewable(client, head, provider, sessions)
    own = (await opened_line(client, head))["id"]
    pending = (await act(client, head, made, "renewal", renewal(made, own))).json()
    async with sessions.begin() as session:
        (money,) = await contract_queries.funding(session, UUID(pending["id"]))
        money.line_id = UUID(sister["id"])
    first = await step(client, head, pending, "signature")
    second = await step(client, provider, first.json(), "signature")

    assert told(second) == (422, "wrong-funding")
    assert await untouched(client, head, sister)


async def test_a_purchase_in_the_name_of_another_street_is_not_funded(
    client: httpx.AsyncClient,
    head: Header,
    other_head: Header,
    sessions: Sessions,
    foreign: dict[str, Any],
) -> None:
    tender = await prepared(sessions, buyer_id=UUID(OTHER_BUYER))
    answer = await fund(client, head, tender, (foreign["id"], VALUE))

    assert told(answer) == (403, "out-of-area")
    assert await untouched(client, other_head, foreign)


async def test_a_contract_is_not_drawn_up_on_the_line_of_another(
    client: httpx.AsyncClient, head: Header, sessions: Sessions, sister: dict[str, Any]
) -> None:
    award = await awarded(sessions, await prepared(sessions))
    answer = await drawn_up(client, head, wish(award, sister["id"]))

    assert told(answer) == (422, "wrong-funding")


def call(sponsor: str, line: str) -> dict[str, Any]:
    return {
        "title": "演示数据 公益微创投",
        "aims": "支持社区社会组织开展邻里互助",
        "area_code": STREET,
        "sponsor_id": sponsor,
        "category": "mutual_aid",
        "target_groups": ["everyone"],
        "document": "南东街办〔2026〕7号",
        "largest_grant_fen": 30_000_00,
        "draws": [{"line_id": line, "value_fen": VALUE}],
        "closes_at": (utc_now() + timedelta(days=20)).isoformat(),
        "reviews_least": 2,
    }


async def test_the_pot_of_a_call_is_the_sponsors_and_of_the_street(
    client: httpx.AsyncClient,
    head: Header,
    clerk: Header,
    other_head: Header,
    foreign: dict[str, Any],
    sister: dict[str, Any],
) -> None:
    answers = [
        await client.post("/v1/venture-calls", json=body, headers={**clerk, **key()})
        for body in (call(OTHER_BUYER, foreign["id"]), call(BUYER, sister["id"]))
    ]

    assert [told(answer) for answer in answers] == [(403, "out-of-area"), (422, "wrong-funding")]
    assert await untouched(client, other_head, foreign)
    assert await untouched(client, head, sister)


async def test_nobody_buys_or_sponsors_in_the_name_of_a_body_of_another_area(
    client: httpx.AsyncClient, clerk: Header, head: Header, sessions: Sessions
) -> None:
    """A body that the registry has not told of yet is let pass."""
    await set_rules(sessions)
    line = await opened_line(client, head)

    async def asked() -> list[httpx.Response]:
        return [
            await client.post(path, json=body, headers={**clerk, **key()})
            for path, body in (
                ("/v1/tenders", {**TENDER, "buyer_id": OTHER_BUYER}),
                ("/v1/venture-calls", call(OTHER_BUYER, line["id"])),
            )
        ]

    async def called_off() -> httpx.Response:
        body = {
            "title": "演示数据 四月助餐",
            "description": "四月份独居老人助餐",
            "second_stage": "direct",
            "buyer_id": OTHER_BUYER,
            "area_code": STREET,
            "value_fen": VALUE,
        }
        path = f"/v1/tenders/{uuid4()}/call-offs"
        return await client.post(path, json=body, headers={**head, **key()})

    before = await asked()
    await mirrored(sessions, organisation(UUID(OTHER_BUYER), area_code=ELSEWHERE))
    after = [*await asked(), await called_off()]
    await mirrored(sessions, organisation(UUID(OTHER_BUYER), area_code="310101002001"))
    own = await asked()

    assert before[0].status_code == own[0].status_code == 201
    assert [told(answer) for answer in (before[1], own[1])] == [(422, "wrong-funding")] * 2
    assert [told(answer) for answer in after] == [(422, "foreign-buyer")] * 3
    assert [answer.json()["errors"][0]["pointer"] for answer in after] == [
        "/buyer_id",
        "/sponsor_id",
        "/buyer_id",
    ]
