"""One item of an agenda is given up for a public reason; the rest of the agenda goes on."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from common import mirrors
from common.contracts.feeds import Kind
from common.feed.client import Change
from procurement.queries import agenda as agenda_queries
from tests.procurement.cases import Sessions
from tests.procurement.service.test_plans import PLAN
from tests.procurement.service.test_purchases_of_agendas import agenda_of, received
from tests.procurement.tendering import TENDER, Market

WHY = {"reason": "三次公开征集均无供应商响应，居民会议同意不再实施"}
YEARS = [{"year": year, "intended_fen": 500_000_00} for year in (2026, 2027)]


async def taken_in(sessions: Sessions, item: UUID) -> dict[str, Any]:
    """An agenda of one item, received as the feed is followed."""
    state = agenda_of(item)
    await received(sessions, state)
    async with sessions.begin() as session:
        await mirrors.apply(session, Kind.AGENDA, [Change("agenda", UUID(state["id"]), 1, state)])
    return state


async def planned(market: Market, agenda: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path at which a plan takes items over, and the wish for the item of an agenda."""
    plan = await market.post(market.clerk, "plans", {**PLAN, "years": YEARS})
    wish = {"agenda_id": agenda["id"], "agenda_item_id": agenda["items"][0]["id"], "year": 2026}
    return f"plans/{plan['id']}/agenda-items", wish


async def test_an_item_is_given_up_with_its_place_in_the_plan_and_stays_so(
    market: Market, sessions: Sessions
) -> None:
    item = uuid4()
    path, wish = await planned(market, await taken_in(sessions, item))
    listed = await market.post(market.clerk, path, wish)
    done = await market.post(market.head, f"agenda-outcomes/{item}/drop", WHY)
    left = await market.get(market.clerk, f"purchase-items/{listed['id']}")
    again = await market.post(market.head, f"agenda-outcomes/{item}/drop", WHY, status=409)
    bought = await market.post(
        *(market.clerk, "tenders", {**TENDER, "agenda_item_id": str(item)}), status=409
    )
    relisted = await market.post(market.clerk, path, wish, status=409)
    plan = await market.get(market.clerk, path.removesuffix("/agenda-items"))

    assert (done["stage"], done["drop_reason"], done["cost_fen"]) == ("dropped", WHY["reason"], 0)
    assert done["dropped_at"] is not None
    assert await market.get({}, f"agenda-outcomes/{item}") == done
    assert (left["status"], left["drop_reason"]) == ("dropped", WHY["reason"])
    assert [year["itemised_fen"] for year in plan["years"]] == [0, 0]
    assert again["type"] == "agenda-item-not-given-up"
    assert {bought["type"], relisted["type"]} == {"agenda-item-under-way"}


async def test_what_is_being_bought_is_given_up_only_after_its_purchase(
    market: Market, sessions: Sessions
) -> None:
    item = uuid4()
    await taken_in(sessions, item)
    path = f"agenda-outcomes/{item}/drop"
    tender = await market.post(market.clerk, "tenders", {**TENDER, "agenda_item_id": str(item)})
    held = await market.post(market.head, path, WHY, status=409)
    said = {"reason": "major_change", "explanation": "场地改作他用，采购任务取消"}
    await market.post(market.head, f"tenders/{tender['id']}/cancellation", said, version=tender)
    done = await market.post(market.head, path, WHY)

    assert held["type"] == "agenda-item-not-given-up"
    assert "planned" in held["detail"]
    assert done["stage"] == "dropped"


async def test_the_head_of_the_place_gives_up_and_a_lost_answer_is_told_again(
    market: Market, sessions: Sessions, other_head: dict[str, str]
) -> None:
    item = uuid4()
    await taken_in(sessions, item)
    path = f"agenda-outcomes/{item}/drop"
    foreign = await market.post(other_head, path, WHY, status=403)
    await market.post(market.clerk, path, WHY, status=403)
    await market.post(market.head, f"agenda-outcomes/{uuid4()}/drop", WHY, status=404)
    header = {**market.head, "Idempotency-Key": str(uuid4())}
    first, second = [
        await market.client.post(f"/v1/{path}", json=WHY, headers=header) for _ in range(2)
    ]
    async with sessions() as session:
        told = (await agenda_queries.states(session, [item]))[item]

    assert foreign["type"] == "out-of-area"
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert (told.stage, told.drop_reason) == ("dropped", WHY["reason"])


@pytest.mark.parametrize("change", ["stage = 'received'", "tender_id = gen_random_uuid()"])
async def test_the_database_lets_nobody_buy_what_was_given_up(
    market: Market, sessions: Sessions, change: str
) -> None:
    item = uuid4()
    await taken_in(sessions, item)
    await market.post(market.head, f"agenda-outcomes/{item}/drop", WHY)
    with pytest.raises(IntegrityError, match="given_up_is_not_bought"):
        async with sessions.begin() as session:
            await session.execute(
                text(f"UPDATE agenda_outcome SET {change} WHERE id = :id"),
                {"id": item},
            )
