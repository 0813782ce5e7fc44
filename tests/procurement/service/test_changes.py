"""Contracts that change and end: supplements within 10 %, renewal in term, users handed over."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from common.clock import city_day, utc_now
from procurement import tables
from procurement.queries import agenda as agenda_queries
from tests.procurement.cases import Header, Sessions, key, opened_line
from tests.procurement.deals import VALUE, agreed, draft, published, signed, step
from tests.procurement.service.test_performance import accepted, act, paid
from tests.procurement.service.test_purchases_of_agendas import agenda_of, received
from tests.procurement.tendering import TENDER, set_rules

TENTH = VALUE // 10


def more(line: str, fen: int, contract: dict[str, Any]) -> dict[str, Any]:
    """A supplement on the same terms."""
    milestone = {"title": "加送两百份", "due_on": contract["period_end_on"]}
    return {
        "draws": [{"line_id": line, "value_fen": fen}],
        "text": "增加冬季热餐",
        "milestones": [{**milestone, "service_days": 10, "pay_fen": fen}],
    }


async def test_supplements_stay_within_a_tenth_of_the_contract(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    other = (await opened_line(client, head, source="donation"))["id"]
    first = await act(client, head, made, "supplements", more(made["line"], TENTH - 1_00, made))
    over = await act(client, head, made, "supplements", more(other, 1_01, made))
    rest = await act(client, head, made, "supplements", more(other, 1_00, made))
    contract = (await client.get(f"/v1/contracts/{made['id']}")).json()
    line = (await client.get(f"/v1/budget-lines/{made['line']}", headers=head)).json()

    assert (first.status_code, rest.status_code) == (201, 201)
    assert (over.status_code, over.json()["type"]) == (409, "supplement-too-large")
    assert (contract["value_fen"], contract["original_fen"]) == (VALUE + TENTH, VALUE)
    assert {each["source"] for each in contract["funding"]} == {"government_purchase", "donation"}
    assert sum(each["value_fen"] for each in contract["funding"]) == contract["value_fen"]
    assert line["committed_fen"] == VALUE + TENTH - 1_00
    changes = (await client.get(f"/v1/contracts/{made['id']}/changes")).json()
    assert [(each["number"], each["value_fen"]) for each in changes] == [
        (1, TENTH - 1_00),
        (2, 1_00),
    ]


async def test_a_change_names_its_reason_and_keeps_within_the_term(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    text = {"reason": "target_change", "text": "按居民意见扩大对象"}
    wider = await act(
        client, head, made, "changes", {**text, "target_groups": ["elderly", "disabled"]}
    )
    late = str(date.fromisoformat(made["period_end_on"]) + timedelta(days=1))
    longer = await act(client, head, made, "changes", {**text, "period_end_on": late})
    nothing = await act(client, head, made, "changes", text)
    null = await act(client, head, made, "changes", {**text, "places": None})
    unknown = await act(client, head, made, "changes", {**text, "reason": "mood", "places": 3})

    assert wider.json()["after"] == {"target_groups": ["elderly", "disabled"]}
    assert wider.json()["before"] == {"target_groups": ["elderly"]}
    assert longer.json()["type"] == "term-too-long"
    assert [a.status_code for a in (nothing, null, unknown)] == [422] * 3


async def renewable(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> dict[str, Any]:
    """A contract of a year that may be renewed up to three."""
    start = city_day(utc_now())
    latest = start.replace(year=start.year + 3) - timedelta(days=1)
    return await published(
        client, head, provider, sessions, is_stable=True, max_extent_on=str(latest)
    )


def renewal(
    contract: dict[str, Any], line: str, value_fen: int = VALUE, **changes: Any
) -> dict[str, Any]:
    start = date.fromisoformat(contract["period_end_on"]) + timedelta(days=1)
    terms = agreed(line, value_fen=value_fen, start=start)
    return {**terms, "ground": "服务稳定，居民满意", **changes}


async def test_a_renewal_stays_within_the_latest_end_and_is_paid_from_money_of_its_own(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await renewable(client, head, provider, sessions)
    line = (await opened_line(client, head))["id"]
    dear = await act(client, head, made, "renewal", renewal(made, line, VALUE + 1_00))
    late = await act(client, head, made, "renewal", renewal(made, line, period_end_on="2036-01-01"))
    next_term = await act(client, head, made, "renewal", renewal(made, line))
    again = await act(client, head, made, "renewal", renewal(made, line))
    first = await step(client, provider, next_term.json(), "signature")
    second = await step(client, head, first.json(), "signature")
    held = (await client.get(f"/v1/budget-lines/{line}", headers=head)).json()

    assert (dear.status_code, late.json()["type"]) == (422, "not-renewable")
    assert next_term.json()["renewal_of_id"] == made["id"]
    assert (again.status_code, again.json()["type"]) == (409, "award-has-contract")
    assert (second.json()["status"], held["committed_fen"]) == ("active", VALUE)


async def test_a_change_of_a_renewal_begins_no_new_term(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    """Three years from the first day of the first contract, and not a day more."""
    made = await renewable(client, head, provider, sessions)
    line = (await opened_line(client, head))["id"]
    term = await act(client, head, made, "renewal", renewal(made, line))
    half = await step(client, provider, term.json(), "signature")
    second = (await step(client, head, half.json(), "signature")).json()
    latest = date.fromisoformat(made["max_extent_on"])
    text = {"reason": "target_change", "text": "按居民意见延长服务"}
    late, last = [
        await act(client, head, second, "changes", {**text, "period_end_on": str(day)})
        for day in (latest + timedelta(days=1), latest)
    ]
    after = (await client.get(f"/v1/contracts/{second['id']}", headers=head)).json()

    assert (late.status_code, late.json()["type"]) == (409, "term-too-long")
    assert last.status_code == 201
    assert (after["period_end_on"], after["max_extent_on"]) == (str(latest), str(latest))


async def test_a_changed_term_holds_what_is_due_and_ends_before_the_renewal(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await renewable(client, head, provider, sessions)
    line = (await opened_line(client, head))["id"]
    text = {"reason": "target_change", "text": "按居民意见调整服务期"}
    end = date.fromisoformat(made["period_end_on"])  # when the last milestone is due
    short = str(end - timedelta(days=1))
    shorter = await act(client, head, made, "changes", {**text, "period_end_on": short})
    await act(client, head, made, "renewal", renewal(made, line))
    later = str(end + timedelta(days=1))
    longer = await act(client, head, made, "changes", {**text, "period_end_on": later})

    for refused, given in ((shorter, short), (longer, later)):
        assert (refused.status_code, refused.json()["type"]) == (422, "wrong-contract")
        (fault,) = refused.json()["errors"]
        assert (fault["pointer"], fault["value"]) == ("/period_end_on", given)
    assert str(end) in shorter.json()["errors"][0]["message"]
    assert later in longer.json()["errors"][0]["message"]


async def test_no_renewal_goes_on_with_what_was_broken_off(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    """Neither is a half-signed one signed after it, nor does it keep the item from anybody."""
    made = await renewable(client, head, provider, sessions)
    line = (await opened_line(client, head))["id"]
    term = (await act(client, head, made, "renewal", renewal(made, line))).json()
    half = (await step(client, provider, term, "signature")).json()
    end = {"reason": "provider_dissolved", "text": "承接机构已注销"}
    await act(client, head, made, "termination", end)
    after = (await client.get(f"/v1/contracts/{half['id']}", headers=head)).json()
    signed_after = await step(client, head, after, "signature")

    assert (after["status"], signed_after.status_code) == ("cancelled", 409)
    assert signed_after.json()["type"] == "contract-cannot-move"


async def test_a_contract_without_a_latest_end_is_not_renewed(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    answer = await act(client, head, made, "renewal", renewal(made, made["line"]))

    assert (answer.status_code, answer.json()["type"]) == (409, "not-renewable")


async def test_users_hear_in_time_and_somebody_goes_on_with_them(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    heir = await published(client, head, provider, sessions)
    unpublished = await signed(client, head, provider, sessions)
    soon, later = [str(city_day(utc_now()) + timedelta(days=n)) for n in (29, 30)]
    notice = {"reason": "funds_cut", "text": "经费调整，服务由新合同承接", "ends_on": later}
    short = await act(
        *(client, head, made, "discontinuation"),
        {**notice, "ends_on": soon, "handed_over_to_id": heir["id"]},
    )
    alone = await act(client, head, made, "discontinuation", notice)
    nobody = await act(
        client, head, made, "discontinuation", {**notice, "handed_over_to_id": unpublished["id"]}
    )
    told = await act(
        client, head, made, "discontinuation", {**notice, "handed_over_to_id": heir["id"]}
    )
    early = await act(
        client, head, made, "termination", {"reason": "funds_cut", "text": "停止服务"}
    )

    assert short.json()["type"] == early.json()["type"] == "notice-too-short"
    assert (alone.status_code, alone.json()["type"]) == (422, "users-left-alone")
    assert nobody.status_code == 404
    assert (told.json()["ends_on"], told.json()["handed_over_to_id"]) == (later, heir["id"])
    assert told.json()["discontinuation_notice_at"]


async def test_a_contract_is_completed_when_all_is_accepted_and_paid(
    client: httpx.AsyncClient, head: Header, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    end = {"reason": "completed", "text": "履行完毕"}
    early = await act(client, head, made, "termination", end)
    for number in (1, 2):
        await accepted(client, head, provider, made, number)
        assert (await paid(client, clerk, head, made, VALUE // 2, number)).status_code == 200
    done = await act(client, head, made, "termination", end)
    after = await act(client, head, made, "supplements", more(made["line"], 1_00, made))

    assert (early.status_code, early.json()["type"]) == (409, "not-completed")
    assert (done.json()["status"], done.json()["paid_fen"]) == ("terminated", VALUE)
    assert after.json()["type"] == "contract-cannot-move"


async def test_money_that_is_not_spent_goes_back_to_its_line(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    end = {"reason": "provider_dissolved", "text": "承接机构已注销"}
    gone = await act(client, head, made, "termination", end)
    line = (await client.get(f"/v1/budget-lines/{made['line']}", headers=head)).json()

    assert (gone.json()["status"], gone.json()["termination_reason"]) == (
        *("terminated",),
        "provider_dissolved",
    )
    assert (line["committed_fen"], line["free_fen"]) == (0, line["planned_fen"])


async def test_what_was_accepted_is_paid_after_the_end(
    client: httpx.AsyncClient, head: Header, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    await accepted(client, head, provider, made)
    end = {"reason": "provider_dissolved", "text": "承接机构已注销"}
    await act(client, head, made, "termination", end)
    path = f"/v1/budget-lines/{made['line']}"
    held = (await client.get(path, headers=head)).json()
    over = await paid(client, clerk, head, made, VALUE // 2 + 1)
    last = await paid(client, clerk, head, made, VALUE // 2)
    line = (await client.get(path, headers=head)).json()

    assert (held["committed_fen"], held["free_fen"]) == (
        VALUE // 2,
        held["planned_fen"] - VALUE // 2,
    )
    assert (over.status_code, over.json()["type"]) == (409, "payment-beyond-contract")
    assert (last.status_code, last.json()["status"]) == (200, "paid")
    assert (line["committed_fen"], line["paid_fen"]) == (0, VALUE // 2)


async def of_residents(
    client: httpx.AsyncClient,
    head: Header,
    provider: Header,
    sessions: Sessions,
    item: UUID,
    **more: Any,
) -> dict[str, Any]:
    """A published contract of what residents decided."""
    await received(sessions, agenda_of(item))
    made = await draft(client, head, sessions, tender={"agenda_item_id": item}, **more)
    async with sessions.begin() as session:
        row = await session.get_one(tables.AgendaOutcome, item)
        row.stage, row.tender_id = "tendering", UUID(made["tender_id"])
    for who in (provider, head):
        made = {**made, **(await step(client, who, made, "signature")).json()}
    await step(client, head, made, "publication")
    return made


async def cost_of(client: httpx.AsyncClient, item: UUID) -> tuple[str, int | None]:
    """How far an item is, and what it has cost."""
    told = (await client.get(f"/v1/agenda-outcomes/{item}")).json()
    return told["stage"], told["cost_fen"]


async def test_what_an_item_has_cost_is_told_at_the_end_of_its_contract(
    client: httpx.AsyncClient, head: Header, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    item = uuid4()
    made = await of_residents(client, head, provider, sessions, item)
    for number in (1, 2):
        await accepted(client, head, provider, made, number)
        await paid(client, clerk, head, made, VALUE // 2, number)
    running = await cost_of(client, item)
    await act(client, head, made, "termination", {"reason": "completed", "text": "履行完毕"})

    assert running == ("contracted", None)
    assert await cost_of(client, item) == ("delivered", VALUE)


async def test_an_item_whose_contract_ended_early_has_cost_what_was_accepted(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    item = uuid4()
    made = await of_residents(client, head, provider, sessions, item)
    await accepted(client, head, provider, made)  # and is not paid yet
    end = {"reason": "provider_dissolved", "text": "承接机构已注销"}
    await act(client, head, made, "termination", end)

    assert await cost_of(client, item) == ("received", VALUE // 2)


async def test_an_item_is_free_again_when_its_provider_is_gone(
    client: httpx.AsyncClient, head: Header, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    await set_rules(sessions)
    item = uuid4()
    made = await of_residents(client, head, provider, sessions, item)
    wish = {**TENDER, "agenda_item_id": str(item)}
    taken = await client.post("/v1/tenders", json=wish, headers={**clerk, **key()})
    end = {"reason": "provider_dissolved", "text": "承接机构已注销"}
    await act(client, head, made, "termination", end)
    async with sessions() as session:
        state = (await agenda_queries.states(session, [item]))[item]
    anew = await client.post("/v1/tenders", json=wish, headers={**clerk, **key()})

    assert (taken.status_code, taken.json()["type"]) == (409, "agenda-item-under-way")
    assert (state.stage, state.tender_id, state.contract_id) == ("received", None, None)
    assert anew.status_code == 201
