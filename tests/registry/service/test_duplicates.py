"""One record from many, through the public API: found with reasons, decided, merged, undone."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from common.contracts.registry.duplicates import DuplicateKind
from registry import tables
from registry.demo.organisations import credit_code
from registry.queries.merging import references
from registry.queries.organisation_states import states as organisation_states
from registry.queries.venues import states as venue_states
from tests.registry.inventory import WORKDAYS, made, patched, pointers, published, slug, venue
from tests.registry.money import fund, grant
from tests.registry.small_city import key, listing, upload

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
BODY: dict[str, Any] = {
    "name": "黄浦区乐邻社会工作服务中心",
    "kind": "volunteer_group",
    "area_code": "310101002001",
    "phone": "021-55501234",
    "address": "南京东路 9 号",
}
TWIN = {"name": "樂鄰社工服務中心", "address": None, "area_code": "310101002000"}
HOUSE = {"phone": "021-55500001", "opening_hours": None}
COPY = {
    "name": "雲中長者食堂",
    "address": "上海市南京东路1号2楼",
    "phone": "55500001",
    "lon": 121.4838,
    "lat": 31.2364,
    "floor_area_m2": 320.0,
    "opening_hours": WORKDAYS,
}


async def queue(
    client: httpx.AsyncClient, header: Header, kind: str, **query: Any
) -> list[dict[str, Any]]:
    """Look at everything, then read the queue."""
    while True:
        answer = await client.post(
            "/v1/duplicates/sweep", json={"kind": kind}, headers={**header, **key()}
        )
        assert answer.status_code == 201, answer.text
        if not answer.json()["left"]:
            break
    listed = await client.get("/v1/duplicates", headers=header, params={"kind": kind, **query})
    assert listed.status_code == 200, listed.text
    items: list[dict[str, Any]] = listed.json()["items"]
    return items


async def decide(
    client: httpx.AsyncClient, header: Header, pair: dict[str, Any], verdict: str, **more: Any
) -> httpx.Response:
    return await client.post(
        f"/v1/duplicates/{pair['id']}/decision",
        json={"verdict": verdict, "reason": "实地核对", **more},
        headers={**header, **key()},
    )


async def undo(client: httpx.AsyncClient, header: Header, merge_id: str) -> httpx.Response:
    return await client.post(
        f"/v1/merges/{merge_id}/undo", json={"reason": "误并"}, headers={**header, **key()}
    )


async def two_houses(
    client: httpx.AsyncClient, header: Header
) -> tuple[dict[str, Any], dict[str, Any]]:
    first = await venue(client, header, code="A-1", **HOUSE)
    return first, await venue(client, header, code="B-7", **COPY)


async def test_the_same_house_from_two_sources_is_found_and_says_why(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    first, second = await two_houses(small_city, clerk)
    await venue(small_city, clerk, name="贵州邻里汇", kind="neighbourhood_hub", lon=121.5, lat=31.3)
    (pair,) = await queue(small_city, clerk, "venue")
    again = await queue(small_city, clerk, "venue")

    assert {pair["first"]["id"], pair["second"]["id"]} == {first["id"], second["id"]}
    assert pair["score"] > 0.9
    assert [each["id"] for each in again] == [pair["id"]]
    said = "；".join(reason["zh"] for reason in pair["reasons"])
    assert "名称相同（“云中”）" in said
    assert "电话相同" in said
    assert "米" in said


async def test_an_edit_that_tells_them_apart_takes_the_pair_out_of_the_queue(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    _, second = await two_houses(small_city, clerk)
    assert len(await queue(small_city, clerk, "venue")) == 1
    other = {"name": "承兴第二邻里汇", "kind": "neighbourhood_hub", "phone": None, "address": None}
    await patched(small_city, clerk, "/v1/venues", second, other)

    assert await queue(small_city, clerk, "venue") == []


async def test_different_stays_different_and_unsure_waits(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    await two_houses(small_city, clerk)
    (pair,) = await queue(small_city, clerk, "venue")
    unsure = await decide(small_city, clerk, pair, "unsure")
    different = await decide(small_city, clerk, pair, "different")
    again = await decide(small_city, clerk, pair, "different")
    left = await queue(small_city, clerk, "venue", status="open")

    assert (unsure.json()["status"], different.json()["status"]) == ("unsure", "different")
    assert (again.status_code, slug(again)) == (409, "duplicate-cannot-move")
    assert left == []


@pytest.mark.parametrize(
    ("more", "pointer"),
    [({}, "/keep_id"), ({"keep_id": "first", "take": ["code"]}, "/take/0")],
    ids=["nothing kept", "a code is not taken"],
)
async def test_a_merge_says_what_stays_and_takes_only_what_can_be_taken(
    small_city: httpx.AsyncClient, clerk: Header, more: dict[str, Any], pointer: str
) -> None:
    first, _ = await two_houses(small_city, clerk)
    (pair,) = await queue(small_city, clerk, "venue")
    asked = {**more, "keep_id": first["id"]} if "keep_id" in more else more
    answer = await decide(small_city, clerk, pair, "same", **asked)

    assert (answer.status_code, slug(answer)) == (422, "wrong-decision")
    assert pointers(answer) == [pointer]


async def test_a_merge_keeps_every_source_and_every_field_tells_its_origin(
    small_city: httpx.AsyncClient, clerk: Header, head: Header, sessions: Sessions
) -> None:
    first, second = await two_houses(small_city, clerk)
    served = await published(small_city, clerk, venue_id=second["id"])
    money = await fund(small_city, head, holder_id=served["provider_id"])
    await grant(small_city, head, money, venue_id=second["id"])
    (pair,) = await queue(small_city, clerk, "venue")
    answer = await decide(
        small_city, clerk, pair, "same", keep_id=first["id"], take=["place", "address"]
    )
    assert answer.status_code == 200, answer.text
    kept = (await small_city.get(f"/v1/venues/{first['id']}")).json()
    moved = (await small_city.get(f"/v1/offerings/{served['id']}")).json()
    origins = (
        await small_city.get(f"/v1/merges/origins/venue/{first['id']}", headers=clerk)
    ).json()
    async with sessions() as session:
        shown = await venue_states(session, [pair["first"]["id"], pair["second"]["id"]])

    assert (kept["lon"], kept["floor_area_m2"]) == (121.4838, 320.0)
    assert kept["name"] == "云中社区食堂"
    assert kept["opening_hours"] is not None
    assert moved["venue"]["id"] == first["id"]
    assert [str(each) for each in shown] == [first["id"]]
    assert (await small_city.get(f"/v1/venues/{second['id']}", headers=clerk)).status_code == 404
    by = {each["name"]: each["origin_id"] for each in origins["fields"]}
    assert (by["name"], by["address"], by["lon"]) == (first["id"], second["id"], second["id"])
    assert [each["code"] for each in origins["identifiers"]] == ["A-1", "B-7"]
    (merge,) = (await small_city.get("/v1/merges", headers=clerk)).json()["items"]
    assert merge["moved"] == {"offering.venue_id": 1, "fund_grant.venue_id": 1}


async def snapshot(sessions: Sessions) -> dict[str, Any]:
    """All rows that a merge may touch, without what every edit moves."""
    moving = {"version", "updated_at", "updated_by", "search", "received_fen"}
    names = ("venue", "organisation", "offering", "residency", "incubation", "pledge")
    more = ("fund_grant", "fund", "programme", "idle_property")
    told: dict[str, Any] = {}
    async with sessions() as session:
        for name in (*names, *more):
            rows = await session.scalars(text(f"SELECT to_jsonb(t) FROM {name} t ORDER BY t.id"))
            told[name] = [{k: v for k, v in row.items() if k not in moving} for row in rows]
    return told


@pytest.mark.parametrize("seed", range(6))
async def test_merging_then_undoing_is_the_identity(
    small_city: httpx.AsyncClient, clerk: Header, head: Header, sessions: Sessions, seed: int
) -> None:
    """Whatever is tied to the two, and whatever is taken over."""
    random = Random(seed)
    kind = ("venue", "organisation")[seed % 2]
    if kind == "venue":
        first, second = await two_houses(small_city, clerk)
    else:
        first = await made(small_city, clerk, "/v1/organisations", BODY)
        second = await made(small_city, clerk, "/v1/organisations", {**BODY, **TWIN})
    await _tie(small_city, clerk, head, kind, [first, second], random)
    (pair,) = await queue(small_city, clerk, kind)
    before = await snapshot(sessions)
    fields = {
        "venue": ["name", "place", "phone", "opening_hours"],
        "organisation": ["name", "phone"],
    }
    take = random.sample(fields[kind], random.randrange(len(fields[kind]) + 1))
    keep = random.choice((first, second))
    merged = await decide(small_city, clerk, pair, "same", keep_id=keep["id"], take=take)
    assert merged.status_code == 200, merged.text
    between = await snapshot(sessions)
    undone = await undo(small_city, clerk, merged.json()["merge_id"])
    assert undone.status_code == 200, undone.text
    twice = await undo(small_city, clerk, merged.json()["merge_id"])

    assert between != before
    assert await snapshot(sessions) == before
    assert (twice.status_code, slug(twice)) == (409, "merge-undone")
    (open_again,) = await queue(small_city, clerk, kind, status="open")
    assert open_again["merge_id"] is None


async def _tie(
    client: httpx.AsyncClient,
    clerk: Header,
    head: Header,
    kind: str,
    pair: list[dict[str, Any]],
    random: Random,
) -> None:
    """Offerings, money, pledges and houses that hang on either record."""
    for record in pair:
        if random.random() < 0.8 and kind == "venue":
            await published(client, clerk, venue_id=record["id"], schedule=WORKDAYS)
        if random.random() < 0.8 and kind == "organisation":
            money = await fund(client, head, holder_id=record["id"])
            await grant(client, head, money, recipient_id=record["id"])
        if random.random() < 0.8 and kind == "organisation":
            await venue(client, clerk, name="承兴睦邻中心", operator_id=record["id"])


async def test_an_undoing_leaves_what_somebody_changed_since(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    first, second = await two_houses(small_city, clerk)
    (pair,) = await queue(small_city, clerk, "venue")
    merged = (await decide(small_city, clerk, pair, "same", keep_id=first["id"])).json()
    kept = (await small_city.get(f"/v1/venues/{first['id']}")).json()
    assert kept["floor_area_m2"] == 320
    await patched(small_city, clerk, "/v1/venues", kept, {"floor_area_m2": 400})
    await undo(small_city, clerk, merged["merge_id"])
    after = (await small_city.get(f"/v1/venues/{first['id']}")).json()
    back = await small_city.get(f"/v1/venues/{second['id']}")

    assert after["floor_area_m2"] == 400
    assert after["opening_hours"] is None
    assert back.json()["floor_area_m2"] == 320


async def test_two_credit_codes_are_two_bodies_and_the_coded_one_stays(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    kind = "private_non_enterprise"
    code = credit_code(kind, "310101002001", Random(7))
    plain = await made(small_city, clerk, "/v1/organisations", {**BODY, **TWIN})
    coded = {**BODY, "kind": kind, "credit_code": code}
    ours = await made(small_city, clerk, "/v1/organisations", coded)
    other = {**coded, "credit_code": credit_code(kind, "310101002001", Random(8))}
    await made(small_city, clerk, "/v1/organisations", other)
    pairs = await queue(small_city, clerk, "organisation")
    (pair,) = [
        p for p in pairs if {p["first"]["id"], p["second"]["id"]} == {plain["id"], ours["id"]}
    ]
    wrong = await decide(small_city, clerk, pair, "same", keep_id=plain["id"])
    right = await decide(small_city, clerk, pair, "same", keep_id=ours["id"])

    assert (wrong.status_code, slug(wrong)) == (409, "keep-the-code")
    assert right.json()["status"] == "same"


async def test_bodies_that_are_tied_to_each_other_are_not_made_one(
    small_city: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    first = await made(small_city, clerk, "/v1/organisations", BODY)
    twin = {**BODY, **TWIN, "supervisor_id": first["id"]}
    second = await made(small_city, clerk, "/v1/organisations", twin)
    (pair,) = await queue(small_city, clerk, "organisation")
    before = await snapshot(sessions)
    answer = await decide(small_city, clerk, pair, "same", keep_id=second["id"])

    assert (answer.status_code, slug(answer)) == (409, "merge-blocked")
    assert "not_its_own_superior" in answer.json()["detail"]
    assert await snapshot(sessions) == before


async def test_a_merged_body_is_found_by_no_reader_and_by_no_new_reference(
    small_city: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    first = await made(small_city, clerk, "/v1/organisations", BODY)
    second = await made(small_city, clerk, "/v1/organisations", {**BODY, **TWIN})
    (pair,) = await queue(small_city, clerk, "organisation")
    await decide(small_city, clerk, pair, "same", keep_id=first["id"])
    gone = await small_city.get(f"/v1/organisations/{second['id']}")
    listed = (await small_city.get("/v1/organisations", params={"limit": 100})).json()["items"]
    hsds = await small_city.get(f"/hsds/organizations/{second['id']}")
    named = await small_city.post(
        "/v1/venues",
        json={"name": "某处", "kind": "meal_site", "area_code": "310101002001"}
        | {"operator_id": second["id"]},
        headers={**clerk, **key()},
    )
    async with sessions() as session:
        told = await organisation_states(session, [pair["first"]["id"], pair["second"]["id"]])

    assert (gone.status_code, hsds.status_code) == (404, 404)
    assert second["id"] not in {each["id"] for each in listed}
    assert (named.status_code, slug(named)) == (422, "unknown-reference")
    assert [str(each) for each in told] == [first["id"]]


async def test_another_street_neither_sees_nor_decides(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    first, _ = await two_houses(small_city, clerk)
    (pair,) = await queue(small_city, clerk, "venue")
    elsewhere = bearer(Role.CLERK, area="310101013", line="civil_affairs")
    seen = await queue(small_city, elsewhere, "venue")
    read = await small_city.get(f"/v1/duplicates/{pair['id']}", headers=elsewhere)
    decided = await decide(small_city, elsewhere, pair, "same", keep_id=first["id"])

    assert seen == []
    assert read.status_code == 404
    assert (decided.status_code, slug(decided)) == (403, "out-of-area")


async def test_two_who_merge_at_once_merge_once(
    live_client: httpx.AsyncClient, city: Header, clerk: Header
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    first, second = await two_houses(live_client, clerk)
    (pair,) = await queue(live_client, clerk, "venue")
    answers = await asyncio.gather(
        *(
            decide(live_client, clerk, pair, "same", keep_id=each["id"])
            for each in (first, second, first)
        )
    )
    listed = (await live_client.get("/v1/merges", headers=clerk)).json()["items"]

    assert sorted(each.status_code for each in answers) == [200, 409, 409]
    assert len(listed) == 1


def test_every_table_that_points_at_a_venue_or_a_body_takes_part() -> None:
    venues = {f"{each.table.name}.{each.name}" for each in references(DuplicateKind.VENUE)}
    bodies = {f"{each.table.name}.{each.name}" for each in references(DuplicateKind.ORGANISATION)}

    assert {"offering.venue_id", "residency.venue_id", "fund_grant.venue_id"} <= venues
    assert {"offering.provider_id", "venue.operator_id", "programme.department_id"} <= bodies
    assert "venue.merged_into_id" in venues
    assert "organisation.merged_into_id" in bodies


async def test_a_key_that_a_crowd_shares_is_no_lead(
    small_city: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    await two_houses(small_city, clerk)
    await queue(small_city, clerk, "venue")
    async with sessions() as session:
        keys = list(await session.scalars(select(tables.RecordKey.key)))

    assert any(each.startswith("p:") for each in keys)
    assert any(each.startswith("g:") for each in keys)
    assert any(each.startswith("n:yunzhong") for each in keys)
