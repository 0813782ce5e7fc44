"""A run over a street: asked for, computed, proved, compared, explained to who is not served."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from common.auth.roles import Role
from common.db import Database
from deploy.local.environment import Urls
from matching.allocation.checking import check as check_proof
from matching.tables import Need
from matching.usecases.allocation_files import opened as opened_file
from tests.matching.cases import key, raised, refer
from tests.matching.runs import (
    PATH,
    SEED,
    asked,
    computed,
    offering,
    publish,
    step,
    taken,
    tomorrow,
)
from tests.matching.service.test_audit import entries

Header = dict[str, str]
DISTRICTS = "310101", "310104"


async def test_a_run_serves_as_many_as_there_are_places_and_proves_it(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header, bearer: Any
) -> None:
    near, far = offering(121.481, 2), offering(121.490, 1)
    await publish(opened.sessions, near, far)
    for _ in range(5):
        await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    choices = (await calls.get(f"{PATH}/{run['id']}/choices", headers=head)).json()["items"]
    auditor = bearer(Role.AUDITOR, kind="staff")
    check = await calls.get(f"{PATH}/{run['id']}/check", headers=auditor)
    file = await calls.get(f"{PATH}/{run['id']}/certificate", headers=auditor)

    assert (run["status"], run["needs"], run["places"]) == ("drafted", 5, 3)
    assert sum(run["served_by_tier"]) == 3
    assert run["unserved"] == [{"reason": "all_places_taken", "needs": 2}]
    assert sorted(str(each["offering_id"]) for each in choices if each["offering_id"]) == sorted(
        [near["id"]] * 2 + [far["id"]]
    )
    assert await taken(opened) == {near["id"]: 2, far["id"]: 1}
    assert check.json()["holds"] is True, check.text
    assert check.json()["certificate_sm3"] == run["certificate_sm3"]
    proof = opened_file(file.content)
    assert not proof.problem.needs.x.any()
    assert not proof.problem.needs.y.any()
    assert proof.problem.digest().hex() == run["inputs_sm3"]
    assert check_proof(proof.problem, proof.certificate) is None


async def test_an_office_reads_the_proof_of_its_own_area_and_each_reading_is_written_down(
    calls: httpx.AsyncClient,
    opened: Database,
    clerk: Header,
    head: Header,
    bearer: Callable[..., Header],
    fresh_database: Urls,
) -> None:
    await publish(opened.sessions, offering(121.481, 1))
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    path = f"{PATH}/{run['id']}/certificate"
    mine, other = (bearer(Role.DISTRICT_OFFICE, area=area, line="*") for area in DISTRICTS)

    answers = [await calls.get(path, headers=who) for who in (mine, other)]
    read = [each for each in await entries(fresh_database) if each["outcome"] == "read"]

    assert [answer.status_code for answer in answers] == [200, 403]
    assert [each["action"] for each in read] == ["allocation.download"]


async def test_a_dry_run_holds_nothing_and_can_be_compared(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    near, far = offering(121.481, 1), offering(121.490, 1)
    await publish(opened.sessions, near, far)
    for _ in range(3):
        await raised(calls, clerk)
    first = await computed(calls, head, opened, await asked(calls, head, dry_run=True))
    more = {"fairness_shares": [0, 50], "fairness_steps": [0, 900], "dry_run": True}
    second = await computed(calls, head, opened, await asked(calls, head, **more))
    found = await calls.get(
        f"{PATH}/{first['id']}/comparison", headers=head, params={"other": second["id"]}
    )
    committed = await step(calls, head, first, "commit")

    assert first["served_by_tier"] == second["served_by_tier"]
    assert found.json()["gained"] - found.json()["lost"] == 0
    assert all(count == 0 for count in (await taken(opened)).values())
    assert committed.status_code == 409


async def test_who_is_not_served_learns_why(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.481, 5))
    wishes = {"weekdays": [tomorrow().isoweekday() % 7 + 1]}
    await raised(calls, clerk, profile={"age_band": "35-59", "groups": []})
    await raised(calls, clerk, wishes=wishes)
    await raised(calls, clerk, wishes={"price_at_most_fen": 100})
    await raised(calls, clerk, category="bathing")
    await raised(calls, clerk, lon=121.60, lat=31.30)
    run = await computed(calls, head, opened, await asked(calls, head))
    choices = (await calls.get(f"{PATH}/{run['id']}/choices", headers=head)).json()["items"]

    assert {each["rule"] for each in choices if each["reason"] == "not_eligible"} == {"age_min"}
    assert {each["reason"]: each["needs"] for each in run["unserved"]} == {
        "not_eligible": 1,
        "closed_at_wanted_time": 1,
        "over_budget": 1,
        "no_offering_in_category": 1,
        "too_far": 1,
    }


async def test_no_open_need_is_left_out_of_a_run_without_a_reason(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header, bearer: Any
) -> None:
    await publish(opened.sessions, offering(121.481, 9))
    placed = await raised(calls, clerk)
    nowhere = await raised(calls, clerk, lon=None, lat=None)
    elsewhere = await raised(calls, clerk, lon=None, lat=None, category="bathing")
    over, reversed_, later = [await raised(calls, clerk) for _ in range(3)]
    yesterday, day = tomorrow() - timedelta(days=2), tomorrow()
    days = {over["id"]: (None, yesterday), reversed_["id"]: (day, yesterday)}
    days[later["id"]] = day + timedelta(days=3), None
    async with opened.sessions.begin() as session:
        for need_id, (since, until) in days.items():
            values = {"wished_from_on": since, "wished_until_on": until}
            await session.execute(update(Need).where(Need.id == need_id).values(**values))
    run = await computed(calls, head, opened, await asked(calls, head))
    choices = (await calls.get(f"{PATH}/{run['id']}/choices", headers=head)).json()["items"]
    auditor = bearer(Role.AUDITOR, kind="staff")
    check = await calls.get(f"{PATH}/{run['id']}/check", headers=auditor)

    assert {each["need_id"]: each["reason"] for each in choices} == {
        placed["id"]: None,
        nowhere["id"]: "place_unknown",
        elsewhere["id"]: "no_offering_in_category",
        over["id"]: "no_day_left",
        reversed_["id"]: "no_day_left",
    }
    assert (run["needs"], sum(run["served_by_tier"])) == (5, 1)
    assert {each["reason"]: each["needs"] for each in run["unserved"]} == {
        "place_unknown": 1,
        "no_offering_in_category": 1,
        "no_day_left": 2,
    }
    assert check.json()["holds"] is True, check.text


async def test_what_is_counted_by_session_is_left_to_who_can_choose_one(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    await publish(opened.sessions, offering(121.481, 5, capacity_period="session"))
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))

    assert (run["needs"], run["places"]) == (1, 0)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"session_on": "2020-01-01"}, "/session_on"),
        ({"fairness_shares": [0, 20], "fairness_steps": [0]}, "/fairness_shares"),
        ({"candidates": 10}, "/candidates"),
    ],
)
async def test_a_run_that_cannot_be_meant_is_refused(
    calls: httpx.AsyncClient, head: Header, body: dict[str, Any], pointer: str
) -> None:
    wish = {"area": "310101002", "session_on": str(tomorrow()), "seed": SEED, **body}
    answer = await calls.post(PATH, json=wish, headers={**head, **key()})

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_another_street_neither_asks_nor_sees(
    calls: httpx.AsyncClient, head: Header, bearer: Callable[..., Header]
) -> None:
    run = await asked(calls, head)
    other = bearer(Role.STREET_HEAD, area="310104003", line="*", subject="other")
    wish = {"area": "310101002", "session_on": str(tomorrow()), "seed": SEED}
    answers = [
        await calls.post(PATH, json=wish, headers={**other, **key()}),
        await calls.get(f"{PATH}/{run['id']}", headers=other),
        await step(calls, other, run, "cancellation"),
    ]
    listed = (await calls.get(PATH, headers=other)).json()["items"]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert listed == []


@pytest.mark.parametrize("funding", ["venture_philanthropy", "micro_fund", "other", None])
async def test_money_that_nobody_has_called_free_serves_no_other_district(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header, funding: str | None
) -> None:
    there = offering(121.481, 5, area_code="310104003000", funding_source=funding)
    await publish(opened.sessions, there)
    need = await raised(calls, clerk)
    direct = await refer(calls, clerk, need, there["id"])
    run = await computed(calls, head, opened, await asked(calls, head))
    choices = (await calls.get(f"{PATH}/{run['id']}/choices", headers=head)).json()["items"]

    assert (direct.status_code, direct.json()["type"]) == (409, "agreement-needed")
    assert run["unserved"] == [{"reason": "not_eligible", "needs": 1}]
    assert [each["rule"] for each in choices] == ["funding_area"]
    assert "donation" in run["policy"]["free_funding"]
