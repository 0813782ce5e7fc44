"""Cases through the API: raised by anybody, handled, answered, confirmed by the resident."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common.crypto.keys import Keys
from feedback import worker
from tests.feedback.cases import REPLY, Sessions, known_bodies, raise_case, raised, step, stepped

Header = dict[str, str]


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"area_code": "310101000000"}, "/area_code"),
        ({"lon": 31.2352, "lat": 121.4801}, "/lon"),
        ({"lat": None}, "/lon"),
        ({"offering_id": str(uuid4())}, "/offering_id"),
    ],
)
async def test_what_cannot_be_a_case_is_refused_by_field(
    client: httpx.AsyncClient, resident: Header, more: dict[str, Any], pointer: str
) -> None:
    refused = await raise_case(client, resident, **more)

    assert refused.json()["type"] == "wrong-case-file"
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_only_staff_of_the_area_write_cases_down_for_others(
    client: httpx.AsyncClient, resident: Header, clerk: Header, other_street: Header
) -> None:
    own = await raise_case(client, resident, channel="counter")
    elsewhere = await raise_case(client, other_street, channel="counter")
    here = await raised(client, clerk, channel="counter")

    assert own.json()["type"] == "not-your-channel"
    assert elsewhere.json()["type"] == "out-of-area"
    assert here["channel"] == "counter"


async def test_fixed_by_the_body_and_confirmed_by_the_resident_are_two_facts(
    client: httpx.AsyncClient, resident: Header, body: Header, case: dict[str, Any]
) -> None:
    accepted = await stepped(client, body, case, "status", status="accepted")
    fixed = await stepped(
        client, body, accepted, "status", status="fixed", words=REPLY, is_upheld=True
    )
    confirmed = await stepped(client, resident, fixed, "verdict", status="confirmed")

    assert accepted["accepted_at"]
    assert (fixed["fixed_at"] is not None, fixed["confirmed_at"], fixed["closed_at"]) == (
        *(True, None),
        None,
    )
    assert fixed["is_upheld"] is True
    assert confirmed["confirmed_at"] == confirmed["closed_at"]
    assert confirmed["fixed_at"] == fixed["fixed_at"]


async def test_an_answer_needs_words_and_a_verdict_on_the_complaint(
    client: httpx.AsyncClient, body: Header, case: dict[str, Any]
) -> None:
    wordless = await step(client, body, case, "status", status="answered")
    unjudged = await step(client, body, case, "status", status="fixed", words=REPLY)

    assert wordless.json()["errors"][0]["pointer"] == "/words"
    assert unjudged.json()["errors"][0]["pointer"] == "/is_upheld"


async def test_what_nobody_judges_ends_as_not_heard_and_may_still_be_reopened(
    client: httpx.AsyncClient, resident: Header, body: Header, keys: Keys, sessions: Sessions
) -> None:
    await known_bodies(sessions)
    case = await raised(client, resident, contact={"phone": "13800008000"})
    answered = await stepped(client, body, case, "status", status="answered", words=REPLY)
    waiting = await raised(client, resident)
    said_at = datetime.fromisoformat(answered["answered_at"])

    early = await worker.end_unheard(sessions, keys, now=said_at + timedelta(days=29))
    ended = await worker.end_unheard(sessions, keys, now=said_at + timedelta(days=31))
    again = await worker.end_unheard(sessions, keys, now=said_at + timedelta(days=31))
    silent = (await client.get(f"/v1/cases/{case['id']}", headers=resident)).json()
    steps = (await client.get(f"/v1/cases/{case['id']}/steps", headers=resident)).json()
    kept = await worker.forget(sessions, now=said_at + timedelta(days=390))
    erased = await worker.forget(sessions, now=said_at + timedelta(days=400))
    anew = await stepped(client, resident, silent, "verdict", status="reopened", words="还是迟到")
    still = (await client.get(f"/v1/cases/{waiting['id']}", headers=resident)).json()

    assert (early, ended, again) == (0, 1, 0)
    assert (silent["status"], silent["confirmed_at"], bool(silent["closed_at"])) == (
        *("answered", None, True),
    )
    assert steps[-1]["action"] == "not_heard"
    assert (kept, erased) == (0, 1)
    assert (anew["status"], anew["closed_at"]) == ("reopened", None)
    assert still["closed_at"] is None


async def test_what_ended_as_not_heard_its_resident_alone_opens_again(
    client: httpx.AsyncClient,
    resident: Header,
    body: Header,
    clerk: Header,
    case: dict[str, Any],
    keys: Keys,
    sessions: Sessions,
) -> None:
    fixed = {"status": "fixed", "words": REPLY, "is_upheld": True}
    answered = await stepped(client, body, case, "status", status="answered", words=REPLY)
    said_at = datetime.fromisoformat(answered["answered_at"])
    await worker.end_unheard(sessions, keys, now=said_at + timedelta(days=31))
    ended = (await client.get(f"/v1/cases/{case['id']}", headers=resident)).json()
    refused = [await step(client, by, ended, "status", **fixed) for by in (body, clerk)]
    still = (await client.get(f"/v1/cases/{case['id']}", headers=resident)).json()
    anew = await stepped(client, resident, ended, "verdict", status="reopened", words="还是迟到")
    mended = await stepped(client, body, anew, "status", **fixed)

    assert [(each.status_code, each.json()["type"]) for each in refused] == [
        (409, "ended-unheard")
    ] * 2
    assert ended["closed_at"] is not None
    assert still == ended
    assert (mended["status"], mended["closed_at"]) == ("fixed", None)


async def test_somebody_who_did_not_answer_calls_back(
    client: httpx.AsyncClient, clerk: Header, colleague: Header, case: dict[str, Any]
) -> None:
    fixed = await stepped(
        client, clerk, case, "status", status="fixed", words=REPLY, is_upheld=True
    )
    itself = await step(client, clerk, fixed, "call-back", is_reached=True, is_satisfied=True)
    silent = await stepped(client, colleague, fixed, "call-back", is_reached=False)
    pleased = await stepped(
        client, colleague, silent, "call-back", is_reached=True, is_satisfied=True
    )

    assert itself.json()["type"] == "confirmed-by-itself"
    assert (silent["status"], silent["confirmed_at"]) == ("fixed", None)
    assert pleased["status"] == "confirmed"


async def test_who_comes_with_an_old_version_is_told(
    client: httpx.AsyncClient, body: Header, case: dict[str, Any]
) -> None:
    await stepped(client, body, case, "status", status="accepted")
    late = await step(client, body, case, "status", status="in_progress")

    assert late.status_code == 412
