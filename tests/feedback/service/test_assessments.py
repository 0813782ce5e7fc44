"""Assessments through the API: filed, computed from what is released and registered, by whom."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import insert, select

from common.auth.roles import Role
from common.clock import city_day, utc_now
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.edge import DEVELOPMENT_TIME
from feedback import tables, worker
from tests.feedback.assessed import (
    ANOTHER,
    ANSWERS,
    DEPARTMENT,
    OTHER,
    SPRING,
    THIRD,
    TRAINING,
    VERDICT,
    answered,
    carried_out,
    done,
    evidence,
    file,
    filed,
    known_subjects,
    results,
    said,
    scheme,
    send,
    street,
)
from tests.feedback.cases import STREET, organisation, told
from tests.feedback.crowd import case_row
from tests.feedback.rated import released_every
from tests.feedback.served import PROVIDER, VENUE, Sessions, known_venue

__all__ = ["street"]
Header = dict[str, str]


async def test_results_are_computed_from_ratings_cases_and_evidence_with_bands_for_ranks(
    client: httpx.AsyncClient, street: Sessions, head: Header, clerk: Header
) -> None:
    for each in (PROVIDER, OTHER, THIRD):
        await done(client, clerk, "evidence", **evidence(subject_id=each))

    carried = await carried_out(client, head)
    found = await results(client, carried["id"], {})
    good, alike, worse = found[PROVIDER], found[OTHER], found[THIRD]

    assert carried["weight_rule"] == "satisfaction.weight"
    assert (good["band"], alike["band"], worse["band"]) == (1, 1, 2)
    assert good["lower_bound"] < good["score"] < good["upper_bound"]
    assert worse["upper_bound"] < alike["lower_bound"]
    assert (good["responses"], good["response_share"]) == (200, 0.51)  # in tens: no subtraction
    scores = {each["code"]: each["score"] for each in good["indicators"]}
    assert scores == {"verdict": pytest.approx(0.98, abs=0.02), "answers": 0.93, "training": 0.9}
    assert [each["is_satisfaction"] for each in good["indicators"]] == [True, False, False]
    assert good["publicity_to_on"] > good["publicity_from_on"]


async def test_a_venue_is_assessed_by_what_people_of_its_town_said(
    client: httpx.AsyncClient, sessions: Sessions, head: Header
) -> None:
    there = {"venue_id": UUID(VENUE)}
    await known_venue(sessions)
    await said(sessions, PROVIDER, {5: 40}, served=80, **there)
    await said(sessions, PROVIDER, {1: 30}, served=60, area_code="310101003000", **there)
    await worker.release_all(sessions, now=utc_now())

    carried = await carried_out(client, head, subject="venue", subject_ids=[VENUE])
    [found] = (await results(client, carried["id"], {})).values()
    first = (await client.get("/v1/statistics/releases")).json()["items"][-1]
    asked = {"subject": "venue", "release_id": first["id"]}
    figures = await client.get("/v1/statistics/ratings", params=asked)

    assert (found["responses"], found["response_share"]) == (40, 0.5)
    assert [(each["key"], each["ratings"]) for each in figures.json()["items"]] == [(VENUE, 40)]


async def test_quarters_are_summed_and_a_wrong_one_is_withdrawn_and_told_again(
    client: httpx.AsyncClient, street: Sessions, head: Header, clerk: Header, other_street: Header
) -> None:
    spring, summer = {"period_to_on": "2026-03-31"}, {"period_from_on": "2026-04-01"}
    await done(client, clerk, "evidence", **evidence(achieved=50, **spring))
    wrong = await done(client, clerk, "evidence", **evidence(achieved=0, **summer))
    beside = await send(client, clerk, "evidence", **evidence(period_from_on="2026-04-02"))
    path, why = f"evidence/{wrong['id']}/withdrawal", {"reason": "完成数登记有误"}
    strange = await send(client, other_street, path, wrong["version"], **why)
    gone = await send(client, clerk, path, wrong["version"], **why)
    again = await send(client, clerk, path, gone.json()["version"], **why)
    right = await done(client, clerk, "evidence", **evidence(achieved=40, **summer))
    wish = {"subject_ids": [PROVIDER], "indicators": [VERDICT, {**TRAINING, "weight": 40}]}
    carried = await carried_out(client, head, **wish)
    [found] = (await results(client, carried["id"], head)).values()
    scores = {each["code"]: each["score"] for each in found["indicators"]}

    assert (beside.status_code, beside.json()["type"]) == (409, "evidence-held")
    assert strange.status_code == 403
    assert gone.json()["withdrawal_reason"] == why["reason"]
    assert again.json()["type"] == "evidence-withdrawn"
    assert scores["training"] == 0.9  # 90 of 100
    assert right["id"] in found["evidence_ids"]
    assert wrong["id"] not in found["evidence_ids"]
    assert len(found["evidence_ids"]) == 2


async def test_a_street_is_assessed_and_earns_by_what_its_town_said_of_all_its_services(
    client: httpx.AsyncClient, sessions: Sessions, district: Header
) -> None:
    """It serves by others: no rating names it as the provider."""
    await told(sessions, Kind.ORGANISATION, organisation(STREET, kind="street"))
    await said(sessions, PROVIDER, {5: 150, 4: 13}, served=300)
    await said(sessions, OTHER, {5: 40}, served=100)
    await said(sessions, PROVIDER, {1: 90}, served=90, area_code="310101003000")
    await worker.release_all(sessions, now=utc_now())
    wish = {
        "kind": "street_services",
        "area_code": "310101000000",
        "subject_ids": [STREET],
        "indicators": [{**VERDICT, "weight": 100}],
    }
    carried = await carried_out(client, district, **wish)
    [found] = (await results(client, carried["id"], district)).values()
    await worker.close_all(sessions, now=utc_now() + timedelta(days=60))
    pot = {"pot_fen": 10_000_000, "pot_document": "演示财〔2026〕1号"}
    granted = await done(client, district, "incentives", scheme_id=carried["id"], **pot)

    assert (found["responses"], found["response_share"]) == (200, 0.51)
    assert found["score"] > 0.9  # and nothing of what another town said
    assert [each["subject_id"] for each in granted["awards"]] == [STREET]
    assert granted["awards"][0]["award_fen"] > 0


async def test_evidence_is_registered_once_cited_by_many_and_never_asked_for_again(
    client: httpx.AsyncClient, street: Sessions, head: Header, clerk: Header
) -> None:
    await done(client, clerk, "evidence", **evidence())
    again = await send(client, clerk, "evidence", **evidence(document="又一份"))
    first = await filed(client, head)
    second = await filed(client, head, kind="street_services", lead_id=ANOTHER)
    path = f"/v1/assessment-schemes/{first['id']}/missing-evidence"
    missing = (await client.get(path)).json()

    for each in (first, second):
        where = f"assessment-schemes/{each['id']}/results"
        await done(client, head, where, each["version"])
    listed = (await client.get("/v1/evidence", headers=clerk)).json()["items"]

    assert (again.status_code, again.json()["type"]) == (409, "evidence-held")
    assert {each["subject_id"] for each in missing} == {OTHER, THIRD}
    assert [each["cited"] for each in listed] == [2]


async def test_nothing_is_computed_before_the_figures_are_released(
    client: httpx.AsyncClient, sessions: Sessions, head: Header
) -> None:
    await known_subjects(sessions)
    await said(sessions, PROVIDER, {5: 40}, served=80)
    planned = await filed(client, head)
    path = f"assessment-schemes/{planned['id']}/results"

    refused = await send(client, head, path, planned["version"])
    await worker.release_all(sessions, now=utc_now())
    carried = await done(client, head, path, planned["version"])

    assert (refused.status_code, refused.json()["type"]) == (409, "figures-not-released")
    assert carried["assessed_at"] is not None


async def test_a_case_that_was_not_due_at_the_release_was_not_answered_late(
    client: httpx.AsyncClient, sessions: Sessions, keys: Keys, head: Header
) -> None:
    await known_subjects(sessions)
    await said(sessions, PROVIDER, {5: 40}, served=80)
    await answered(sessions, keys, PROVIDER, 20, late=2)
    waits = {"status": "paused", "paused_at": SPRING, "escalates_at": None}
    waits |= {"responsible_body_id": UUID(PROVIDER)}
    async with sessions.begin() as session:
        rows = [case_row(keys, SPRING) | waits for _ in range(12)]
        await session.execute(insert(tables.Case), rows)
    await worker.release_all(sessions, now=utc_now())
    carried = await carried_out(
        client, head, subject_ids=[PROVIDER], indicators=[VERDICT, {**ANSWERS, "weight": 40}]
    )
    [found] = (await results(client, carried["id"], head)).values()
    async with sessions() as session:
        figures = (await session.scalars(select(tables.CaseFigure))).all()

    assert [(each.cases, each.in_time) for each in figures] == [(20, 18)]
    assert found["indicators"][1]["score"] == pytest.approx(0.9, abs=0.02)


async def test_a_release_that_reaches_beyond_the_period_is_no_part_of_an_assessment(
    client: httpx.AsyncClient, sessions: Sessions, head: Header
) -> None:
    await known_subjects(sessions)
    await said(sessions, PROVIDER, {5: 40}, served=80)
    await said(sessions, PROVIDER, {5: 44}, served=80, month_on=date(2026, 4, 1))
    await released_every(sessions, 6)
    await worker.release_all(sessions, now=utc_now())
    await released_every(sessions, 3)
    planned = await filed(client, head, period_to_on="2026-03-31")

    refused = await send(
        client, head, f"assessment-schemes/{planned['id']}/results", planned["version"]
    )

    assert (refused.status_code, refused.json()["type"]) == (409, "figures-not-released")


async def test_weights_are_chosen_by_nobody_who_knows_what_comes_of_them(
    client: httpx.AsyncClient, sessions: Sessions, head: Header, city: Header
) -> None:
    """Not while the period runs, not after its figures are public, not by a second scheme."""
    await known_subjects(sessions)
    await said(sessions, PROVIDER, {5: 40}, served=80)
    planned = await filed(client, head)
    second_day = {**head, DEVELOPMENT_TIME: "2026-01-02T00:00:00+08:00"}
    running = await send(client, second_day, "assessment-schemes", **scheme())
    await worker.release_all(sessions, now=utc_now())
    why = {"reason": "换一种权重"}
    await done(client, head, f"assessment-schemes/{planned['id']}/withdrawal", 1, **why)
    public = await send(client, head, "assessment-schemes", **scheme())
    rules = (await client.get("/v1/rules", params={"parameter": "annual_plan"})).json()["items"]
    off = {"value": False, "reason": "试行期不编年度计划"}
    where = f"/v1/rules/{rules[0]['id']}/value"
    etag = (await client.get(f"/v1/rules/{rules[0]['id']}")).headers["ETag"]
    await client.put(where, json=off, headers={**city, "If-Match": etag})
    unplanned = await send(client, head, "assessment-schemes", **scheme())

    assert (running.status_code, running.json()["type"]) == (409, "filed-too-late")
    assert "burden.plan" in running.json()["detail"]
    assert public.json()["type"] == "filed-too-late"
    assert (unplanned.status_code, unplanned.json()["type"]) == (409, "figures-known")


async def test_no_result_is_computed_twice_or_before_the_last_rating(
    client: httpx.AsyncClient, street: Sessions, head: Header
) -> None:
    carried = await carried_out(client, head)
    path = f"assessment-schemes/{carried['id']}/results"
    again = await send(client, head, path, carried["version"])
    year = city_day(utc_now()).year + 1
    dates = {"period_from_on": f"{year}-01-01", "period_to_on": f"{year}-03-31"}
    coming = await filed(client, head, **dates)
    early = await send(
        client, head, f"assessment-schemes/{coming['id']}/results", coming["version"]
    )

    assert (again.status_code, again.json()["type"]) == (409, "already-assessed")
    assert (early.status_code, early.json()["type"]) == (409, "assessment-too-early")


async def test_another_street_files_registers_and_carries_out_nothing_here(
    client: httpx.AsyncClient,
    street: Sessions,
    head: Header,
    bearer: Callable[..., Header],
    other_street: Header,
) -> None:
    elsewhere = bearer(Role.STREET_HEAD, area="310104003", line="*")
    planned = await filed(client, head)
    calls = [
        await file(client, elsewhere),
        await send(
            client, elsewhere, f"assessment-schemes/{planned['id']}/results", planned["version"]
        ),
        await send(client, other_street, "evidence", **evidence()),
        await send(
            client,
            elsewhere,
            "assessment-visits",
            subject="organisation",
            subject_id=PROVIDER,
            visited_on=str(city_day(utc_now())),
            department_id=DEPARTMENT,
        ),
    ]
    beyond = await send(client, other_street, "evidence", **evidence(subject_id=str(uuid4())))
    unknown = await file(client, head, subject_ids=[str(uuid4())])

    assert {each.json()["type"] for each in calls} == {"out-of-area"}
    assert beyond.status_code == 404
    assert (unknown.status_code, unknown.json()["type"]) == (422, "wrong-scheme")
