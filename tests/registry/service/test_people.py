"""People through the public API: masked, sealed, read for a reason; hours against the rule."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from common.auth.roles import Role
from common.db import database
from deploy.local.environment import Urls
from registry.domain.people import due
from registry.tables import Person
from tests.registry.inventory import made, patched, pointers, slug
from tests.registry.rooms import day_after, house, roster
from tests.registry.small_city import key, listing, upload

Header = dict[str, str]
_NOTED = "SELECT entry FROM audit_inbox UNION ALL SELECT CAST(entry AS jsonb) FROM audit_entry"
WORKER: dict[str, Any] = {
    "kind": "social_worker",
    "name": "欧阳演示",
    "phone": "13800138000",
    "area_code": "310101002001",
    "qualification": "assistant",
    "certificate_number": "DEMO2024000123",
    "qualified_from": str(day_after(-365)),
    "qualified_to": str(day_after(730)),
    "languages": ["wuu", "csl"],
    "skills": ["meal_canteen"],
}


async def worker(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    return await made(client, header, "/v1/people", {**WORKER, **more})


async def learn(
    client: httpx.AsyncClient, header: Header, person: dict[str, Any], **more: Any
) -> httpx.Response:
    day = {"kind": "education", "on": str(day_after(-10)), "hours": 8, "title": "个案工作"}
    address = f"/v1/people/{person['id']}/hours"
    return await client.post(address, json={**day, **more}, headers={**header, **key()})


async def test_a_person_is_masked_sealed_and_read_for_a_reason(
    live_client: httpx.AsyncClient,
    city: Header,
    clerk: Header,
    bearer: Callable[..., Header],
    fresh_database: Urls,
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    person = await worker(live_client, clerk)
    address = f"/v1/people/{person['id']}/identity"
    culture = bearer(Role.CLERK, area="310101002", line="culture")
    head = bearer(Role.VENUE_HEAD, area="310101002", line="civil_affairs")
    refused = [
        await live_client.post(address, json={"reason": "好奇"}, headers={**header, **key()})
        for header in (culture, head)
    ]
    clear = await live_client.post(address, json={"reason": "核实"}, headers={**clerk, **key()})
    async with (
        database(fresh_database.owner, pool_size=1, journal=False) as owner,
        owner.sessions() as session,
    ):
        row = (await session.scalars(select(Person))).one()
        noted = str(list(await session.scalars(text(_NOTED))))

    assert (person["name"], person["phone"]) == ("欧阳**", "138****8000")
    assert person["certificate_number"] == "DEM*******0123"
    assert [slug(each) for each in refused] == ["out-of-line", "permission-missing"]
    assert clear.json()["name"] == "欧阳演示"
    assert row.name.startswith("v1|sm4-gcm|")
    assert "核实" in noted
    assert not any(word in noted for word in ("欧阳", "13800138000", "DEMO2024000123"))


async def test_people_are_found_by_language_and_skill_within_reach(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    person = await worker(small_city, clerk)
    elsewhere = bearer(Role.CLERK, area="310101013", line="civil_affairs")

    async def found(header: Header, **query: str) -> list[str]:
        answer = await small_city.get("/v1/people", params=query, headers=header)
        return [each["id"] for each in answer.json()["items"]]

    assert await found(clerk, language="csl", skill="meal_canteen") == [person["id"]]
    assert await found(clerk, language="yue") == []
    assert await found(elsewhere) == []
    hidden = await small_city.get(f"/v1/people/{person['id']}", headers=elsewhere)
    assert hidden.status_code == 404


async def test_hours_are_held_against_the_unverified_rule_by_name(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    person = await worker(small_city, clerk)
    for number in range(3):
        await learn(small_city, clerk, person, on=str(day_after(-20 - number)))
    await learn(small_city, clerk, person, kind="volunteering", hours=2.5)
    before = await learn(small_city, clerk, person, on=str(day_after(-400)))
    told = (await small_city.get(f"/v1/people/{person['id']}/hours", headers=clerk)).json()
    ahead = await learn(small_city, clerk, person, on=str(day_after(2)))

    education = told["education"]
    assert before.status_code == 201
    assert (education["hours"], education["required_hours"]) == (24, 72)
    assert education["due_by_now"] == pytest.approx(72 * 366 / 1096, abs=0.01)
    assert (education["is_behind"], education["rule"]) == (True, "education.assistant")
    assert education["is_rule_verified"] is False
    assert told["volunteer_hours"] == 2.5
    assert (ahead.status_code, pointers(ahead)) == (422, ["/on"])


async def test_who_is_behind_comes_worst_first_and_an_unset_rule_blames_nobody(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    some, none = await worker(small_city, clerk), await worker(small_city, clerk)
    await worker(small_city, clerk, qualification="senior")
    await learn(small_city, clerk, some)
    asked = {"area": "310101002"}
    told = (await small_city.get("/v1/people/behind", params=asked, headers=clerk)).json()

    assert [each["person_id"] for each in told] == [none["id"], some["id"]]


async def test_who_leaves_is_not_called_any_more_nor_put_on_duty(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    person, venue = await worker(small_city, clerk), await house(small_city, clerk)
    post = {"title": "站长", "phone": "021-63210001", "person_id": person["id"]}
    gone = await patched(small_city, clerk, "/v1/people", person, {"status": "left"})
    body = roster(venue["id"], a=post)
    refused = await small_city.post("/v1/duties", json=body, headers={**clerk, **key()})
    back = await patched(small_city, clerk, "/v1/people", gone.json(), {"status": "active"})
    kept = await made(small_city, clerk, "/v1/duties", body)

    assert gone.json()["phone"] is None
    assert (refused.status_code, pointers(refused)) == (422, ["/a/person_id"])
    assert back.json()["status"] == "active"
    assert "person_id" not in str(kept)


@pytest.mark.parametrize(
    ("change", "kind", "pointer"),
    [
        ({"certificate_number": None}, "wrong-person", "/certificate_number"),
        ({"qualified_to": "2020-01-01"}, "wrong-person", "/qualified_to"),
        ({"skills": ["castle"]}, "unknown-word", "/skills/0"),
        ({"area_code": "310101002999"}, "unknown-area", "/area_code"),
    ],
    ids=["half", "backwards", "word", "area"],
)
async def test_a_faulty_record_is_refused_by_field(
    small_city: httpx.AsyncClient, clerk: Header, change: dict[str, Any], kind: str, pointer: str
) -> None:
    answer = await small_city.post(
        "/v1/people", json={**WORKER, **change}, headers={**clerk, **key()}
    )

    assert (answer.status_code, slug(answer)) == (422, kind)
    assert pointers(answer) == [pointer]


def test_hours_fall_due_day_by_day() -> None:
    first, last = date(2024, 1, 1), date(2026, 12, 30)
    days = (last - first).days + 1

    assert due(72, first, last, first - timedelta(days=5)) == 0
    assert due(72, first, last, last) == due(72, first, last, date(2030, 1, 1)) == 72
    assert due(days, first, last, first + timedelta(days=9)) == 10


async def test_hours_recorded_by_mistake_are_withdrawn_and_count_no_more(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    person = await worker(small_city, clerk)
    await learn(small_city, clerk, person)
    wrong = (await learn(small_city, clerk, person, hours=80)).json()
    address = f"/v1/people/{person['id']}/hours"
    gone = [await small_city.delete(f"{address}/{wrong['id']}", headers=clerk) for _ in range(2)]
    unknown = await small_city.delete(f"{address}/{person['id']}", headers=clerk)
    told = (await small_city.get(address, headers=clerk)).json()

    assert [each.status_code for each in (*gone, unknown)] == [204, 204, 404]
    assert told["education"]["hours"] == 8
    assert [each["hours"] for each in told["records"]] == [8]
