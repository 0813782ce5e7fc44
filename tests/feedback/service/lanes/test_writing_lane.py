"""The lane that writes: one contract with the road, whatever goes wrong between the two."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from fastapi import APIRouter
from sqlalchemy import select, text

from common.auth.development import ISSUER
from common.auth.pseudonym import Pseudonyms
from common.crypto.keys import Keys
from common.idempotency import Call, IdempotencyKey
from common.lane_writing import writing
from feedback.api import cases
from tests.feedback.cases import CASE
from tests.feedback.served import Sessions, key, rater_of, served
from tests.feedback.service.lanes.conftest import Lane

Header = dict[str, str]
Wishes = Callable[[str], Any]
CROWD = 12
ROAD = {"Content-Encoding": "identity"}
PATHS = ["/v1/cases", "/v1/ratings"]
CONTACT = {"contact": {"phone": "13800008000", "name": "王阿姨"}}
TABLES = (
    *("case_order", "case_contact", "case_step", "case_clock", "rating", "tally_change"),
    *("delivery", "feed_outbox", "audit_inbox", "idempotency_key"),
)
# What differs each time: ids and numbers, instants, what is sealed, what is digested.
EACH_TIME = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)|v1\|[^\"]+"
    r"|\\\\x[0-9a-f]+|(GD|ZJ)[0-9A-Za-z-]+|\"id\": \d+|\"xid\": \d+"
)


async def wish(path: str, sessions: Sessions, keys: Keys) -> dict[str, Any]:
    """A case, or a rating of what was just served."""
    if path == "/v1/cases":
        return {**CASE, **CONTACT}
    referral = await served(sessions, rater_of(keys, "resident-1"))
    return {"referral_id": str(referral), "level": 4, "words": "饭菜热乎可口，每天都准时"}


async def rows(sessions: Sessions) -> "Counter[str]":
    """All rows but for what differs each time."""
    whole = " UNION ALL ".join(f"SELECT '{t} ' || to_jsonb(t)::text FROM {t} t" for t in TABLES)
    async with sessions.begin() as session:
        return Counter(EACH_TIME.sub("*", row) for row in await session.scalars(text(whole)))


def shown(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """An answer but for what differs each time."""
    plain = {name: EACH_TIME.sub("*", value) for name, value in answer.headers.items()}
    return answer.status_code, EACH_TIME.sub("*", answer.text), plain


@pytest.mark.parametrize("path", PATHS)
async def test_lane_and_road_give_one_answer_and_write_the_same_rows(
    client: httpx.AsyncClient,
    sessions: Sessions,
    known: Header,
    keys: Keys,
    lane: Lane,
    path: str,
) -> None:
    wishes = [await wish(path, sessions, keys) for _ in range(2)]
    at_first = await rows(sessions)

    by_road = await client.post(path, json=wishes[0], headers={**known, **key(), **ROAD})
    after_road = await rows(sessions)
    by_lane = await client.post(path, json=wishes[1], headers={**known, **key()})
    after_lane = await rows(sessions)

    assert len(lane.made) == 1
    assert (by_road.status_code, shown(by_road)) == (201, shown(by_lane))
    assert after_road - at_first == after_lane - after_road
    assert by_lane.headers["Location"].endswith(by_lane.json()["id"])


@pytest.mark.parametrize("path", PATHS)
async def test_a_retry_on_the_lane_gets_the_answer_that_was_kept(
    client: httpx.AsyncClient,
    sessions: Sessions,
    known: Header,
    keys: Keys,
    lane: Lane,
    path: str,
) -> None:
    call = {"json": await wish(path, sessions, keys), "headers": {**known, **key()}}

    first = await client.post(path, **call)
    again = await client.post(path, **call)

    assert len(lane.made) == 1
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.json(), again.headers["ETag"]) == (first.json(), first.headers["ETag"])


@pytest.mark.parametrize("path", PATHS)
async def test_an_answer_that_is_lost_after_the_commit_is_found_by_the_road(
    client: httpx.AsyncClient,
    sessions: Sessions,
    known: Header,
    keys: Keys,
    lane: Lane,
    path: str,
) -> None:
    lane.is_lost = True
    said = await wish(path, sessions, keys)

    answer = await client.post(path, json=said, headers={**known, **key()})
    listed = (await client.get(path, headers=known)).json()["items"]

    assert (answer.status_code, answer.headers["Idempotent-Replayed"]) == (201, "true")
    assert answer.content == lane.made[0].body
    assert [each["id"] for each in listed] == [answer.json()["id"]]


@pytest.mark.parametrize(
    ("more", "query", "status"),
    [
        ({"area_code": "31"}, "", 422),
        ({"hue": "red"}, "", 422),
        ({"words": "a\0b"}, "", 422),
        ({"channel": "counter"}, "", 403),
        ({}, "?hue=red", 422),
        ({"lon": None}, "", 422),
    ],
)
async def test_what_is_refused_is_refused_in_the_same_words(
    client: httpx.AsyncClient,
    sessions: Sessions,
    known: Header,
    lane: Lane,
    more: Header,
    query: str,
    status: int,
) -> None:
    path, said = f"/v1/cases{query}", {**CASE, **more}
    before = await rows(sessions)

    headers = {**known, "X-Request-Id": "asked-by-both"}
    by_road = await client.post(path, json=said, headers={**headers, **key(), **ROAD})
    by_lane = await client.post(path, json=said, headers={**headers, **key()})

    assert (by_road.status_code, lane.made) == (status, [])
    assert shown(by_lane) == shown(by_road)
    written = {row.split()[0] for row in await rows(sessions) - before}
    assert written <= {"audit_inbox"}  # a refusal is written down, by the road alone


async def test_who_holds_the_kept_answers_finds_nobody_in_them(
    client: httpx.AsyncClient, sessions: Sessions, known: Header, keys: Keys
) -> None:
    """Neither by the name that everybody knows, nor by joining what one resident did."""
    for path in PATHS:
        said = await wish(path, sessions, keys)
        assert (await client.post(path, json=said, headers={**known, **key()})).status_code == 201
    async with sessions() as session:
        kept = (await session.scalars(select(IdempotencyKey))).all()

    plain = sha256(f"{ISSUER}|resident-1".encode()).hexdigest()
    assert len({row.caller for row in kept} | {plain}) == len(PATHS) + 1
    assert sha256(b"\n" + orjson.dumps(said)).digest() not in {row.body_digest for row in kept}


@pytest.mark.parametrize("more", [{}, ROAD])
@pytest.mark.parametrize("path", PATHS)
async def test_a_retry_of_a_call_that_was_kept_under_the_former_name_finds_its_answer(
    client: httpx.AsyncClient,
    sessions: Sessions,
    known: Header,
    keys: Keys,
    path: str,
    more: Header,
) -> None:
    said = orjson.dumps(await wish(path, sessions, keys))
    headers = {**known, **key(), **more, "Content-Type": "application/json"}
    first = await client.post(path, content=said, headers=headers)
    veil = Pseudonyms(keys.pseudonym_key).veil(ISSUER, "resident-1")
    call = Call(
        caller=f"{ISSUER}|{veil('idempotency')}",
        former=f"{ISSUER}|resident-1",
        target=f"POST {path}",
        key=headers["Idempotency-Key"],
        said=b"\n" + said,
    )
    async with sessions.begin() as session:
        row = (await session.scalars(select(IdempotencyKey))).one()
        plain = keys.unseal(row.answer or b"", context=call.context(call.caller))
        row.caller, row.body_digest = call.former, call.former_digest
        row.answer = keys.seal(plain, context=call.context(call.former))

    again = await client.post(path, content=said, headers=headers)
    other = await client.post(path, content=said + b" ", headers=headers)

    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert again.content == first.content
    assert other.json()["type"] == "idempotency-key-reused"


async def test_a_key_that_comes_with_another_body_is_refused(
    client: httpx.AsyncClient, known: Header, lane: Lane
) -> None:
    headers = {**known, **key()}
    await client.post("/v1/cases", json=CASE, headers=headers)

    other = await client.post("/v1/cases", json={**CASE, "kind": "help"}, headers=headers)

    assert (len(lane.made), other.json()["type"]) == (1, "idempotency-key-reused")


async def test_a_body_in_another_unicode_is_refused_by_the_road(
    client: httpx.AsyncClient, known: Header, lane: Lane
) -> None:
    said = orjson.dumps(CASE).decode()
    headers = {**known, **key(), "Content-Type": "application/json"}

    answer = await client.post("/v1/cases", content=said.encode("utf-16"), headers=headers)

    assert (answer.status_code, answer.json()["type"], lane.made) == (400, "not-json", [])


async def test_a_crowd_with_one_key_writes_once(
    client: httpx.AsyncClient, known: Header, lane: Lane
) -> None:
    headers = {**known, **key()}
    calls = [client.post("/v1/cases", json=CASE, headers=headers) for _ in range(CROWD)]
    answers = await asyncio.gather(*calls)
    listed = (await client.get("/v1/cases", headers=known)).json()["items"]

    assert [each["id"] for each in listed] == [*{answer.json()["id"] for answer in answers}]
    assert len(lane.made) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == CROWD - 1


async def test_who_is_cut_off_while_it_writes_finds_the_answer_by_the_key(
    client: httpx.AsyncClient, sessions: Sessions, known: Header, keys: Keys
) -> None:
    referral = await served(sessions, rater_of(keys, "resident-1"))
    call = {"json": {"referral_id": str(referral), "level": 4}, "headers": {**known, **key()}}
    async with sessions.begin() as holding:
        await holding.execute(text("SELECT FROM delivery FOR UPDATE"))
        calling = asyncio.create_task(client.post("/v1/ratings", **call))
        await _until_somebody_waits(sessions)
        calling.cancel()
    await asyncio.wait([calling])
    again = await client.post("/v1/ratings", **call)
    listed = (await client.get("/v1/ratings", headers=known)).json()["items"]

    assert calling.cancelled()
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert listed == [again.json()]


async def _until_somebody_waits(sessions: Sessions) -> None:
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(20):
        while True:
            async with sessions.begin() as session:
                if await session.scalar(waits):
                    return
            await asyncio.sleep(0.02)


async def test_anonymous_is_as_good_as_named(
    client: httpx.AsyncClient, sessions: Sessions, lane: Lane
) -> None:
    answer = await client.post("/v1/cases", json=CASE, headers=key())

    assert (answer.status_code, len(lane.made)) == (201, 1)
    async with sessions.begin() as session:
        found = await session.execute(
            text("SELECT resident, created_by FROM case_order WHERE id = :id"),
            {"id": UUID(answer.json()["id"])},
        )
        assert tuple(found.one()) == (None, "anonymous")


async def test_what_takes_the_lane_is_counted_as_its_route(
    client: httpx.AsyncClient, lane: Lane
) -> None:
    await client.post("/v1/cases", json=CASE, headers=key())
    page = (await client.get("/metrics")).text

    counted = 'count{method="POST",route="/v1/cases",status="201"} 1.0'
    assert len(lane.made) == 1
    assert f"http_request_duration_seconds_{counted}" in page
    assert "http_requests_in_flight 1.0" in page  # the page itself


@pytest.mark.parametrize(("router", "path"), [(cases.router, "/v1/cases/similar")])
def test_a_route_that_does_not_take_its_key_last_has_no_lane(router: APIRouter, path: str) -> None:
    with pytest.raises(TypeError, match="does not take its key last"):
        writing(router, path)
