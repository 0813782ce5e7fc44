"""Provider files through the API: opened, completed, kept out, tied; the status is the day's."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from common import mirrors
from common.auth.roles import Role
from common.clock import city_day, utc_now
from common.contracts.feeds import Kind
from common.feed.client import Change
from procurement.queries import providers as queries
from procurement.usecases import providers
from tests.procurement.cases import PROVIDER, Sessions, at, key
from tests.procurement.organisations import (
    CENTRE,
    DISTRICT,
    STREET,
    SUPPLIER,
    incubated,
    mirrored,
    organisation,
)

Header = dict[str, str]
TODAY = city_day(utc_now())
REGISTRATION = {
    "code": "registration",
    "name": "民办非企业单位登记证书",
    "number": "演示-001",
    "valid_from_on": "2025-01-01",
}


@pytest.fixture
def office(bearer: Callable[..., Header]) -> Header:
    """The city office."""
    return bearer(Role.CITY_OFFICE, area="31", line="*")


@pytest.fixture
def other_clerk(bearer: Callable[..., Header]) -> Header:
    """A second clerk of the street."""
    return bearer(Role.CLERK, area="310101002", line="civil_affairs", subject="clerk-2")


@pytest.fixture
async def file(client: httpx.AsyncClient, clerk: Header, sessions: Sessions) -> dict[str, Any]:
    """The supplier's file, just opened."""
    tie = incubated(STREET, "2022-01-01", "2024-01-01")
    await mirrored(sessions, organisation(SUPPLIER, incubated_by=[tie]))
    return await opened(client, clerk)


async def opened(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    wish = {"organisation_id": PROVIDER, "categories": ["meal_service"], **more}
    answer = await client.post("/v1/providers", json=wish, headers={**header, **key()})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def post(
    client: httpx.AsyncClient, header: Header, path: str, body: dict[str, Any], **more: str
) -> httpx.Response:
    return await client.post(f"/v1/{path}", json=body, headers={**header, **key(), **more})


async def seen(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/providers/{PROVIDER}")).json()
    return found


async def verified(
    client: httpx.AsyncClient, header: Header, row: dict[str, Any], **more: Any
) -> httpx.Response:
    path = f"qualifications/{row['id']}/verification"
    return await post(client, header, path, {"is_verified": True, **more}, **at(row))


async def test_a_file_repeats_what_the_registry_says(file: dict[str, Any]) -> None:
    assert (file["status"], file["missing"]) == ("incomplete", ["registration"])
    assert file["name"].startswith("演示")
    (tie,) = file["tie_records"]
    assert (tie["kind"], tie["source"], tie["to_on"]) == ("incubator", "registry", "2023-12-31")
    assert tie["organisation_id"] == str(STREET)


async def test_a_qualification_counts_when_somebody_else_has_read_the_original(
    client: httpx.AsyncClient, clerk: Header, other_clerk: Header, file: dict[str, Any]
) -> None:
    row = (await post(client, clerk, f"providers/{PROVIDER}/qualifications", REGISTRATION)).json()
    own = await verified(client, clerk, row)
    done = await verified(client, other_clerk, row)
    again = await verified(client, other_clerk, done.json())
    shown = await seen(client)

    assert (own.status_code, own.json()["type"]) == (403, "verified-by-itself")
    assert done.json()["status"] == "verified"
    assert again.json()["type"] == "already-verified"
    assert (shown["status"], shown["missing"]) == ("admitted", [])
    assert shown["qualifications"][0]["number"] == "演示-001"


async def test_a_qualification_that_ends_leaves_the_file_incomplete(
    client: httpx.AsyncClient, clerk: Header, other_clerk: Header, file: dict[str, Any]
) -> None:
    wish = {**REGISTRATION, "valid_to_on": str(TODAY - timedelta(days=1))}
    row = (await post(client, clerk, f"providers/{PROVIDER}/qualifications", wish)).json()
    await verified(client, other_clerk, row)
    shown = await seen(client)

    assert (shown["status"], shown["qualifications"]) == ("incomplete", [])


async def test_a_file_tells_which_public_rooms_a_provider_runs_at_what_promised_price(
    client: httpx.AsyncClient, file: dict[str, Any], sessions: Sessions
) -> None:
    until = {"ahead": 1, "today": 0}
    granted = {
        name: concession(valid_to=str(TODAY + timedelta(days=days))) for name, days in until.items()
    }
    others = [
        concession(valid_from=str(TODAY + timedelta(days=1))),
        concession(status="ended"),
        concession(operator_id=str(uuid4())),
    ]
    async with sessions.begin() as session:
        states = orjson.dumps([*granted.values(), *others]).decode()
        await mirrors.put(session, Kind.CONCESSION, states)
    shown = await seen(client)

    (told,) = shown["concessions"]
    assert told["id"] == granted["ahead"]["id"]
    assert (told["price_ceiling_fen"], told["reference_price_fen"]) == (1_000, 1_800)


def concession(**more: Any) -> dict[str, Any]:
    """A concession of the supplier, as the registry's feed tells it, running now."""
    path = Path(__file__).parents[2] / "contract" / "samples" / "concession.json"
    running = {
        "id": str(uuid4()),
        "operator_id": str(SUPPLIER),
        "status": "granted",
        "valid_from": str(TODAY),
        "valid_to": str(TODAY + timedelta(days=90)),
        "price_ceiling_fen": 1_000,
        "reference_price_fen": 1_800,
    }
    return {**orjson.loads(path.read_bytes()), **running, **more}


async def test_the_same_certificate_does_not_hold_twice_on_a_day(
    client: httpx.AsyncClient, provider: Header, clerk: Header, file: dict[str, Any]
) -> None:
    path = f"providers/{PROVIDER}/qualifications"
    first = (await post(client, provider, path, REGISTRATION)).json()
    twice = await post(client, provider, path, {**REGISTRATION, "valid_from_on": "2026-01-01"})
    refused = await verified(client, clerk, first, is_verified=False, refusal="证书已注销")
    after = await post(client, provider, path, REGISTRATION)

    assert (twice.status_code, twice.json()["type"]) == (409, "qualification-overlaps")
    assert refused.json()["refusal"] == "证书已注销"
    assert after.status_code == 201


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"valid_to_on": "2024-12-31"}, "/valid_to_on"),
        ({"persons": 3}, "/persons"),
        ({"code": "qualified_staff"}, "/persons"),
    ],
)
async def test_a_wrong_qualification_is_told_by_its_field(
    client: httpx.AsyncClient,
    clerk: Header,
    file: dict[str, Any],
    wrong: dict[str, Any],
    pointer: str,
) -> None:
    wish = {**REGISTRATION, **wrong}
    answer = await post(client, clerk, f"providers/{PROVIDER}/qualifications", wish)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_who_is_excluded_may_not_take_part_until_the_decision_is_lifted(
    client: httpx.AsyncClient, office: Header, file: dict[str, Any]
) -> None:
    wish = {"reason": "court_blacklist", "document": "（2026）沪01执1号", "from_on": str(TODAY)}
    row = (await post(client, office, f"providers/{PROVIDER}/exclusions", wish)).json()
    excluded = await seen(client)
    twice = await post(client, office, f"providers/{PROVIDER}/exclusions", wish)
    lifting = {"last_on": str(TODAY), "document": "（2026）沪01执1号之二"}
    lifted = await post(client, office, f"exclusions/{row['id']}/lifting", lifting, **at(row))
    longer = await post(
        *(client, office, f"exclusions/{row['id']}/lifting"),
        {**lifting, "last_on": str(TODAY + timedelta(days=1))},
        **at(lifted.json()),
    )

    assert excluded["status"] == "excluded"
    assert (twice.status_code, twice.json()["type"]) == (409, "exclusion-overlaps")
    assert (lifted.json()["to_on"], lifted.json()["version"]) == (str(TODAY), 2)
    assert longer.json()["errors"][0]["pointer"] == "/last_on"


@pytest.mark.parametrize(
    ("to_on", "status"),
    [("2027-03-01", 201), ("2027-02-28", 422), ("2029-03-01", 201), ("2029-03-02", 422),
     (None, 422)],
)  # fmt: skip
async def test_a_ban_lasts_from_one_to_three_years(
    client: httpx.AsyncClient, office: Header, file: dict[str, Any], to_on: str | None, status: int
) -> None:
    wish = {"reason": "collusion", "document": "沪财采〔2026〕1号", "from_on": "2026-03-02"}
    answer = await post(
        client, office, f"providers/{PROVIDER}/exclusions", {**wish, "to_on": to_on}
    )

    assert answer.status_code == status, answer.text


async def test_a_provider_declares_ties_and_only_an_office_ends_them(
    client: httpx.AsyncClient,
    provider: Header,
    other_provider: Header,
    clerk: Header,
    file: dict[str, Any],
) -> None:
    wish = {"organisation_id": str(DISTRICT), "kind": "management", "from_on": "2025-01-01"}
    stranger = await post(client, other_provider, f"providers/{PROVIDER}/ties", wish)
    row = (await post(client, provider, f"providers/{PROVIDER}/ties", wish)).json()
    end = {"to_on": "2026-01-31"}
    own_end = await post(client, provider, f"ties/{row['id']}/end", end, **at(row))
    ended = await post(client, clerk, f"ties/{row['id']}/end", end, **at(row))
    registrys = file["tie_records"][0]
    kept = await post(client, clerk, f"ties/{registrys['id']}/end", end, **at(registrys))

    assert stranger.json()["type"] == "not-your-organisation"
    assert row["source"] == "declared"
    assert own_end.status_code == 403
    assert ended.json()["to_on"] == "2026-01-31"
    assert kept.json()["type"] == "registry-tie"


async def test_a_file_follows_the_registry(
    sessions: Sessions, client: httpx.AsyncClient, file: dict[str, Any]
) -> None:
    new = organisation(
        SUPPLIER,
        name="演示 新名称",
        dissolved_on="2026-01-31",
        status="dissolved",
        incubated_by=[incubated(CENTRE, "2025-01-01")],
    )
    stranger = organisation(uuid4())
    changes = [
        Change("organisation", UUID(str(state["id"])), n, orjson.loads(orjson.dumps(state)))
        for n, state in enumerate((new, stranger), start=1)
    ]
    for _ in range(2):  # a page may come again
        async with sessions.begin() as session:
            await providers.follow(session, changes, now=utc_now())
    shown = await seen(client)

    assert (shown["name"], shown["status"], shown["version"]) == ("演示 新名称", "dissolved", 2)
    assert [tie["organisation_id"] for tie in shown["ties"]] == [str(CENTRE)]


async def test_who_governs_and_who_has_no_credit_code_has_no_file(
    client: httpx.AsyncClient, office: Header, sessions: Sessions
) -> None:
    answers = []
    for state in (
        {"kind": "street"},
        {"kind": "community_organisation", "credit_code": None},
        {"credit_code": None},
        {"credit_code": "52310101MJ49000000"},
    ):
        await mirrored(sessions, organisation(SUPPLIER, **state))
        wish = {"organisation_id": PROVIDER, "categories": ["meal_service"]}
        answers.append(await post(client, office, "providers", wish))

    assert [answer.json()["type"] for answer in answers] == [
        "cannot-provide",
        "cannot-provide",
        "wrong-provider-file",
        "wrong-credit-code",
    ]


async def test_only_an_enterprise_is_a_small_enterprise(
    client: httpx.AsyncClient, clerk: Header, file: dict[str, Any], sessions: Sessions
) -> None:
    answer = await client.patch(
        f"/v1/providers/{PROVIDER}",
        json={"is_small_enterprise": True},
        headers={**clerk, **at(file)},
    )
    await mirrored(sessions, organisation(CENTRE, kind="enterprise"))
    firm = await opened(client, clerk, organisation_id=str(CENTRE), is_small_enterprise=True)

    assert answer.json()["errors"][0]["pointer"] == "/is_small_enterprise"
    assert firm["is_small_enterprise"] is True


async def test_strangers_write_nothing_and_a_file_is_opened_once(
    client: httpx.AsyncClient,
    clerk: Header,
    other_head: Header,
    other_provider: Header,
    file: dict[str, Any],
) -> None:
    wish = {"organisation_id": PROVIDER, "categories": ["meal_service"]}
    answers = [
        await post(client, other_head, "providers", wish),
        await post(client, other_provider, "providers", wish),
        await post(client, clerk, "providers", wish),
        await post(client, clerk, "providers", {**wish, "organisation_id": str(uuid4())}),
        await client.patch(f"/v1/providers/{PROVIDER}", json={}, headers=clerk),
        await client.patch(
            f"/v1/providers/{PROVIDER}", json={}, headers={**clerk, "If-Match": '"v9"'}
        ),
    ]

    assert [answer.json()["type"] for answer in answers] == [
        *("out-of-area", "not-your-organisation", "provider-file-exists", "not-found"),
        *("if-match-missing", "stale-version"),
    ]


async def test_files_are_listed_by_category_and_area(
    client: httpx.AsyncClient, clerk: Header, file: dict[str, Any], sessions: Sessions
) -> None:
    await mirrored(sessions, organisation(CENTRE))
    await opened(client, clerk, organisation_id=str(CENTRE), categories=["child_care"])

    async def ids(query: str) -> list[str]:
        answer = await client.get(f"/v1/providers?{query}")
        return [row["id"] for row in answer.json()["items"]]

    assert await ids("category=meal_service") == [PROVIDER]
    assert await ids("area=310101&limit=1") == [PROVIDER]
    assert await ids("area=310104") == []
    first = (await client.get("/v1/providers?limit=1")).json()
    assert await ids(f"limit=1&after={first['next']}") == [str(CENTRE)]


async def test_the_feed_tells_files_that_change_with_the_day(
    client: httpx.AsyncClient, clerk: Header, file: dict[str, Any], sessions: Sessions
) -> None:
    wish = {**REGISTRATION, "valid_to_on": str(TODAY)}
    await post(client, clerk, f"providers/{PROVIDER}/qualifications", wish)
    tomorrow, after = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
    async with sessions() as session:
        moved = [
            await queries.changing(session, *days)
            for days in ((TODAY - timedelta(days=1), TODAY), (TODAY, tomorrow), (tomorrow, after))
        ]
        states = await queries.states(session, [SUPPLIER])

    assert moved == [[], [SUPPLIER], []]
    assert states[SUPPLIER].contracts_held == 0
