"""The burden ledger: what is not on the list is refused, hours add up, a report in one call."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from tests.registry.inventory import made, pointers, slug, street
from tests.registry.rooms import day_after
from tests.registry.small_city import key

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
TOWN, OTHER = "310101002000", "310101013000"
DAYS = {"valid_from": "2026-01-01", "valid_to": "2099-01-01"}
ENTRY = {"title": "高龄走访", "basis": "演示〔2026〕1号", "line": "civil_affairs", **DAYS}


@pytest.fixture
async def task(small_city: httpx.AsyncClient, city: Header) -> dict[str, Any]:
    """Twenty hours a month, on the list of the district."""
    entry = await made(
        small_city, city, "/v1/burden/admitted", {**ENTRY, "area_code": "310101000000"}
    )
    office = await street(small_city, city)
    body = {"admitted_id": entry["id"], "department_id": office["id"], "title": "走访"}
    body |= {"area_code": TOWN, "hours_a_month": 20, **DAYS}
    return await made(small_city, city, "/v1/burden/tasks", body)


async def log(client: httpx.AsyncClient, header: Header, **more: Any) -> httpx.Response:
    work = {"area_code": TOWN, "kind": "service", "on": "2026-03-02", "hours": 10}
    return await client.post("/v1/burden/work", json={**work, **more}, headers={**header, **key()})


async def report(client: httpx.AsyncClient, header: Header, area: str = "310101") -> Any:
    asked = {"area": area, "month": "2026-03"}
    answer = await client.get("/v1/burden/report", params=asked, headers=header)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    "change",
    [{"area_code": "310105001000"}, {"valid_to": "2099-02-01"}, {"valid_from": "2025-12-01"}],
    ids=["another district", "longer", "earlier"],
)
async def test_what_the_list_does_not_admit_is_refused(
    small_city: httpx.AsyncClient, city: Header, task: dict[str, Any], change: dict[str, str]
) -> None:
    named = ("admitted_id", "department_id", "title", "area_code", "hours_a_month")
    body = {name: task[name] for name in (*named, "valid_from", "valid_to")}
    answer = await small_city.post(
        "/v1/burden/tasks", json={**body, **change}, headers={**city, **key()}
    )

    assert (answer.status_code, slug(answer)) == (409, "not-on-the-list")


async def test_a_month_is_reported_street_by_street_in_one_call(
    small_city: httpx.AsyncClient, city: Header, clerk: Header, task: dict[str, Any]
) -> None:
    administration = {"kind": "administration", "task_id": task["id"]}
    await log(small_city, clerk, hours=30)
    await log(small_city, clerk, hours=25, **administration)
    await log(small_city, clerk, hours=5, kind="administration")
    await log(small_city, city, area_code=OTHER, hours=8)
    told = await report(small_city, city)
    here, other = told["streets"]

    assert (here["area_code"], other["area_code"]) == (TOWN, OTHER)
    assert (here["service_hours"], here["administration_hours"]) == (30, 30)
    assert (here["off_list_hours"], here["administration_share"]) == (5, 0.5)
    assert (here["is_over_cap"], here["rule"]) == (True, "burden.administration.share")
    assert (here["tasks"][0]["hours"], here["tasks"][0]["is_over"]) == (25, True)
    assert (other["administration_share"], other["is_over_cap"]) == (0, False)
    assert told["hours_by_line"] == {"civil_affairs": 25}
    assert (told["streets_over_cap"], told["tasks_over"]) == (1, 1)


async def test_hours_logged_by_mistake_are_withdrawn_and_count_no_more(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    await log(small_city, clerk, hours=8)
    wrong = (await log(small_city, clerk, hours=80, kind="administration")).json()
    address = f"/v1/burden/work/{wrong['id']}"
    elsewhere = bearer(Role.CLERK, area="310101013", line="civil_affairs")
    foreign = await small_city.delete(address, headers=elsewhere)
    gone = [await small_city.delete(address, headers=clerk) for _ in range(2)]
    (here,) = (await report(small_city, clerk, "310101002"))["streets"]

    assert foreign.status_code == 403
    assert [each.status_code for each in gone] == [204, 204]
    assert (here["administration_hours"], here["service_hours"]) == (0, 8)


async def test_the_cap_is_a_rule_that_a_district_may_set(
    small_city: httpx.AsyncClient, city: Header, sessions: Sessions
) -> None:
    await log(small_city, city, hours=6)
    await log(small_city, city, hours=4, kind="administration")
    before = await report(small_city, city)
    async with sessions.begin() as session:
        await session.execute(
            text("UPDATE rule SET value = '0.4' WHERE code = 'burden.administration.share'")
        )
    after = await report(small_city, city)

    assert before["streets_over_cap"] == 1
    assert after["streets_over_cap"] == 0  # the bound itself is within


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"on": str(day_after(2))}, "/on"),
        ({"task": True, "kind": "service"}, "/task_id"),
        ({"task": True, "kind": "administration", "area_code": OTHER}, "/task_id"),
        ({"task": True, "kind": "administration", "on": "2025-12-31"}, "/task_id"),
    ],
    ids=["ahead", "service for a task", "another street", "before the task"],
)
async def test_hours_fit_their_task_or_are_refused_by_field(
    small_city: httpx.AsyncClient,
    city: Header,
    task: dict[str, Any],
    change: dict[str, Any],
    pointer: str,
) -> None:
    named = {"task_id": task["id"]} if change.pop("task", False) else {}
    answer = await log(small_city, city, **named, **change)

    assert (answer.status_code, slug(answer)) == (422, "wrong-work")
    assert pointers(answer) == [pointer]


async def test_an_affair_leaves_the_list_when_its_tasks_have_ended(
    small_city: httpx.AsyncClient, city: Header, task: dict[str, Any]
) -> None:
    async def end(kind: str, key_: str, days: int) -> httpx.Response:
        body = {"valid_to": str(day_after(days)), "reason": "事项取消"}
        address = f"/v1/burden/{kind}/{key_}/end"
        return await small_city.post(address, json=body, headers={**city, **key()})

    goes_on = await end("admitted", task["admitted_id"], 1)
    past = await end("tasks", task["id"], -1)
    longer = await end("tasks", task["id"], 40_000)
    ended = await end("tasks", task["id"], 1)
    again = await end("tasks", task["id"], 1)
    off = await end("admitted", task["admitted_id"], 1)
    over = {**ENTRY, "area_code": TOWN, "valid_from": "2026-01-01", "valid_to": "2026-02-01"}
    entry = await made(small_city, city, "/v1/burden/admitted", over)
    old = await end("admitted", entry["id"], 1)
    named = ("admitted_id", "department_id", "title", "area_code", "hours_a_month", "valid_from")
    body = {name: task[name] for name in named} | {"valid_to": str(day_after(2))}
    late = await small_city.post("/v1/burden/tasks", json=body, headers={**city, **key()})

    assert (goes_on.status_code, slug(goes_on)) == (409, "tasks-go-on")
    assert [pointers(each) for each in (past, longer)] == [["/valid_to"]] * 2
    assert (pointers(old), "2026-02-01 终止" in old.text) == (["/valid_to"], True)
    assert [each.json()["version"] for each in (ended, again)] == [2, 2]
    assert (off.status_code, off.json()["valid_to"]) == (200, str(day_after(1)))
    assert (late.status_code, slug(late)) == (409, "not-on-the-list")


async def test_a_task_still_to_come_can_be_called_off_and_never_begins(
    small_city: httpx.AsyncClient, city: Header, task: dict[str, Any]
) -> None:
    async def end(kind: str, key_: str, days: int) -> httpx.Response:
        body = {"valid_to": str(day_after(days)), "reason": "部门不再需要"}
        address = f"/v1/burden/{kind}/{key_}/end"
        return await small_city.post(address, json=body, headers={**city, **key()})

    named = ("admitted_id", "department_id", "title", "area_code", "hours_a_month", "valid_to")
    body = {name: task[name] for name in named} | {"valid_from": str(day_after(10))}
    later = await made(small_city, city, "/v1/burden/tasks", body)
    off = await end("tasks", later["id"], 0)
    again = await end("tasks", later["id"], 3)
    await end("tasks", task["id"], 1)
    affair = await end("admitted", task["admitted_id"], 1)

    assert (off.status_code, off.json()["valid_to"]) == (200, later["valid_from"])
    assert (again.status_code, again.json()["version"]) == (200, 2)
    assert affair.status_code == 200  # what never begins goes on nowhere
