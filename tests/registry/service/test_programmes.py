"""Programmes through the public API: who drafts, who sees, and how they end."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.auth.roles import Role
from tests.registry.inventory import made, patched, pointers, slug, street
from tests.registry.money import PROGRAMME
from tests.registry.small_city import key

Header = dict[str, str]


@pytest.fixture
def head(bearer: Callable[..., Header]) -> Header:
    """The head of 南京东路街道, of the civil affairs line."""
    return bearer(Role.STREET_HEAD, area="310101002", line="civil_affairs")


async def draft(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    body = {**PROGRAMME, "department_id": (await street(client, header))["id"], **more}
    return await made(client, header, "/v1/programmes", body)


async def step(
    client: httpx.AsyncClient, header: Header, record: dict[str, Any], **move: Any
) -> httpx.Response:
    return await client.post(
        f"/v1/programmes/{record['id']}/status",
        json=move,
        headers={**header, **key(), "If-Match": f'"v{record["version"]}"'},
    )


async def test_a_draft_is_seen_by_its_line_alone_until_it_is_published(
    small_city: httpx.AsyncClient, head: Header, bearer: Callable[..., Header]
) -> None:
    new = await draft(small_city, head)
    path = f"/v1/programmes/{new['id']}"
    health = bearer(Role.STREET_HEAD, area="310101002", line="health")
    seen = [(await small_city.get(path, headers=who)).status_code for who in (head, health, {})]
    past = [f"/v1/history/programme/{new['id']}{part}" for part in ("", "/state")]
    told = [(await small_city.get(part, headers=head)).status_code for part in past]
    hidden = [await small_city.get(part, headers=health) for part in past]
    published = await step(small_city, head, new, status="published")
    open_now = await small_city.get(past[0], headers=health)
    public = (await small_city.get("/v1/programmes")).json()["items"]

    assert seen == [200, 404, 404]
    assert told == [200, 200]
    assert [(answer.status_code, slug(answer)) for answer in hidden] == [(403, "out-of-line")] * 2
    assert open_now.status_code == 200
    assert published.json()["published_at"] is not None
    assert [each["id"] for each in public] == [new["id"]]


async def test_a_programme_ends_for_a_reason_and_stays_as_it_was(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    new = await draft(small_city, head)
    early = await step(small_city, head, new, status="ended", reason="完成")
    published = (await step(small_city, head, new, status="published")).json()
    silent = await step(small_city, head, published, status="ended")
    ended = (await step(small_city, head, published, status="ended", reason="完成")).json()
    late = await patched(small_city, head, "/v1/programmes", ended, {"title": "新"})
    history = await small_city.get(f"/v1/history/programme/{new['id']}", headers=head)

    assert (early.status_code, slug(early)) == (409, "programme-cannot-move")
    assert pointers(silent) == ["/reason"]
    assert ended["end_reason"] == "完成"
    assert (late.status_code, slug(late)) == (409, "programme-ended")
    assert len(history.json()["items"]) == 3


@pytest.mark.parametrize(
    ("body", "kind", "pointer"),
    [
        ({"valid_to": "2025-01-01"}, "wrong-programme", "/valid_to"),
        ({"years": [{"year": 2030, "planned_fen": 1}]}, "wrong-programme", "/years/0/year"),
        ({"years": [{"year": 2026, "planned_fen": 1}] * 2}, "wrong-programme", "/years/0/year"),
        ({"category": "castle"}, "unknown-word", "/category"),
        ({"target_groups": ["wizard"]}, "unknown-word", "/target_groups/0"),
        ({"area_code": "310101002999"}, "unknown-area", "/area_code"),
    ],
    ids=["backward", "year outside", "year twice", "category", "group", "area"],
)
async def test_a_bad_programme_is_refused_by_field(
    small_city: httpx.AsyncClient, head: Header, body: dict[str, Any], kind: str, pointer: str
) -> None:
    department = (await street(small_city, head))["id"]
    answer = await small_city.post(
        "/v1/programmes",
        json={**PROGRAMME, "department_id": department, **body},
        headers={**head, **key()},
    )

    assert (answer.status_code, slug(answer)) == (422, kind)
    assert pointers(answer)[0] == pointer


async def test_another_line_and_another_street_neither_draft_nor_edit(
    small_city: httpx.AsyncClient, head: Header, bearer: Callable[..., Header]
) -> None:
    new = await draft(small_city, head)
    other = {**PROGRAMME, "department_id": new["department_id"], "line": "health"}
    foreign = await small_city.post("/v1/programmes", json=other, headers={**head, **key()})
    elsewhere = bearer(Role.STREET_HEAD, area="310101013", line="civil_affairs")
    edited = await patched(small_city, elsewhere, "/v1/programmes", new, {"title": "新"})
    taken = await patched(small_city, head, "/v1/programmes", new, {"line": "health"})

    assert (foreign.status_code, slug(foreign)) == (403, "out-of-line")
    assert (edited.status_code, slug(edited)) == (403, "out-of-area")
    assert (taken.status_code, slug(taken)) == (403, "out-of-line")


async def test_an_edit_replaces_the_plan_and_keeps_the_rest(
    small_city: httpx.AsyncClient, head: Header
) -> None:
    new = await draft(small_city, head)
    plan = [{"year": 2028, "planned_fen": 500}]
    edited = (await patched(small_city, head, "/v1/programmes", new, {"years": plan})).json()

    assert edited["years"] == plan
    assert edited["title"] == new["title"]
    assert edited["version"] == 2
