"""Bundles through the public API: one operator for what is run together, and nobody else."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from registry.queries.bundles import states
from tests.registry.inventory import made, patched, pointers, slug, street, venue
from tests.registry.money import fund
from tests.registry.small_city import key, listing, upload

Header = dict[str, str]
BUNDLE: dict[str, Any] = {
    "title": "为老服务组团",
    "purpose": "食堂与日照中心一并运营",
    "area_code": "310101002000",
    "valid_from": "2026-03-01",
}


async def draft(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    return await made(client, header, "/v1/bundles", {**BUNDLE, **more})


async def step(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], **move: Any
) -> httpx.Response:
    return await client.post(
        f"/v1/bundles/{record['id']}/status",
        json=move,
        headers={**header, **key(), "If-Match": f'"v{record["version"]}"'},
    )


async def test_a_bundle_runs_with_one_operator_and_ends_for_a_reason(
    small_city: httpx.AsyncClient,
    clerk: Header,
    bearer: Callable[..., Header],
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    head = bearer(Role.STREET_HEAD, area="310101002", line="*")
    body, there = await street(small_city, clerk), await venue(small_city, clerk)
    money = await fund(small_city, head, holder_id=body["id"])
    new = await draft(small_city, clerk, venue_ids=[there["id"]], fund_ids=[money["id"]])
    alone = await step(small_city, clerk, new, status="running")
    hidden = await small_city.get(f"/v1/bundles/{new['id']}")
    operated = await patched(small_city, clerk, "/v1/bundles", new, {"operator_id": body["id"]})
    running = (await step(small_city, clerk, operated.json(), status="running")).json()
    public = (await small_city.get("/v1/bundles")).json()["items"]
    async with sessions() as session:
        told = await states(session, [new["id"]])
    silent = await step(small_city, clerk, running, status="ended")
    ended = (await step(small_city, clerk, running, status="ended", reason="合同到期")).json()
    late = await patched(small_city, clerk, "/v1/bundles", ended, {"title": "新"})

    assert pointers(alone) == ["/operator_id"]
    assert hidden.status_code == 404
    assert (running["venue_ids"], running["fund_ids"]) == ([there["id"]], [money["id"]])
    assert [each["id"] for each in public] == [new["id"]]
    assert [str(each) for each in told] == [new["id"]]
    assert pointers(silent) == ["/reason"]
    assert ended["end_reason"] == "合同到期"
    assert (late.status_code, slug(late)) == (409, "bundle-ended")


async def test_two_bundles_that_start_at_once_do_not_run_one_venue_both(
    live_client: httpx.AsyncClient, city: Header, clerk: Header
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    body, there = await street(live_client, clerk), await venue(live_client, clerk)
    more = {"operator_id": body["id"], "venue_ids": [there["id"]]}
    drafts = [await draft(live_client, clerk, **more) for _ in range(3)]
    answers = await asyncio.gather(
        *(step(live_client, clerk, each, status="running") for each in drafts)
    )
    refused = [slug(each) for each in answers if each.status_code != 200]
    winner = next(each.json() for each in answers if each.status_code == 200)
    await step(live_client, clerk, winner, status="ended", reason="移交")
    other = next(each for each in drafts if each["id"] != winner["id"])
    after = await step(live_client, clerk, other, status="running")

    assert refused == ["run-elsewhere", "run-elsewhere"]
    assert after.status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "pointer"),
    [
        ({"valid_to": "2026-01-01"}, "wrong-period", "/valid_to"),
        (
            {"offering_ids": ["0198c0de-0000-7000-8000-000000000009"]},
            "unknown-reference",
            "/offering_ids/0",
        ),
        ({"area_code": "310101002999"}, "unknown-area", "/area_code"),
    ],
    ids=["backward", "offering", "area"],
)
async def test_a_bad_bundle_is_refused_by_field(
    small_city: httpx.AsyncClient, clerk: Header, body: dict[str, Any], kind: str, pointer: str
) -> None:
    answer = await small_city.post(
        "/v1/bundles", json={**BUNDLE, **body}, headers={**clerk, **key()}
    )

    assert (answer.status_code, slug(answer)) == (422, kind)
    assert pointers(answer) == [pointer]


async def test_another_street_edits_no_bundle(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    new = await draft(small_city, clerk)
    elsewhere = bearer(Role.CLERK, area="310101013", line="civil_affairs")
    edited = await patched(small_city, elsewhere, "/v1/bundles", new, {"title": "新"})

    assert (edited.status_code, slug(edited)) == (403, "out-of-area")


async def test_a_street_runs_no_house_and_names_no_money_of_another(
    small_city: httpx.AsyncClient, clerk: Header, city: Header, bearer: Callable[..., Header]
) -> None:
    other = bearer(Role.STREET_HEAD, area="310105001", line="*")
    body = await street(small_city, clerk)
    far = await venue(small_city, other, area_code="310105001001")
    money = await fund(small_city, other, holder_id=body["id"], area_code="310105001000")
    theirs = {"venue_ids": [far["id"]], "fund_ids": [money["id"]]}
    new = await draft(small_city, clerk, operator_id=body["id"])
    grabbed = await small_city.post(
        "/v1/bundles", json={**BUNDLE, **theirs}, headers={**clerk, **key()}
    )
    added = await patched(small_city, clerk, "/v1/bundles", new, theirs)
    both = await patched(small_city, city, "/v1/bundles", new, theirs)
    titled = await patched(small_city, clerk, "/v1/bundles", both.json(), {**theirs, "title": "新"})
    more = await venue(small_city, other, area_code="310105001001", name="别处又一处")
    longer = {"venue_ids": [far["id"], more["id"]]}
    second = await patched(small_city, clerk, "/v1/bundles", titled.json(), longer)

    assert (grabbed.status_code, slug(grabbed)) == (422, "beyond-the-area")
    assert sorted(pointers(added)) == ["/venue_ids/0"]
    assert [both.status_code, titled.status_code] == [200, 200]
    assert pointers(second) == ["/venue_ids/1"]


async def test_what_runs_keeps_something_to_run(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    body, there = await street(small_city, clerk), await venue(small_city, clerk)
    new = await draft(small_city, clerk, operator_id=body["id"], venue_ids=[there["id"]])
    running = (await step(small_city, clerk, new, status="running")).json()
    emptied = await patched(small_city, clerk, "/v1/bundles", running, {"venue_ids": []})

    assert (emptied.status_code, pointers(emptied)) == (422, ["/offering_ids"])
