"""What a body is asked for in a year: shares and caps of schemes, shared visits, withdrawals."""

from uuid import uuid4

import httpx

from common.clock import city_day, utc_now
from tests.feedback.assessed import (
    ANOTHER,
    DEPARTMENT,
    VERDICT,
    done,
    file,
    filed,
    send,
    street,
)
from tests.feedback.served import PROVIDER, Sessions, key

__all__ = ["street"]
Header = dict[str, str]


async def test_a_community_scheme_below_the_share_is_refused_with_its_rule(
    client: httpx.AsyncClient, street: Sessions, head: Header
) -> None:
    light = {**VERDICT, "weight": 50}
    rest = {"code": "calls", "name": "回访率", "measure": "call_back", "weight": 50}

    refused = await file(client, head, indicators=[light, rest])
    named = {"kind": "statutory", "statutory_name": "社会组织评估"}
    exempt = await file(client, head, **named, indicators=[{**light, "weight": 100}])

    assert refused.status_code == 422
    assert refused.json()["type"] == "satisfaction-too-light"
    assert "satisfaction.weight" in refused.json()["detail"]
    assert exempt.status_code == 201


async def test_a_body_is_assessed_once_a_year_unless_a_visit_is_shared(
    client: httpx.AsyncClient, street: Sessions, head: Header
) -> None:
    today = city_day(utc_now())
    year = {"period_from_on": f"{today.year}-01-01", "period_to_on": f"{today.year}-12-31"}
    one = {"subject_ids": [PROVIDER], **year}
    visit = await done(
        client,
        head,
        "assessment-visits",
        subject="organisation",
        subject_id=PROVIDER,
        visited_on=str(today),
        department_id=DEPARTMENT,
    )
    await filed(client, head, **one)

    alone = await file(client, head, **one, lead_id=ANOTHER)
    joined = await done(
        client,
        head,
        f"assessment-visits/{visit['id']}/departments",
        visit["version"],
        department_id=ANOTHER,
    )
    shared = await file(client, head, **one, lead_id=ANOTHER)
    second = await send(
        client,
        head,
        "assessment-visits",
        subject="organisation",
        subject_id=PROVIDER,
        visited_on=str(today),
        department_id=ANOTHER,
    )

    assert (alone.status_code, alone.json()["type"]) == (409, "assessed-often")
    assert "assessment.cap" in alone.json()["detail"]
    assert joined["department_ids"] == [DEPARTMENT, ANOTHER]
    assert shared.status_code == 201
    assert (second.status_code, second.json()["type"]) == (409, "visit-planned")
    assert visit["id"] in second.json()["detail"]


async def test_who_wants_to_join_a_visit_finds_which_and_its_version(
    client: httpx.AsyncClient, street: Sessions, head: Header, district: Header, provider: Header
) -> None:
    day = city_day(utc_now())
    wish = {"subject": "organisation", "subject_id": PROVIDER, "visited_on": str(day)}
    query = {"subject_id": PROVIDER, "year": str(day.year)}
    none = await client.get("/v1/assessment-visits", params=query, headers=district)
    made = await done(client, head, "assessment-visits", **wish, department_id=DEPARTMENT)
    found = await client.get("/v1/assessment-visits", params=query, headers=district)
    stranger = await client.get("/v1/assessment-visits", params=query, headers=provider)
    joined = await client.post(
        f"/v1/assessment-visits/{found.json()['id']}/departments",
        json={"department_id": ANOTHER},
        headers={**district, **key(), "If-Match": found.headers["ETag"]},
    )

    assert (none.status_code, stranger.status_code) == (404, 403)
    assert found.json() == made
    assert joined.json()["department_ids"] == [DEPARTMENT, ANOTHER]


async def test_a_visit_is_called_off_by_those_of_its_area_unless_an_assessment_rests_on_it(
    client: httpx.AsyncClient, street: Sessions, head: Header, other_street: Header
) -> None:
    today = city_day(utc_now())
    year = {"period_from_on": f"{today.year}-01-01", "period_to_on": f"{today.year}-12-31"}
    wish = {"subject": "organisation", "subject_id": PROVIDER, "visited_on": str(today)}
    wish["department_id"] = DEPARTMENT
    why = {"reason": "当日有台风预警"}
    first = await done(client, head, "assessment-visits", **wish)
    planned = await filed(client, head, subject_ids=[PROVIDER], **year)
    path = f"assessment-visits/{first['id']}/cancellation"
    in_use = await send(client, head, path, first["version"], **why)
    await done(client, head, f"assessment-schemes/{planned['id']}/withdrawal", 1, **why)
    stranger = await send(client, other_street, path, first["version"], **why)
    gone = await done(client, head, path, first["version"], **why)
    again = await send(client, head, path, gone["version"], **why)
    join = f"assessment-visits/{first['id']}/departments"
    joined = await send(client, head, join, gone["version"], department_id=ANOTHER)
    second = await done(client, head, "assessment-visits", **wish)
    found = await client.get(
        "/v1/assessment-visits",
        params={"subject_id": PROVIDER, "year": str(today.year)},
        headers=head,
    )

    assert (in_use.status_code, in_use.json()["type"]) == (409, "visit-in-use")
    assert stranger.status_code == 403
    assert gone["cancel_reason"] == why["reason"]
    assert again.json()["type"] == joined.json()["type"] == "visit-cancelled"
    assert found.json()["id"] == second["id"] != first["id"]


async def test_a_withdrawn_scheme_gives_the_year_back_what_it_had_counted(
    client: httpx.AsyncClient, street: Sessions, head: Header, other_street: Header
) -> None:
    wish, why = {"subject_ids": [PROVIDER]}, {"reason": "考核期填写有误，重新备案"}
    typo = await filed(client, head, **wish)
    path = f"assessment-schemes/{typo['id']}"
    full = await file(client, head, **wish)
    bare = await send(client, head, f"{path}/withdrawal", typo["version"])
    stranger = await send(client, other_street, f"{path}/withdrawal", typo["version"], **why)
    gone = await done(client, head, f"{path}/withdrawal", typo["version"], **why)
    again = await send(client, head, f"{path}/withdrawal", gone["version"], **why)
    results = await send(client, head, f"{path}/results", gone["version"])
    planned = await filed(client, head, **wish)
    carried = await done(client, head, f"assessment-schemes/{planned['id']}/results", 1)
    late = f"assessment-schemes/{planned['id']}/withdrawal"
    over = await send(client, head, late, carried["version"], **why)

    assert full.json()["type"] == "assessed-often"
    assert (bare.status_code, stranger.status_code) == (422, 403)
    assert gone["withdrawal_reason"] == why["reason"]
    assert again.json()["type"] == results.json()["type"] == "scheme-withdrawn"
    assert over.json()["type"] == "already-assessed"


async def test_who_shared_the_visit_of_a_withdrawn_scheme_is_counted_in_its_place(
    client: httpx.AsyncClient, street: Sessions, head: Header
) -> None:
    today = city_day(utc_now())
    year = {"period_from_on": f"{today.year}-01-01", "period_to_on": f"{today.year}-12-31"}
    wish, why = {"subject_ids": [PROVIDER], **year}, {"reason": "另行组织"}
    about = {"subject": "organisation", "subject_id": PROVIDER, "visited_on": str(today)}
    visit = await done(client, head, "assessment-visits", **about, department_id=DEPARTMENT)
    joining = f"assessment-visits/{visit['id']}/departments"
    await done(client, head, joining, visit["version"], department_id=ANOTHER)
    first = await filed(client, head, **wish)
    shared = await filed(client, head, **{**wish, "lead_id": ANOTHER})
    third = {**wish, "lead_id": str(uuid4())}

    await done(client, head, f"assessment-schemes/{first['id']}/withdrawal", 1, **why)
    full = await file(client, head, **third)
    await done(client, head, f"assessment-schemes/{shared['id']}/withdrawal", 1, **why)
    free = await file(client, head, **third)

    assert full.json()["type"] == "assessed-often"
    assert free.status_code == 201
