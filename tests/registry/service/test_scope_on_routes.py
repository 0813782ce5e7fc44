"""Every route of the registry whose permission has a scope, from inside the area and from outside.

A new scoped route without a sample fails here.
"""

from collections.abc import Callable
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.permissions import Permission, Scope
from common.auth.roles import Role
from tests.contract.test_roles_on_routes import operations
from tests.registry import inventory, rooms
from tests.registry.samples import HERE, LISTED, TOWN, Sample, duplicate_samples, money_samples
from tests.registry.service.test_training import gap
from tests.registry.small_city import key

ELSEWHERE, HOME = "310104003", "310101002001"
GROUP = {"name": "演示志愿队", "kind": "volunteer_group", "area_code": TOWN}


async def samples(client: httpx.AsyncClient, city: dict[str, str]) -> dict[str, Sample]:
    """One for each scoped route, on records of the town HERE."""
    office = await inventory.street(client, city)
    other = await inventory.made(client, city, "/v1/organisations", GROUP)
    venue = await inventory.venue(client, city)
    offering = await inventory.draft(client, city, venue_id=venue["id"])
    item_body = {"name": "助餐", "category": "meal_canteen", "area_code": TOWN}
    item = await inventory.made(client, city, "/v1/service-items", item_body)
    home = (await client.get(f"/v1/areas/by-code/{HOME}")).json()["id"]
    town = (await client.get(f"/v1/areas/by-code/{TOWN}")).json()["id"]
    own = {"kind": "sector", "name": "演示片区", "code": "PQ-1"}
    sector = await inventory.made(client, city, "/v1/areas", {**own, "parent_id": town})
    since = {"valid_from": "2026-01-01"}
    path = f"/v1/organisations/{other['id']}"
    tie_body = {"incubator_id": office["id"], **since}
    tie = await inventory.made(client, city, f"{path}/incubations", tie_body)
    stay_body = {"venue_id": venue["id"], **since}
    stay = await inventory.made(client, city, f"{path}/residencies", stay_body)
    members = f"/v1/areas/{sector['id']}/members"
    member = await inventory.made(client, city, members, {"member_id": home, **since})
    group, end = other["id"], {"valid_to": "2026-06-01"}
    lead_body = {"title": "会议室", "resource_kind": "premises", "area_code": HOME}
    lead_body |= {"organisation_id": office["id"], "available_from": "2026-03-01"}
    lead = await inventory.made(client, city, "/v1/leads", lead_body)
    found_body = {"name": "旧仓库", "area_code": HOME}
    found = await inventory.made(client, city, "/v1/idle-properties", found_body)
    list_body = {"title": "清单", "area_code": TOWN}
    list_body |= {"valid_from": "2026-01-01", "valid_to": "2026-04-01"}
    delivery = await inventory.made(client, city, "/v1/delivery-lists", list_body)
    return {
        **await rooms_samples(client, city),
        **await money_samples(client, city),
        **await duplicate_samples(client, city),
        "post /v1/areas": Sample({**own, "code": "PQ-2", "parent_id": town}),
        "patch /v1/areas/{area_id}": Sample({"name": "新名"}, (sector["id"],), sector["version"]),
        "post /v1/areas/{area_id}/members": Sample({"member_id": home, **since}, (sector["id"],)),
        "patch /v1/areas/{area_id}/members/{membership_id}": Sample(
            end, (sector["id"], str(member.get("id"))), 1
        ),
        "post /v1/organisations": Sample(GROUP),
        "patch /v1/organisations/{organisation_id}": Sample({"name": "新名"}, (group,), 1),
        "put /v1/organisations/{organisation_id}/dissolution": Sample(
            {"on": "2026-06-01", "reason": "合并"}, (group,), 1
        ),
        "post /v1/organisations/{organisation_id}/revival": Sample(
            {"reason": "误操作"}, (group,), 1
        ),
        "post /v1/organisations/{organisation_id}/incubations": Sample(
            {"incubator_id": office["id"], "valid_from": "2020-01-01", "valid_to": "2021-01-01"},
            (group,),
        ),
        "patch /v1/organisations/{organisation_id}/incubations/{incubation_id}": Sample(
            end, (group, str(tie.get("id"))), 1
        ),
        "post /v1/organisations/{organisation_id}/residencies": Sample(stay_body, (group,)),
        "patch /v1/organisations/{organisation_id}/residencies/{residency_id}": Sample(
            end, (group, str(stay.get("id"))), 1
        ),
        "post /v1/venues": Sample({**inventory.VENUE, "name": "二店"}),
        "patch /v1/venues/{venue_id}": Sample({"name": "新名"}, (venue["id"],), 1),
        "post /v1/service-items": Sample(item_body),
        "patch /v1/service-items/{item_id}": Sample({"name": "新名"}, (item["id"],), 1),
        "post /v1/service-items/{item_id}/status": Sample(
            {"status": "published"}, (item["id"],), 1
        ),
        "post /v1/offerings": Sample({**inventory.OFFERING, "area_code": TOWN}),
        "patch /v1/offerings/{offering_id}": Sample({"name": "新名"}, (offering["id"],), 1),
        "post /v1/offerings/{offering_id}/status": Sample(
            {"status": "published"}, (offering["id"],), 1
        ),
        "get /v1/offerings/{offering_id}/history": Sample(None, (offering["id"],)),
        "post /v1/leads": Sample(lead_body),
        "get /v1/leads": LISTED,
        "get /v1/leads/{pledge_id}": Sample(None, (lead["id"],)),
        "patch /v1/leads/{pledge_id}": Sample({"title": "新名"}, (lead["id"],), 1),
        "post /v1/leads/{pledge_id}/verification": Sample(None, (lead["id"],), 1),
        "post /v1/leads/{pledge_id}/pledge": Sample(None, (lead["id"],), 1),
        "post /v1/leads/{pledge_id}/delivery": Sample({"note": "好"}, (lead["id"],), 1),
        "post /v1/leads/{pledge_id}/drop": Sample({"reason": "好"}, (lead["id"],), 1),
        "post /v1/leads/{pledge_id}/contact": Sample({"reason": "联系"}, (lead["id"],)),
        "post /v1/idle-properties": Sample(found_body),
        "get /v1/idle-properties": LISTED,
        "get /v1/idle-properties/totals": LISTED,
        "get /v1/idle-properties/{property_id}": Sample(None, (found["id"],)),
        "patch /v1/idle-properties/{property_id}": Sample({"name": "新名"}, (found["id"],), 1),
        "post /v1/idle-properties/{property_id}/status": Sample(
            {"status": "dropped", "reason": "好"}, (found["id"],), 1
        ),
        "post /v1/delivery-lists": Sample(list_body),
        "get /v1/delivery-lists/suggestions": Sample(query={"area": HERE}),
        "patch /v1/delivery-lists/{list_id}": Sample({"title": "新名"}, (delivery["id"],), 1),
        "post /v1/delivery-lists/{list_id}/publication": Sample(None, (delivery["id"],), 1),
        "post /v1/delivery-lists/{list_id}/withdrawal": Sample(None, (delivery["id"],), 1),
        "get /v1/history/{kind}/{record_id}": Sample(None, ("venue", venue["id"])),
        "get /v1/history/{kind}/{record_id}/state": Sample(None, ("venue", venue["id"])),
    }


async def rooms_samples(client: httpx.AsyncClient, city: dict[str, str]) -> dict[str, Sample]:
    """Of rooms and their bookings."""
    house = await rooms.house(client, city)
    space = await rooms.room(client, city, house["id"])
    purpose = {"purpose": "activity"}
    booked = [
        (await rooms.booked(client, city, rooms.wish(space, f"{hour}:00", f"{hour}:30")))["id"]
        for hour in ("08", "09", "10", "11", "12")
    ]
    series = str(uuid4())
    weekly = {"every": "week", "times": 2}
    repeat = {"first": rooms.wish(space, "14:00", "15:00", **purpose), **weekly}
    answer = await client.put(f"/v1/booking-series/{series}", json=repeat, headers=city)
    assert answer.status_code == 201
    times = {"starts_at": rooms.at("18:00"), "ends_at": rooms.at("19:00")}
    shut = {"venue_id": house["id"], **times, "reason": "检修"}
    blackout = await inventory.made(client, city, "/v1/blackouts", shut)
    new = {"venue_id": house["id"], "name": "小间", "capacity": 5}
    duty = await duty_samples(client, city, house["id"])
    asked = rooms.wish(space, "16:00", "17:00")
    again = {**repeat, "first": rooms.wish(space, "20:00", "21:00")}
    shut = {**shut, "starts_at": rooms.at("19:00"), "ends_at": rooms.at("20:00")}
    return {
        "post /v1/spaces": Sample(new),
        "patch /v1/spaces/{space_id}": Sample({"name": "新名"}, (space["id"],), 1),
        "post /v1/blackouts": Sample(shut),
        "delete /v1/blackouts/{blackout_id}": Sample(None, (blackout["id"],)),
        "get /v1/space-use/venues": Sample(query={"area": HERE, "month": "2026-05"}),
        "get /v1/space-use/idle-rooms": Sample(query={"area": HERE, "month": "2026-05"}),
        **duty,
        **await people_samples(client, city),
        **await burden_samples(client, city),
        **await delegation_samples(client, city, house["id"]),
        "get /v1/bookings": LISTED,
        "get /v1/bookings/{booking_id}": Sample(None, (booked[0],)),
        "put /v1/bookings/{booking_id}": Sample(asked, (str(uuid4()),)),
        "post /v1/bookings/{booking_id}/confirmation": Sample(None, (booked[0],)),
        "post /v1/bookings/{booking_id}/approval": Sample(None, (booked[0],)),
        "post /v1/bookings/{booking_id}/rejection": Sample({}, (booked[1],)),
        "post /v1/bookings/{booking_id}/attendance": Sample({"is_used": True}, (booked[2],)),
        "delete /v1/bookings/{booking_id}": Sample(None, (booked[3],)),
        "put /v1/booking-series/{series_id}": Sample(again, (str(uuid4()),)),
        "delete /v1/booking-series/{series_id}": Sample(None, (series,)),
    }


async def people_samples(client: httpx.AsyncClient, city: dict[str, str]) -> dict[str, Sample]:
    """Of people."""
    body = {"kind": "volunteer", "name": "演示", "area_code": HOME}
    person = await inventory.made(client, city, "/v1/people", body)
    own = (person["id"],)
    learnt = {"kind": "education", "on": "2026-03-01", "hours": 2, "title": "课"}
    hours = await inventory.made(client, city, f"/v1/people/{person['id']}/hours", learnt)
    return {
        "get /v1/people": LISTED,
        "post /v1/people": Sample(body),
        "get /v1/people/behind": Sample(query={"area": HERE}),
        "get /v1/people/{person_id}": Sample(None, own),
        "patch /v1/people/{person_id}": Sample({"languages": ["wuu"]}, own, 1),
        "get /v1/people/{person_id}/hours": Sample(None, own),
        "post /v1/people/{person_id}/hours": Sample(learnt, own),
        "delete /v1/people/{person_id}/hours/{record_id}": Sample(None, (*own, hours["id"])),
        "post /v1/people/{person_id}/identity": Sample({"reason": "联系"}, own),
        "get /v1/people/{person_id}/career": Sample(None, own),
        "post /v1/people/{person_id}/career": Sample(
            {"grade": "third", "from_on": "2026-01-01", "document": "演示1号"}, own
        ),
        **await training_samples(client, city, person["id"]),
    }


async def training_samples(
    client: httpx.AsyncClient, city: dict[str, str], person_id: str
) -> dict[str, Sample]:
    """Of training, drawn from a gap that is known already."""
    body = {
        "title": "演示",
        "area_code": TOWN,
        "valid_from": "2026-01-01",
        "valid_to": "2027-01-01",
    }
    plan = await inventory.made(client, city, "/v1/training-plans", body)
    own, course = (plan["id"],), (plan["id"], plan["courses"][0]["id"])
    seats = "/v1/training-plans/{plan_id}/courses/{course_id}/enrolments"
    return {
        "get /v1/training-needs": Sample(query={"area": HERE}),
        "get /v1/training-plans": LISTED,
        "get /v1/training-plans/{plan_id}": Sample(None, own),
        "post /v1/training-plans": Sample(body),
        "post /v1/training-plans/{plan_id}/status": Sample({"status": "adopted"}, own, 1),
        f"post {seats}": Sample({"person_ids": [person_id]}, course),
        f"post {seats}/{{person_id}}/attendance": Sample(
            {"on": "2026-03-01", "hours": 2}, (*course, person_id)
        ),
    }


async def burden_samples(client: httpx.AsyncClient, city: dict[str, str]) -> dict[str, Sample]:
    """Of the burden ledger."""
    office = await inventory.street(client, city)
    days = {"valid_from": "2026-01-01", "valid_to": "2028-01-01"}
    entry = {
        "title": "走访",
        "basis": "演示1号",
        "line": "civil_affairs",
        "area_code": TOWN,
        **days,
    }
    admitted = (await inventory.made(client, city, "/v1/burden/admitted", entry))["id"]
    named = {"admitted_id": admitted, "department_id": office["id"], "title": "走访"}
    task = {**named, "area_code": TOWN, "hours_a_month": 20, **days}
    asked = (await inventory.made(client, city, "/v1/burden/tasks", task))["id"]
    end = {"valid_to": task["valid_to"], "reason": "事项取消"}
    work = {"area_code": TOWN, "kind": "service", "on": "2026-03-01", "hours": 2}
    done = await inventory.made(client, city, "/v1/burden/work", work)
    here = {"area": HERE}
    return {
        "get /v1/burden/admitted": Sample(query=here),
        "post /v1/burden/admitted": Sample(entry),
        "post /v1/burden/admitted/{entry_id}/end": Sample(end, (admitted,)),
        "get /v1/burden/tasks": LISTED._replace(query=here),
        "post /v1/burden/tasks": Sample(task),
        "post /v1/burden/tasks/{task_id}/end": Sample(end, (asked,)),
        "post /v1/burden/work": Sample(work),
        "delete /v1/burden/work/{work_id}": Sample(None, (done["id"],)),
        "get /v1/burden/report": Sample(query={**here, "month": "2026-03"}),
    }


async def delegation_samples(
    client: httpx.AsyncClient, city: dict[str, str], venue_id: str
) -> dict[str, Sample]:
    """Of powers of a venue's head."""
    body = {"venue_id": venue_id, "limit_fen": 100, "basis": "演示2号"}
    body |= {"valid_from": "2026-01-01", "valid_to": "2028-01-01"}
    given = await inventory.made(
        client, city, "/v1/delegations", {**body, "power": "call_resource"}
    )
    own = (given["id"],)
    return {
        "get /v1/delegations": LISTED._replace(query={"venue_id": venue_id}),
        "post /v1/delegations": Sample({**body, "power": "approve_market"}),
        "get /v1/delegations/{delegation_id}/decisions": Sample(None, own),
        "post /v1/delegations/{delegation_id}/decisions": Sample(
            {"amount_fen": 1, "note": "茶水"}, own
        ),
        "post /v1/delegations/{delegation_id}/revocation": Sample(None, own),
    }


async def duty_samples(
    client: httpx.AsyncClient, city: dict[str, str], venue_id: str
) -> dict[str, Sample]:
    """Of rosters."""
    body = rooms.roster(venue_id)
    duty = await inventory.made(client, city, "/v1/duties", body)
    times = {"starts_at": rooms.at("09:00", 2), "ends_at": rooms.at("17:00", 2)}
    away = {"post": "a", "reason": "leave", **times}
    path = f"/v1/duties/{duty['id']}/substitutions"
    changed = await inventory.made(client, city, path, away)
    own = (duty["id"], changed["substitutions"][0]["id"])
    next_year = {"valid_from": "2027-06-01", "valid_to": "2027-09-01"}
    again = {**away, "starts_at": rooms.at("09:00", 3), "ends_at": rooms.at("17:00", 3)}
    renamed = {"a": {"title": "主任", "phone": "021-63210009"}}
    return {
        "get /v1/duty-gaps": Sample(query={"area": HERE}),
        "get /v1/duty-reminders": Sample(query={"area": HERE}),
        "post /v1/duties": Sample({**body, **next_year}),
        "patch /v1/duties/{duty_id}": Sample(renamed, own[:1], 2),
        "get /v1/duties/{duty_id}/substitutions": Sample(None, own[:1]),
        "post /v1/duties/{duty_id}/substitutions": Sample(again, own[:1]),
        "delete /v1/duties/{duty_id}/substitutions/{substitution_id}": Sample(None, own),
    }


# Scoped by who asked for the import and by each row of the file; tests/registry/importing has them.
BY_ROW = frozenset({Permission.IMPORT_RUN, Permission.IMPORT_READ, Permission.EXPORT_RUN})
# An app's own: tried in test_exchange, test_webhooks, and where subscriptions are.
OF_APPS = frozenset(
    {
        *(Permission.EXCHANGE_READ, Permission.SUBSCRIPTION_READ, Permission.SUBSCRIPTION_REQUEST),
        *(Permission.WEBHOOK_READ, Permission.WEBHOOK_WRITE, Permission.WEBHOOK_REMOVE),
    }
)
# It looks through whatever changed since the last time, wherever that is, and tells only how many.
EVERYWHERE = {"post /v1/duplicates/sweep"}


async def status_of(
    client: httpx.AsyncClient, route: str, sample: Sample, header: dict[str, str]
) -> tuple[int, str]:
    """Status and slug of a sample call."""
    method, path = route.split(" ")
    for value in sample.ids:
        start, end = path.index("{"), path.index("}")
        path = path[:start] + value + path[end + 1 :]
    headers = {**header, **key()}
    if sample.version is not None:
        headers["If-Match"] = f'"v{sample.version}"'
    answer = await client.request(
        method, path, json=sample.body, headers=headers, params=sample.query or {}
    )
    if sample.is_list and answer.status_code == 200:
        held = answer.json() if isinstance(answer.json(), list) else answer.json()["items"]
        return (200, "") if held else (404, "")
    refused = answer.headers.get("content-type") == "application/problem+json"
    return answer.status_code, answer.json()["type"] if refused else ""


async def test_staff_reach_the_records_of_their_area_and_no_others(
    small_city: httpx.AsyncClient,
    city: dict[str, str],
    bearer: Callable[..., dict[str, str]],
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    await gap(sessions, area_code=TOWN)
    known = await samples(small_city, city)
    document = (await small_city.get("/openapi.json")).json()
    scoped = {
        f"{operation.method} {operation.path}"
        for operation in operations(document)
        if operation.permission.scope is not Scope.NONE
        and operation.permission not in BY_ROW | OF_APPS
    }
    assert scoped - EVERYWHERE == set(known)

    outside = bearer(Role.STREET_HEAD, area=ELSEWHERE, line="*")
    inside = bearer(Role.STREET_HEAD, area=HERE, line="*")
    for route, sample in known.items():
        status, slug = await status_of(small_city, route, sample, outside)
        assert (status, slug) == (403, "out-of-area") or status == 404, (route, status, slug)
    for route, sample in known.items():
        status, slug = await status_of(small_city, route, sample, inside)
        assert status not in {401, 403, 404, 500}, (route, status, slug)


@pytest.mark.parametrize("area", [None, "", "3", "31010", "abc"])
async def test_a_malformed_area_reaches_nothing(
    small_city: httpx.AsyncClient, bearer: Callable[..., dict[str, str]], area: str | None
) -> None:
    nowhere = bearer(Role.CITY_OFFICE, area=area, line="*")
    answer = await small_city.post("/v1/organisations", json=GROUP, headers={**nowhere, **key()})

    assert answer.status_code in {401, 403}
