"""Organisations through the public API: admission, change, ties, search."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from common.auth.roles import Role
from common.codes import credit_check_character
from tests.registry.small_city import key

Header = dict[str, str]
ORGANISATIONS = "/v1/organisations"


def code(body: str) -> str:
    """A credit code with its right check character: two letters and up to seven digits."""
    full = f"{body[:2]}310101{body[2:]:>09}"
    return full + credit_check_character(full)


async def _add(client: httpx.AsyncClient, header: Header, **fields: Any) -> httpx.Response:
    body = {"kind": "volunteer_group", "area_code": "310101002000", "name": "某队", **fields}
    return await client.post(ORGANISATIONS, json=body, headers={**header, **key()})


async def _made(client: httpx.AsyncClient, header: Header, **fields: Any) -> dict[str, Any]:
    answer = await _add(client, header, **fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture
async def street(small_city: httpx.AsyncClient, clerk: Header) -> dict[str, Any]:
    return await _made(
        small_city, clerk, kind="street", name="南京东路街道办事处", credit_code=code("11310001")
    )


async def test_a_social_organisation_is_admitted_by_its_credit_code(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    full = code("5220001")

    made = await _made(
        small_city,
        clerk,
        kind="private_non_enterprise",
        name="乐邻社会工作服务中心",
        credit_code=f" {full.lower()[:9]} {full[9:]}",
        evaluation_grade="4A",
        grade_valid_from="2024-01-01",
        grade_valid_to="2029-01-01",
        line="civil_affairs",
    )

    assert made["credit_code"] == full
    assert made["area_path"] == "上海市/黄浦区/南京东路街道"
    found = await small_city.get(ORGANISATIONS, params={"credit_code": full})
    assert [each["id"] for each in found.json()["items"]] == [made["id"]]


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"kind": "enterprise"}, {"/credit_code"}),
        ({"kind": "foundation", "credit_code": code("5330001")[:17] + "I"}, {"/credit_code"}),
        ({"kind": "foundation", "credit_code": code("5220001")}, {"/credit_code"}),
        ({"kind": "community_organisation"}, {"/filing_number", "/filed_with_id"}),
        ({"filing_number": "备1"}, {"/filing_number"}),
        ({"evaluation_grade": "5A"}, {"/evaluation_grade", "/grade_valid_from"}),
        ({"grade_valid_to": "2025-01-01"}, {"/evaluation_grade"}),
        ({"area_code": "310199001001"}, {"/area_code"}),
        ({"supervisor_id": "01900000-0000-7000-8000-000000000000"}, {"/supervisor_id"}),
    ],
)
async def test_what_does_not_fit_is_named_field_by_field(
    small_city: httpx.AsyncClient, city: Header, fields: dict[str, Any], pointers: set[str]
) -> None:
    answer = await _add(small_city, city, **fields)

    assert (answer.status_code, answer.json()["type"]) == (422, "bad-organisation")
    assert {error["pointer"] for error in answer.json()["errors"]} == pointers


async def test_a_community_organisation_is_admitted_by_its_street(
    small_city: httpx.AsyncClient, clerk: Header, street: dict[str, Any]
) -> None:
    filed = {
        "kind": "community_organisation",
        "filing_number": "南东备2024-7",
        "filed_with_id": street["id"],
    }

    made = await _made(small_city, clerk, name="弄堂合唱队", **filed)
    twice = await _add(small_city, clerk, name="另一队", **filed)
    with_code = await _add(small_city, clerk, credit_code=code("5220001"), **filed)

    assert made["credit_code"] is None
    assert (twice.status_code, twice.json()["type"]) == (409, "filing-number-taken")
    assert with_code.json()["type"] == "bad-organisation"


async def test_a_filing_is_with_a_street_and_nobody_else(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    group = await _made(small_city, clerk)

    answer = await _add(
        small_city,
        clerk,
        kind="community_organisation",
        filing_number="1",
        filed_with_id=group["id"],
    )

    assert [e["pointer"] for e in answer.json()["errors"]] == ["/filed_with_id"]


async def test_a_credit_code_and_an_external_code_are_taken_once(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    body = {"kind": "enterprise", "credit_code": code("91500"), "code": "E-1"}
    await _made(small_city, clerk, **body)

    same_credit = await _add(small_city, clerk, **{**body, "code": "E-2"})
    same_code = await _add(small_city, clerk, code="E-1")

    assert same_credit.json()["type"] == "credit-code-taken"
    assert same_code.json()["type"] == "organisation-code-taken"


async def test_a_clerk_writes_only_at_home(small_city: httpx.AsyncClient, clerk: Header) -> None:
    away = await _add(small_city, clerk, area_code="310105001001")
    made = await _made(small_city, clerk)
    moved = await small_city.patch(
        f"{ORGANISATIONS}/{made['id']}",
        json={"area_code": "310105001001"},
        headers={**clerk, "If-Match": '"v1"'},
    )

    assert (away.status_code, away.json()["type"]) == (403, "out-of-area")
    assert (moved.status_code, moved.json()["type"]) == (403, "out-of-area")


async def test_a_patch_changes_what_it_names(small_city: httpx.AsyncClient, clerk: Header) -> None:
    made = await _made(small_city, clerk, phone="021-62345678", short_name="队")
    address = f"{ORGANISATIONS}/{made['id']}"

    done = await small_city.patch(
        address,
        json={"name": "长者关爱队", "short_name": None},
        headers={**clerk, "If-Match": '"v1"'},
    )
    stale = await small_city.patch(
        address, json={"name": "x"}, headers={**clerk, "If-Match": '"v1"'}
    )

    assert done.status_code == 200, done.text
    assert (done.json()["name"], done.json()["short_name"]) == ("长者关爱队", None)
    assert (done.json()["phone"], done.headers["etag"]) == ("021-62345678", '"v2"')
    assert stale.status_code == 412
    found = await small_city.get(ORGANISATIONS, params={"q": "zhangzhe"})
    assert [each["id"] for each in found.json()["items"]] == [made["id"]]


async def test_a_filed_organisation_can_become_a_registered_one(
    small_city: httpx.AsyncClient, clerk: Header, street: dict[str, Any]
) -> None:
    made = await _made(
        small_city,
        clerk,
        kind="community_organisation",
        filing_number="7",
        filed_with_id=street["id"],
    )
    registered = {
        "kind": "private_non_enterprise",
        "filing_number": None,
        "filed_with_id": None,
        "credit_code": code("5220002"),
    }

    answer = await small_city.patch(
        f"{ORGANISATIONS}/{made['id']}", json=registered, headers={**clerk, "If-Match": '"v1"'}
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["credit_code"] == registered["credit_code"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "乐邻"}, ["乐邻一队", "乐邻二队"]),
        ({"q": "ll"}, ["乐邻一队", "乐邻二队"]),
        ({"q": "樂鄰"}, ["乐邻一队", "乐邻二队"]),
        ({"line": "health"}, ["乐邻二队"]),
        ({"area": "310101013"}, ["外滩企业"]),
        ({"kind": "enterprise"}, ["外滩企业"]),
        ({"code": "B2"}, ["乐邻二队"]),
        ({"q": "乐邻", "area": "310105"}, []),
    ],
)
async def test_organisations_are_found(
    small_city: httpx.AsyncClient, city: Header, query: dict[str, str], names: list[str]
) -> None:
    await _made(small_city, city, name="乐邻一队")
    await _made(small_city, city, name="乐邻二队", line="health", code="B2")
    await _made(
        small_city,
        city,
        name="外滩企业",
        kind="enterprise",
        credit_code=code("91500"),
        area_code="310101013001",
    )

    found = (await small_city.get(ORGANISATIONS, params=query)).json()

    assert [each["name"] for each in found["items"]] == names


async def test_who_nurtured_whom_is_told_on_both_sides(
    small_city: httpx.AsyncClient, clerk: Header, street: dict[str, Any]
) -> None:
    made = await _made(small_city, clerk, name="新芽队")
    address = f"{ORGANISATIONS}/{made['id']}/incubations"
    tie = {"incubator_id": street["id"], "valid_from": "2023-01-01", "valid_to": "2025-01-01"}

    tied = await small_city.post(address, json=tie, headers={**clerk, **key()})
    overlap = await small_city.post(
        address, json={**tie, "valid_from": "2024-12-31"}, headers={**clerk, **key()}
    )
    later = await small_city.post(
        address,
        json={"incubator_id": street["id"], "valid_from": "2025-01-01"},
        headers={**clerk, **key()},
    )
    itself = await small_city.post(
        address, json={**tie, "incubator_id": made["id"]}, headers={**clerk, **key()}
    )

    assert tied.status_code == 201, tied.text
    assert (overlap.status_code, overlap.json()["type"]) == (409, "tie-overlaps")
    assert later.status_code == 201
    assert (itself.status_code, itself.json()["type"]) == (422, "incubates-itself")
    other = (await small_city.get(f"{ORGANISATIONS}/{street['id']}")).json()
    assert [each["incubated_name"] for each in other["incubates"]] == ["新芽队", "新芽队"]
    assert other["incubated_by"] == []
    ended = await small_city.patch(
        f"{address}/{later.json()['incubated_by'][1]['id']}",
        json={"valid_to": "2026-01-01"},
        headers={**clerk, "If-Match": later.headers["etag"]},
    )
    assert ended.json()["incubated_by"][1]["valid_to"] == "2026-01-01"


async def test_a_dissolved_organisation_stays_as_it_was(
    small_city: httpx.AsyncClient, clerk: Header, street: dict[str, Any]
) -> None:
    made = await _made(small_city, clerk, name="新芽队")
    address = f"{ORGANISATIONS}/{made['id']}"
    await small_city.post(
        f"{address}/incubations",
        json={"incubator_id": street["id"], "valid_from": "2023-01-01"},
        headers={**clerk, **key()},
    )

    ahead = await _made(small_city, clerk, name="未来孵化园")
    await small_city.post(
        f"{address}/incubations",
        json={"incubator_id": ahead["id"], "valid_from": "2026-01-01"},
        headers={**clerk, **key()},
    )

    gone = await small_city.put(
        f"{address}/dissolution",
        json={"on": "2025-06-30", "reason": "成员解散"},
        headers={**clerk, "If-Match": '"v3"'},
    )
    edited = await small_city.patch(
        address, json={"name": "x"}, headers={**clerk, "If-Match": '"v4"'}
    )

    assert gone.status_code == 200, gone.text
    assert (gone.json()["status"], gone.json()["dissolved_on"]) == ("dissolved", "2025-06-30")
    assert [each["valid_to"] for each in gone.json()["incubated_by"]] == ["2025-06-30"]
    assert (edited.status_code, edited.json()["type"]) == (409, "organisation-dissolved")


async def test_a_dissolution_told_by_mistake_is_undone(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    body = {"kind": "association", "credit_code": code("5120002")}
    made = await _made(small_city, clerk, name="银龄协会", **body)
    address = f"{ORGANISATIONS}/{made['id']}"
    end = {"on": "2025-06-30", "reason": "误操作"}
    await small_city.put(f"{address}/dissolution", json=end, headers={**clerk, "If-Match": '"v1"'})
    again = await _add(small_city, clerk, name="银龄协会", **body)
    back = [
        await small_city.post(
            f"{address}/revival",
            json={"reason": "注销的是另一家"},
            headers={**clerk, **key(), "If-Match": f'"v{version}"'},
        )
        for version in (2, 3)
    ]

    assert (again.status_code, again.json()["type"]) == (409, "credit-code-taken")
    assert (back[0].json()["status"], back[0].json()["dissolved_on"]) == ("active", None)
    assert (back[1].status_code, back[1].json()["type"]) == (409, "organisation-stands")


async def test_a_residency_needs_a_venue(small_city: httpx.AsyncClient, clerk: Header) -> None:
    made = await _made(small_city, clerk, platform_kind="party_service_centre")

    answer = await small_city.post(
        f"{ORGANISATIONS}/{made['id']}/residencies",
        json={"venue_id": made["id"], "valid_from": "2024-01-01"},
        headers={**clerk, **key()},
    )

    assert (answer.status_code, answer.json()["type"]) == (422, "no-such-venue")


async def test_a_retry_with_the_same_key_adds_once(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    header = {**clerk, **key()}
    body = {"kind": "volunteer_group", "area_code": "310101002000", "name": "某队"}

    first = await small_city.post(ORGANISATIONS, json=body, headers=header)
    second = await small_city.post(ORGANISATIONS, json=body, headers=header)

    assert first.json() == second.json()
    assert len((await small_city.get(ORGANISATIONS)).json()["items"]) == 1


async def test_a_provider_may_not_write(
    small_city: httpx.AsyncClient, bearer: Callable[..., Header]
) -> None:
    answer = await _add(
        small_city, bearer(Role.PROVIDER, org="01900000-0000-7000-8000-000000000000")
    )

    assert answer.status_code == 403


async def test_an_organisation_outlives_its_supervisor(
    small_city: httpx.AsyncClient, clerk: Header, street: dict[str, Any]
) -> None:
    made = await _made(small_city, clerk, supervisor_id=street["id"])
    await small_city.put(
        f"{ORGANISATIONS}/{street['id']}/dissolution",
        json={"on": "2025-06-30", "reason": "撤并"},
        headers={**clerk, "If-Match": '"v1"'},
    )
    address, header = f"{ORGANISATIONS}/{made['id']}", {**clerk, "If-Match": '"v1"'}

    renamed = await small_city.patch(address, json={"name": "新名"}, headers=header)
    named = await _add(small_city, clerk, supervisor_id=street["id"])

    assert renamed.status_code == 200, renamed.text
    assert [e["pointer"] for e in named.json()["errors"]] == ["/supervisor_id"]


async def test_a_platform_lives_in_the_venue_of_another(
    small_city: httpx.AsyncClient, clerk: Header
) -> None:
    venue = await small_city.post(
        "/v1/venues",
        json={"name": "邻里汇", "kind": "neighbourhood_hub", "area_code": "310101002001"},
        headers={**clerk, **key()},
    )
    made = await _made(small_city, clerk, platform_kind="party_service_centre")
    address = f"{ORGANISATIONS}/{made['id']}/residencies"
    tie = {"venue_id": venue.json()["id"], "valid_from": "2024-01-01", "purpose": "二楼"}

    moved_in = await small_city.post(address, json=tie, headers={**clerk, **key()})
    twice = await small_city.post(address, json=tie, headers={**clerk, **key()})
    row = moved_in.json()["residencies"][0]
    moved_out = await small_city.patch(
        f"{address}/{row['id']}",
        json={"valid_to": "2026-01-01"},
        headers={**clerk, "If-Match": moved_in.headers["etag"]},
    )

    assert (moved_in.status_code, row["purpose"]) == (201, "二楼")
    assert (twice.status_code, twice.json()["type"]) == (409, "tie-overlaps")
    assert moved_out.json()["residencies"][0]["valid_to"] == "2026-01-01"
