"""Collective needs through the public API: raised, claimed, answered, sent to a purchase."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from common import mirrors
from common.auth.roles import Role
from common.contracts.feeds import Kind
from common.db import Database
from matching import tables
from tests.matching.cases import HOME, Sessions, at, key

Header = dict[str, str]
PATH = "/v1/collective-needs"
NEED: dict[str, Any] = {
    "title": "演示数据 三楼以上老人助浴",
    "area_code": HOME,
    "category": "bathing",
    "target_group": "elderly",
    "persons": 36,
    "evidence": [{"kind": "visits", "reference": "2026 年一季度走访台账"}],
}


async def raised(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    answer = await client.post(PATH, json={**NEED, **more}, headers={**header, **key()})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def step(
    client: httpx.AsyncClient,
    header: Header,
    need: dict[str, Any],
    name: str,
    body: dict[str, Any] | None = None,
) -> httpx.Response:
    return await client.post(
        f"{PATH}/{need['id']}/{name}",
        json=body or {"note": "演示"},
        headers={**header, **key(), **at(need["version"])},
    )


async def test_everybody_sees_what_is_needed_and_not_what_staff_wrote(
    client: httpx.AsyncClient, clerk: Header
) -> None:
    new = await raised(client, clerk)
    listed = (await client.get(PATH, params={"area": HOME[:9], "status": "open"})).json()["items"]
    public = (await client.get(f"{PATH}/{new['id']}")).json()

    assert listed == [public]
    assert public["number"].startswith("GX")
    assert (public["persons"], public["status"]) == (36, "open")
    assert public["title"] == NEED["title"]
    assert not {"evidence", "description", "persons_exactly"} & public.keys()


async def test_a_name_that_was_written_for_inside_stays_there_until_it_is_written_anew(
    client: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    new = await raised(client, clerk)
    path = f"{PATH}/{new['id']}"
    async with sessions.begin() as session:
        row = await session.get(tables.CollectiveNeed, UUID(new["id"]))
        assert row is not None
        row.is_title_public = False
    before = (await client.get(path)).json()["title"]
    inside = (await client.get(f"{path}/case", headers=clerk)).json()["title"]
    headers = {**clerk, **at(new["version"])}
    await client.patch(path, json={"title": "三楼以上助浴"}, headers=headers)
    after = (await client.get(path)).json()["title"]

    assert (before, inside, after) == (None, NEED["title"], "三楼以上助浴")


async def test_a_figure_on_few_people_stays_inside(
    client: httpx.AsyncClient, clerk: Header
) -> None:
    new = await raised(client, clerk, persons=7)
    public = (await client.get(f"{PATH}/{new['id']}")).json()

    assert (new["persons"], new["persons_exactly"]) == (None, 7)
    assert public["persons"] is None


async def test_a_unit_claims_for_itself_and_the_street_confirms_the_answer(
    client: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    unit = str(uuid4())
    company = bearer(Role.PROVIDER, org=unit, subject="company")
    need = await raised(client, clerk)
    hidden = await client.get(f"{PATH}/{need['id']}/case", headers=company)
    foreign = await step(client, company, need, "claim", {"organisation_id": str(uuid4())})
    claimed = await step(
        client, company, need, "claim", {"organisation_id": unit, "note": "每周两次"}
    )
    case = (await client.get(f"{PATH}/{need['id']}/case", headers=company)).json()
    mine = (await client.get(PATH, params={"claimed_by_id": unit})).json()["items"]
    answered = await step(client, clerk, claimed.json(), "answer", {"note": "已开展"})

    assert hidden.status_code == 404
    assert (foreign.status_code, foreign.json()["type"]) == (403, "not-your-organisation")
    assert claimed.json()["claimed_by_id"] == unit
    assert case["claim_note"] == "每周两次"
    assert [each["id"] for each in mine] == [need["id"]]
    assert answered.json()["status"] == "answered"
    assert answered.json()["answered_at"] is not None


async def test_a_unit_gives_its_claim_back_with_a_reason(
    client: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    unit = str(uuid4())
    company = bearer(Role.PROVIDER, org=unit, subject="company")
    rival = bearer(Role.PROVIDER, org=str(uuid4()), subject="rival")
    need = await raised(client, clerk)
    early = await step(client, clerk, need, "release")
    claimed = (await step(client, company, need, "claim", {"organisation_id": unit})).json()
    foreign = await step(client, rival, claimed, "release")
    released = await step(client, company, claimed, "release", {"note": "人手不足"})
    case = (await client.get(f"{PATH}/{need['id']}/case", headers=clerk)).json()

    assert (early.status_code, early.json()["type"]) == (409, "collective-need-cannot-move")
    assert (foreign.status_code, foreign.json()["type"]) == (403, "not-your-organisation")
    assert (released.json()["status"], released.json()["claimed_by_id"]) == ("open", None)
    assert (case["outcome_note"], case["claimed_at"]) == ("人手不足", None)


async def test_a_claim_rests_on_a_pledge_of_the_claimant_that_is_published(
    client: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    unit, need = str(uuid4()), await raised(client, clerk)
    base = {"organisation_id": unit, "collective_need_id": None}
    pledges: list[dict[str, Any]] = [
        {"id": str(uuid4()), **base, **more}
        for more in (
            {"organisation_id": str(uuid4())},
            {"collective_need_id": str(uuid4())},
            {"collective_need_id": need["id"]},
        )
    ]
    async with sessions.begin() as session:
        await mirrors.put(session, Kind.PLEDGE, orjson.dumps(pledges).decode())
    answers = [
        await step(client, clerk, need, "claim", {"organisation_id": unit, "pledge_id": pledge})
        for pledge in [str(uuid4()), *(each["id"] for each in pledges)]
    ]

    assert [each.status_code for each in answers] == [422, 422, 422, 200]
    for refused in answers[:3]:
        assert [each["pointer"] for each in refused.json()["errors"]] == ["/pledge_id"]
    assert answers[3].json()["pledge_id"] == pledges[2]["id"]


async def pledged(sessions: Sessions, unit: str) -> str:
    """A pledge that names no need."""
    pledge_id = str(uuid4())
    pledge = {"id": pledge_id, "organisation_id": unit, "collective_need_id": None}
    async with sessions.begin() as session:
        await mirrors.put(session, Kind.PLEDGE, orjson.dumps([pledge]).decode())
    return pledge_id


async def test_a_pledge_for_no_need_yet_answers_one_until_it_is_given_back(
    client: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    unit = str(uuid4())
    claim = {"organisation_id": unit, "pledge_id": await pledged(sessions, unit)}
    first, second = await raised(client, clerk), await raised(client, clerk)
    claimed = await step(client, clerk, first, "claim", claim)
    refused = await step(client, clerk, second, "claim", claim)
    await step(client, clerk, claimed.json(), "release")
    again = await step(client, clerk, second, "claim", claim)

    assert claimed.status_code == again.status_code == 200
    [fault] = refused.json()["errors"]
    assert (refused.status_code, fault["pointer"]) == (422, "/pledge_id")
    assert first["number"] in fault["message"]


async def test_of_two_claims_at_once_by_one_pledge_one_stands(
    live_client: httpx.AsyncClient, clerk: Header, opened: Database
) -> None:
    unit = str(uuid4())
    claim = {"organisation_id": unit, "pledge_id": await pledged(opened.sessions, unit)}
    needs = [await raised(live_client, clerk) for _ in range(6)]
    answers = await asyncio.gather(
        *(step(live_client, clerk, need, "claim", claim) for need in needs)
    )

    assert sorted(each.status_code for each in answers) == [200] + [422] * 5


async def test_of_many_units_at_once_one_has_the_claim(
    live_client: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    need = await raised(live_client, clerk)
    units = [str(uuid4()) for _ in range(6)]

    answers = await asyncio.gather(
        *(
            step(
                live_client,
                bearer(Role.PROVIDER, org=unit, subject=unit),
                need,
                "claim",
                {"organisation_id": unit},
            )
            for unit in units
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]


async def test_what_nobody_lends_goes_to_a_purchase_and_may_come_back(
    client: httpx.AsyncClient, clerk: Header
) -> None:
    need = await raised(client, clerk)
    bought = (await step(client, clerk, need, "purchase", {"note": "无单位认领"})).json()
    claim = await step(client, clerk, bought, "claim", {"organisation_id": str(uuid4())})
    again = (await step(client, clerk, bought, "reopening", {"note": "流标"})).json()
    closed = (await step(client, clerk, again, "closing", {"note": "重复登记"})).json()
    edited = await client.patch(
        f"{PATH}/{need['id']}",
        json={"persons": 40},
        headers={**clerk, **at(closed["version"])},
    )

    assert bought["to_purchase_at"] is not None
    assert (claim.status_code, claim.json()["type"]) == (409, "collective-need-cannot-move")
    assert (again["status"], again["to_purchase_at"]) == ("open", None)
    assert closed["outcome_note"] == "重复登记"
    assert (edited.status_code, edited.json()["type"]) == (409, "collective-need-settled")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"persons": 1}, "/persons"),
        ({"evidence": []}, "/evidence"),
    ],
)
async def test_bad_input_is_named_by_field(
    client: httpx.AsyncClient, clerk: Header, body: dict[str, Any], pointer: str
) -> None:
    answer = await client.post(PATH, json={**NEED, **body}, headers={**clerk, **key()})

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_another_street_neither_raises_nor_moves(
    client: httpx.AsyncClient, clerk: Header, other_street: Header
) -> None:
    need = await raised(client, clerk)
    wrong = await client.post(PATH, json=NEED, headers={**other_street, **key()})
    moved = await step(client, other_street, need, "closing")

    assert (wrong.status_code, moved.status_code) == (403, 403)
