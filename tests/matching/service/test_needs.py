"""Needs through the API: raised, read by the right people only, ended."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from common.auth.roles import Role
from common.clock import utc_now
from common.contracts.matching import Need
from common.rules import packaged_rules
from common.rules_seed import sow
from matching.queries.needs import states
from matching.usecases import need_steps, places
from tests.matching.cases import (
    HOME,
    NEED,
    PROVIDER,
    Sessions,
    at,
    key,
    moved,
    published,
    raised,
    refer,
    referred,
    step,
    tomorrow,
)

Header = dict[str, str]


async def test_a_resident_is_told_a_number_and_reads_the_need_back(
    client: httpx.AsyncClient, resident: Header
) -> None:
    made = await raised(client, resident)
    answer = await client.get(f"/v1/needs/{made['id']}", headers=resident)

    assert made["number"].startswith("XQ")
    assert (made["status"], made["urgency"], made["urgency_rule"]) == (
        *("open", 2),
        "tier.priority.age",
    )
    assert answer.headers["etag"] == '"v1"'
    assert answer.json() == made
    assert made["words"] == NEED["words"]


async def test_what_a_person_wrote_is_nowhere_in_clear(
    client: httpx.AsyncClient, resident: Header, sessions: Any
) -> None:
    await raised(client, resident)

    async with sessions() as session:
        for table in ("need", "profile"):
            rows = await session.execute(text(f"SELECT t::text FROM {table} t"))
            said = " ".join(row[0] for row in rows)
            assert not any(word in said for word in ("独居，", "王小明", "13800008000", "某弄"))


async def test_a_resident_who_also_works_for_a_provider_changes_nothing_of_whom_it_serves(
    client: httpx.AsyncClient,
    resident: Header,
    bearer: Callable[..., Header],
    sessions: Any,
) -> None:
    both = bearer(
        *(Role.RESIDENT, Role.PROVIDER), kind="resident", org=PROVIDER, subject="resident-9"
    )
    referral = await referred(client, resident, await published(sessions))
    path = f"/v1/needs/{referral['need_id']}"
    need = (await client.get(path, headers=both)).json()
    head = {**both, **key(), **at(need["version"])}
    edited = await client.patch(path, json={"words": "不用送了"}, headers=head)
    withdrawn = await moved(client, both, need, "withdrawn")
    profile = await client.get(f"{path}/profile", headers=both)

    assert need["id"] == referral["need_id"]
    assert {edited.status_code, withdrawn.status_code, profile.status_code} == {404}


async def test_staff_see_needs_of_their_area_and_line_only(
    client: httpx.AsyncClient,
    need: dict[str, Any],
    clerk: Header,
    other_line: Header,
    other_street: Header,
    neighbour: Header,
) -> None:
    path = f"/v1/needs/{need['id']}"

    assert (await client.get(path, headers=clerk)).status_code == 200
    for stranger in (other_line, other_street, neighbour):
        assert (await client.get(path, headers=stranger)).status_code == 404
        listed = await client.get("/v1/needs", headers=stranger)
        assert listed.json()["items"] == []


async def test_the_line_follows_the_category(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    made = await raised(client, resident, category="legal_advice")

    assert made["line"] == "justice"
    assert (await client.get(f"/v1/needs/{made['id']}", headers=clerk)).status_code == 404


async def test_staff_record_needs_in_their_own_area_only(
    client: httpx.AsyncClient, clerk: Header, other_street: Header
) -> None:
    made = await raised(client, clerk, raised_by="hotline")
    refused = await client.post("/v1/needs", json=NEED, headers={**other_street, **key()})

    assert made["raised_by"] == "hotline"
    assert (refused.status_code, refused.json()["type"]) == (403, "out-of-area")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"area_code": "310101002000"}, "/area_code"),
        ({"lat": None}, "/lat"),
        ({"lon": 116.4, "lat": 39.9}, "/lon"),
        ({"raised_by": "grid_worker"}, "/raised_by"),
        ({"standing": [{"kind": "disability", "grade": 6}]}, "/standing/0/grade"),
    ],
)
async def test_what_cannot_be_a_need_is_refused_by_field(
    client: httpx.AsyncClient, resident: Header, body: dict[str, Any], pointer: str
) -> None:
    answer = await client.post("/v1/needs", json={**NEED, **body}, headers={**resident, **key()})

    assert (answer.status_code, answer.json()["type"]) == (422, "wrong-need")
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_list_is_filtered_and_paged(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    made = [await raised(client, resident) for _ in range(3)]
    await raised(client, resident, category="legal_advice")

    query = {"category": "meal_delivery", "area": "310101002", "status": "open", "limit": "2"}
    first = (await client.get("/v1/needs", params=query, headers=resident)).json()
    rest = (
        await client.get("/v1/needs", params={**query, "after": first["next"]}, headers=resident)
    ).json()
    told = (
        await client.get("/v1/needs", params={"number": made[1]["number"]}, headers=clerk)
    ).json()

    assert [row["id"] for row in first["items"] + rest["items"]] == [row["id"] for row in made]
    assert rest["next"] is None
    assert [row["id"] for row in told["items"]] == [made[1]["id"]]
    assert "words" not in first["items"][0]


async def test_an_edit_needs_the_version_it_starts_from(
    client: httpx.AsyncClient, resident: Header, need: dict[str, Any]
) -> None:
    path = f"/v1/needs/{need['id']}"
    patch = {"words": "改为晚饭", "wishes": {"weekdays": [5, 1], "from_time": "17:00"}}

    bare = await client.patch(path, json=patch, headers=resident)
    edited = await client.patch(path, json=patch, headers={**resident, **at(1)})
    stale = await client.patch(path, json=patch, headers={**resident, **at(1)})

    assert (bare.status_code, stale.status_code) == (428, 412)
    assert edited.json()["words"] == "改为晚饭"
    assert edited.json()["wishes"]["weekdays"] == [1, 5]
    assert edited.json()["version"] == 2


async def test_a_need_is_unmet_for_a_reason_and_opens_again(
    client: httpx.AsyncClient, clerk: Header, need: dict[str, Any]
) -> None:
    bare = await moved(client, clerk, need, "unmet")
    unmet = await moved(client, clerk, need, "unmet", reason="not_eligible", rule="age_min")
    again = await moved(client, clerk, unmet.json(), "open")

    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert (unmet.json()["unmet_reason"], unmet.json()["unmet_rule"]) == ("not_eligible", "age_min")
    assert again.json()["unmet_reason"] is None


async def test_a_referred_need_opens_again_with_the_end_of_its_referral_alone(
    client: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    need = await raised(client, clerk, raised_by="hotline")
    referral = (await refer(client, clerk, need, await published(sessions))).json()
    need["version"] += 1
    by_hand = await moved(client, clerk, need, "open")
    await step(client, clerk, referral, "withdrawal")
    after = (await client.get(f"/v1/needs/{need['id']}", headers=clerk)).json()

    assert (by_hand.status_code, by_hand.json()["type"]) == (409, "referral-under-way")
    assert after["status"] == "open"


async def test_an_unmet_need_is_closed_by_hand(
    client: httpx.AsyncClient, clerk: Header, need: dict[str, Any]
) -> None:
    unmet = await moved(client, clerk, need, "unmet", reason="too_far")
    closed = await moved(client, clerk, unmet.json(), "closed")

    assert (closed.status_code, closed.json()["status"]) == (200, "closed"), closed.text
    assert (closed.json()["unmet_reason"], closed.json()["unmet_at"] is None) == (None, False)


async def test_what_nobody_came_back_to_is_closed_in_due_time(
    client: httpx.AsyncClient, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    unmet, still = [await raised(client, clerk, raised_by="hotline") for _ in range(2)]
    served = await referred(client, clerk, await published(sessions), session_on=tomorrow(0))
    accepted = (await step(client, provider, served, "answer", status="accepted")).json()
    await step(client, provider, accepted, "answer", status="served")
    await moved(client, clerk, unmet, "unmet", reason="too_far")

    async def closed(days: int) -> int:
        async with sessions.begin() as session:
            at_that_time = utc_now() + timedelta(days=days)
            return await need_steps.close_old(
                session, by=places.CLOCKWORK, now=at_that_time, limit=10
            )

    assert [await closed(days) for days in (29, 31, 364, 366)] == [0, 1, 0, 1]
    listed = (await client.get("/v1/needs?status=open", headers=clerk)).json()["items"]
    assert [each["id"] for each in listed] == [still["id"]]


async def test_a_need_that_moves_house_is_judged_by_the_rules_of_its_new_place(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    need = await raised(client, resident, profile={"age_band": "80+"})
    known = {rule.code: rule for rule in packaged_rules("matching").rules}
    there = {"line.default": "health", "tier.priority.age": "60-69"}
    rules = [replace(known[code], jurisdiction="310104", value=there[code]) for code in there]
    async with sessions.begin() as session:
        await sow(await session.connection(), rules, now=utc_now())
    path = f"/v1/needs/{need['id']}"

    same = await client.patch(path, json={"words": "换个说法"}, headers={**resident, **at(1)})
    moved_on = await client.patch(
        path, json={"area_code": "310104003001"}, headers={**resident, **at(2)}
    )

    told = [
        (each["line"], each["urgency"], each["urgency_rule"])
        for each in (need, same.json(), moved_on.json())
    ]
    assert told[0] == told[1] == ("civil_affairs", 2, "tier.priority.age")
    assert told[2] == ("health", 3, "tier.order")


async def test_a_withdrawn_need_is_over(
    client: httpx.AsyncClient, resident: Header, need: dict[str, Any]
) -> None:
    gone = await moved(client, resident, need, "withdrawn")
    back = await moved(client, resident, gone.json(), "open")
    edit = await client.patch(
        f"/v1/needs/{need['id']}", json={"words": "再改"}, headers={**resident, **at(2)}
    )

    assert gone.json()["withdrawn_at"]
    assert (back.status_code, back.json()["type"]) == (409, "need-cannot-move")
    assert (edit.status_code, edit.json()["type"]) == (409, "need-ended")


async def test_the_feed_tells_the_neighbourhood_and_nothing_personal(
    client: httpx.AsyncClient, need: dict[str, Any], sessions: Any
) -> None:
    async with sessions() as session:
        told = (await states(session, [UUID(need["id"])]))[UUID(need["id"])]

    assert isinstance(told, Need)
    assert told.area_code == HOME
    said = told.model_dump_json()
    assert not any(word in said for word in ("121.48", "31.23", "living_alone", "80+", "独居"))


async def test_the_profile_is_masked_and_opened_only_with_a_reason(
    client: httpx.AsyncClient, clerk: Header, resident: Header, need: dict[str, Any]
) -> None:
    path = f"/v1/needs/{need['id']}"
    shown = (await client.get(f"{path}/profile", headers=clerk)).json()
    plain = await client.post(f"{path}/contact", json={"reason": "联系送餐时间"}, headers=clerk)
    refused = await client.post(f"{path}/contact", json={"reason": "想看看"}, headers=resident)

    assert shown["contact"] == {"name": "王**", "phone": "138****8000", "address": "********"}
    assert plain.json()["phone"] == "13800008000"
    assert plain.headers["cache-control"] == "no-store"
    assert refused.status_code == 403


async def test_a_new_profile_moves_the_tier(
    client: httpx.AsyncClient, clerk: Header, need: dict[str, Any]
) -> None:
    answer = await client.put(
        f"/v1/needs/{need['id']}/profile",
        json={"profile": {"age_band": "35-59"}},
        headers={**clerk, **at(1)},
    )
    judged = (await client.get(f"/v1/needs/{need['id']}", headers=clerk)).json()

    assert answer.json()["contact"]["phone"] == "138****8000"
    assert (judged["urgency"], judged["version"]) == (3, 2)


async def test_needs_are_found_by_telephone_number_in_any_spelling(
    client: httpx.AsyncClient, clerk: Header, other_street: Header, need: dict[str, Any]
) -> None:
    wish = {"phone": "１３８-0000-8000"}
    found = await client.post("/v1/needs/by-phone", json=wish, headers=clerk)
    elsewhere = await client.post("/v1/needs/by-phone", json=wish, headers=other_street)
    wrong = await client.post("/v1/needs/by-phone", json={"phone": "138"}, headers=clerk)

    assert [row["id"] for row in found.json()] == [need["id"]]
    assert elsewhere.json() == []
    assert (wrong.status_code, wrong.json()["type"]) == (422, "wrong-phone")


@pytest.mark.parametrize("area", [None, "", "3", "31010"])
async def test_a_malformed_area_reaches_nothing(
    client: httpx.AsyncClient, bearer: Any, need: dict[str, Any], area: str | None
) -> None:
    nowhere = bearer(Role.CITY_OFFICE, area=area, line="*")
    answer = await client.get(f"/v1/needs/{need['id']}", headers=nowhere)

    assert answer.status_code in {401, 404}
