"""Pledges through the public API: from the lead to the delivery, and who sees whom to call."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from common.auth.roles import Role
from common.db import database
from deploy.local.environment import Urls
from registry.tables import Pledge
from tests.registry.inventory import made, patched, pointers, slug, street
from tests.registry.small_city import key, listing, upload

Header = dict[str, str]
Sessions = async_sessionmaker[AsyncSession]
_NOTED = "SELECT entry FROM audit_inbox UNION ALL SELECT CAST(entry AS jsonb) FROM audit_entry"
LEAD: dict[str, Any] = {
    "title": "演示数据 会议室",
    "resource_kind": "premises",
    "organisation_name": "演示数据 驻区银行",
    "area_code": "310101002001",
    "contact_name": "欧阳演示",
    "contact_phone": "13800138000",
}


async def lead(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    return await made(client, header, "/v1/leads", {**LEAD, **more})


async def step(
    client: httpx.AsyncClient,
    header: Header,
    record: dict[str, Any],
    name: str,
    body: dict[str, Any] | None = None,
) -> httpx.Response:
    return await client.post(
        f"/v1/leads/{record['id']}/{name}",
        json=body,
        headers={**header, **key(), "If-Match": f'"v{record["version"]}"'},
    )


async def pledged(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    body = await street(client, header)
    record = await lead(
        client, header, organisation_id=body["id"], available_from="2026-03-01", **more
    )
    for name in ("verification", "pledge"):
        answer = await step(client, header, record, name)
        assert answer.status_code == 200, answer.text
        record = answer.json()
    return record


async def test_a_lead_becomes_a_delivery(small_city: httpx.AsyncClient, clerk: Header) -> None:
    record = await pledged(small_city, clerk, quantity=2, unit="场")
    answer = await step(small_city, clerk, record, "delivery", {"note": "已办两场"})
    done = answer.json()
    public = (await small_city.get(f"/v1/pledges/{record['id']}")).json()

    assert (answer.status_code, done["status"]) == (200, "delivered")
    assert done["recorded_at"] <= done["verified_at"] <= done["pledged_at"] <= done["delivered_at"]
    assert done["contact_name"] is done["contact_phone"] is None
    assert public["delivery_note"] == "已办两场"
    assert "contact_name" not in public


async def test_a_lead_is_no_public_matter_until_it_is_pledged(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    record = await lead(small_city, clerk)
    shown = await small_city.get(f"/v1/pledges/{record['id']}")
    anonymous = await small_city.get("/v1/leads")
    ours = (await small_city.get("/v1/leads", headers=clerk)).json()["items"]
    promised = await pledged(small_city, clerk)
    public = (await small_city.get("/v1/pledges")).json()["items"]

    assert shown.status_code == 404
    assert anonymous.status_code == 401
    assert [each["id"] for each in ours] == [record["id"]]
    assert [each["id"] for each in public] == [promised["id"]]


async def test_contacts_are_masked_sealed_and_read_for_a_reason(
    live_client: httpx.AsyncClient, city: Header, clerk: Header, fresh_database: Urls
) -> None:
    assert (await upload(live_client, city, listing())).status_code == 201
    record = await lead(live_client, clerk)
    body = {"reason": "联系落实场地"}
    answer = await live_client.post(
        f"/v1/leads/{record['id']}/contact", json=body, headers={**clerk, **key()}
    )
    async with (
        database(fresh_database.owner, pool_size=1, journal=False) as owner,
        owner.sessions() as session,
    ):
        row = (await session.scalars(select(Pledge))).one()
        noted = list(await session.scalars(text(_NOTED)))

    assert (record["contact_name"], record["contact_phone"]) == ("欧阳**", "138****8000")
    assert answer.json() == {"contact_name": "欧阳演示", "contact_phone": "13800138000"}
    assert row.contact_phone is not None
    assert row.contact_phone.startswith("v1|sm4-gcm|")
    assert "13800138000" not in str(noted)
    assert "欧阳演示" not in str(noted)
    reads = [each for each in noted if each["action"] == "pledge.read_contact"]
    assert [(each["outcome"], each["reason"]) for each in reads] == [("read", "联系落实场地")]


async def test_another_line_of_the_street_does_not_read_the_contact(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    record = await lead(small_city, clerk)
    culture = bearer(Role.CLERK, area="310101002", line="culture")
    answer = await small_city.post(
        f"/v1/leads/{record['id']}/contact", json={"reason": "好奇"}, headers={**culture, **key()}
    )

    assert record["line"] == "civil_affairs"
    assert (answer.status_code, slug(answer)) == (403, "out-of-line")


async def test_versions_of_a_pledge_keep_no_contact(
    small_city: httpx.AsyncClient, clerk: Header, sessions: Sessions
) -> None:
    record = await lead(small_city, clerk)
    changed = await patched(small_city, clerk, "/v1/leads", record, {"contact_phone": "63211234"})
    async with sessions() as session:
        facts = await session.scalar(text("SELECT facts FROM record_version"))
    told = (await small_city.get(f"/v1/history/pledge/{record['id']}", headers=clerk)).json()

    assert changed.json()["contact_phone"] == "******34"
    assert changed.json()["version"] == 2
    assert not {"contact_name", "contact_phone"} & set(facts)
    assert "contact" not in str(told)


async def test_a_step_that_lacks_something_names_it(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    record = await lead(small_city, clerk)
    unknown = await step(small_city, clerk, record, "verification")
    early = await step(small_city, clerk, record, "delivery", {"note": "好"})
    dropped = await step(small_city, clerk, record, "drop", {"reason": "单位迁出"})
    again = await patched(small_city, clerk, "/v1/leads", dropped.json(), {"title": "新"})

    assert (unknown.status_code, slug(unknown)) == (422, "pledge-incomplete")
    assert pointers(unknown) == ["/organisation_id"]
    assert (early.status_code, slug(early)) == (409, "pledge-cannot-move")
    assert dropped.json()["drop_reason"] == "单位迁出"
    assert (again.status_code, slug(again)) == (409, "pledge-ended")


@pytest.mark.parametrize(
    ("body", "kind", "pointer"),
    [
        ({"organisation_name": None}, "wrong-pledge", "/organisation_id"),
        ({"quantity": 2}, "wrong-pledge", "/unit"),
        ({"category": "castle"}, "unknown-word", "/category"),
        ({"area_code": "310101002999"}, "unknown-area", "/area_code"),
        (
            {"organisation_id": "0198c0de-0000-7000-8000-000000000009"},
            "unknown-reference",
            "/organisation_id",
        ),
    ],
    ids=["nobody", "half a quantity", "word", "area", "body"],
)
async def test_bad_leads_are_refused_by_field(
    small_city: httpx.AsyncClient, clerk: Header, body: dict[str, Any], kind: str, pointer: str
) -> None:
    answer = await small_city.post("/v1/leads", json={**LEAD, **body}, headers={**clerk, **key()})

    assert (answer.status_code, slug(answer)) == (422, kind)
    assert pointers(answer) == [pointer]


async def test_a_body_records_and_pledges_its_own_and_nobody_elses(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    ours, other = await street(small_city, clerk), await street(small_city, clerk, name="别处")
    bank = bearer(Role.PROVIDER, org=ours["id"])
    days = {"available_from": "2026-03-01"}
    own = await lead(small_city, bank, organisation_id=ours["id"], source="offered", **days)
    foreign = await small_city.post(
        "/v1/leads", json={**LEAD, "organisation_id": other["id"]}, headers={**bank, **key()}
    )
    themselves = await step(small_city, bank, own, "verification")
    verified = (await step(small_city, clerk, own, "verification")).json()
    answer = await step(small_city, bank, verified, "pledge")

    assert (foreign.status_code, slug(foreign)) == (403, "not-your-organisation")
    assert themselves.status_code == 403
    assert answer.json()["status"] == "pledged"


async def test_a_body_changes_days_and_terms_of_what_was_verified_and_nothing_else(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    ours = await street(small_city, clerk)
    bank = bearer(Role.PROVIDER, org=ours["id"])
    own = await lead(small_city, bank, organisation_id=ours["id"], source="offered")
    said = await patched(small_city, bank, "/v1/leads", own, {"title": "演示数据 大会议室"})
    verified = (await step(small_city, clerk, said.json(), "verification")).json()
    other = {"title": "演示数据 讲座", "area_code": "310105001000"}
    swapped = await patched(small_city, bank, "/v1/leads", verified, other)
    days = {"available_from": "2026-03-01", "terms": "工作日", "contact_phone": "63211234"}
    dated = await patched(small_city, bank, "/v1/leads", verified, days)
    mended = await patched(small_city, clerk, "/v1/leads", dated.json(), {"title": "演示数据 厅"})

    assert said.status_code == 200, said.text
    assert (swapped.status_code, slug(swapped)) == (403, "verified-stays")
    assert sorted(pointers(swapped)) == ["/area_code", "/title"]
    assert (dated.status_code, dated.json()["terms"]) == (200, "工作日")
    assert mended.json()["title"] == "演示数据 厅"


async def test_another_street_neither_sees_nor_moves_a_lead(
    small_city: httpx.AsyncClient, clerk: Header, bearer: Callable[..., Header]
) -> None:
    record = await lead(small_city, clerk)
    elsewhere = bearer(Role.CLERK, area="310101013", line="civil_affairs")
    read = await small_city.get(f"/v1/leads/{record['id']}", headers=elsewhere)
    moved = await step(small_city, elsewhere, record, "drop", {"reason": "x"})

    assert read.status_code == 404
    assert (moved.status_code, slug(moved)) == (403, "out-of-area")
