"""What somebody needs of a venue is kept with the need, and nobody is sent where it lacks."""

from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from common import mirrors
from common.contracts.feeds import Kind
from common.db import Database
from tests.matching.cases import NEED, at, key, raised, refer
from tests.matching.runs import Sessions, asked, computed, offering, publish, step, taken
from tests.matching.service.test_run_standing import chosen

Header = dict[str, str]
NEEDS: dict[str, Any] = {
    "profile": {**NEED["profile"], "accessibility": ["step_free", "accessible_toilet"]}
}


async def house(
    sessions: Sessions, features: list[str], venue_id: str | None = None
) -> dict[str, Any]:
    """A venue that offers this, as offerings name it."""
    told = {"id": venue_id or str(uuid4()), "opening_hours": None, "accessibility": features}
    async with sessions.begin() as session:
        await mirrors.put(session, Kind.VENUE, orjson.dumps([told]).decode())
    return {"id": told["id"], "lon": 121.481, "lat": 31.2352}


async def profile_of(calls: httpx.AsyncClient, header: Header, need: dict[str, Any]) -> Any:
    return (await calls.get(f"/v1/needs/{need['id']}/profile", headers=header)).json()


async def test_what_is_needed_of_a_venue_is_kept_and_written_anew(
    calls: httpx.AsyncClient, clerk: Header
) -> None:
    need = await raised(calls, clerk, **NEEDS)
    before = await profile_of(calls, clerk, need)
    answer = await calls.put(
        f"/v1/needs/{need['id']}/profile",
        json={"profile": {**NEED["profile"], "accessibility": []}},
        headers={**clerk, **at(before["version"])},
    )
    after = await profile_of(calls, clerk, need)
    wrong = await calls.post(
        "/v1/needs",
        json={**NEED, "profile": {"accessibility": ["escalator"]}},
        headers={**clerk, **key()},
    )

    assert before["accessibility"] == ["step_free", "accessible_toilet"]
    assert (answer.status_code, after["accessibility"]) == (200, [])
    assert [each["pointer"] for each in wrong.json()["errors"]] == ["/profile/accessibility/0"]


@pytest.mark.parametrize(
    ("features", "channels", "is_refused"),
    [
        ([], ["on_site"], True),
        (["step_free"], ["on_site"], True),
        (["step_free", "accessible_toilet", "lift"], ["on_site"], False),
        ([], ["on_site", "at_home"], False),
        ([], ["online"], False),
    ],
)
async def test_nobody_is_referred_or_sent_to_a_venue_that_lacks_it(
    calls: httpx.AsyncClient,
    opened: Database,
    clerk: Header,
    head: Header,
    features: list[str],
    channels: list[str],
    is_refused: bool,
) -> None:
    there = await house(opened.sessions, features)
    await publish(opened.sessions, near := offering(121.481, 9, venue=there, channels=channels))
    need = await raised(calls, clerk, **NEEDS)
    careless = await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head, dry_run=True))
    found = await chosen(calls, head, run)
    answer = await refer(calls, clerk, need, near["id"])

    assert found[careless["id"]]["offering_id"] == near["id"]
    if is_refused:
        assert (answer.status_code, answer.json()["type"]) == (409, "not-eligible")
        assert [each["pointer"] for each in answer.json()["errors"]] == ["/accessibility"]
        refusal = found[need["id"]]
        assert (refusal["reason"], refusal["rule"]) == ("not_eligible", "accessibility")
    else:
        assert answer.status_code == 201, answer.text
        assert found[need["id"]]["offering_id"] == near["id"]


async def test_a_venue_that_loses_it_after_the_draft_lets_the_choice_lapse(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header
) -> None:
    there = await house(opened.sessions, ["step_free", "accessible_toilet"])
    await publish(opened.sessions, near := offering(121.481, 9, venue=there, channels=["on_site"]))
    await raised(calls, clerk, **NEEDS)
    await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    await house(opened.sessions, ["step_free"], there["id"])
    done = await step(calls, head, run, "commit")

    assert done.json()["lapsed_by"] == [{"lapse": "not_eligible", "needs": 1}]
    assert await taken(opened) == {near["id"]: 1}


@pytest.mark.parametrize("channels", [["on_site"], ["on_site", "at_home"]])
async def test_no_run_sends_anybody_to_a_venue_that_is_shut(
    calls: httpx.AsyncClient, opened: Database, clerk: Header, head: Header, channels: list[str]
) -> None:
    """Neither one that begins now nor the draft of one before."""
    there = await house(opened.sessions, [])
    await publish(opened.sessions, near := offering(121.481, 9, venue=there, channels=channels))
    need = await raised(calls, clerk)
    run = await computed(calls, head, opened, await asked(calls, head))
    shut = {"id": there["id"], "opening_hours": None, "accessibility": [], "status": "suspended"}
    async with opened.sessions.begin() as session:
        await mirrors.put(session, Kind.VENUE, orjson.dumps([shut]).decode())
    anew = await computed(calls, head, opened, await asked(calls, head, dry_run=True))
    found = await chosen(calls, head, anew)
    done = await step(calls, head, run, "commit")
    comes = "at_home" in channels

    assert (found[need["id"]]["offering_id"] == near["id"]) is comes
    assert done.json()["lapsed_by"] == ([] if comes else [{"lapse": "not_eligible", "needs": 1}])
    assert await taken(opened) == {near["id"]: int(comes)}
