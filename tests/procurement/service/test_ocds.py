"""OCDS 1.1.5: each step is a release, records compile, and the standard's own tools agree."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.procurement import deals
from tests.procurement.cases import Header, Sessions
from tests.procurement.deals import VALUE, published
from tests.procurement.service import test_procedures
from tests.procurement.service.test_performance import accepted, act, paid
from tests.procurement.standard import faults, merged, needs_the_standard
from tests.procurement.tendering import A, B, C, Market

pytestmark = needs_the_standard


async def package(client: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    """A package that the standard has nothing against."""
    answer = await client.get(f"/ocds/{path}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert faults(found) == []
    return found


async def told(client: httpx.AsyncClient, ocid: str) -> list[dict[str, Any]]:
    """The releases of a process in order, each read from where its record links to."""
    record = (await package(client, f"records/{ocid}"))["records"][0]
    paths = [each["url"].partition("/ocds/")[2] for each in record["releases"]]
    releases = [(await package(client, path))["releases"][0] for path in paths]
    assert [each["tag"] for each in record["releases"]] == [each["tag"] for each in releases]
    assert record["compiledRelease"] == merged(releases)
    return releases


async def test_a_contracts_life_is_told_step_by_step_and_compiles(
    client: httpx.AsyncClient, head: Header, clerk: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    await accepted(client, head, provider, made)
    await paid(client, clerk, head, made, VALUE // 2)
    change = {"reason": "residents_wish", "text": "按居民意见增加名额", "places": 80}
    await act(client, head, made, "changes", change)
    failure = {"category": "late", "from_on": "2026-03-01", "to_on": "2026-03-02", "events": 2}
    failure |= {"text": "两次迟到", "document": "南东街办〔2026〕22号", "penalty_fen": 500_00}
    await act(client, head, made, "failures", failure)
    end = {"reason": "provider_dissolved", "text": "承接机构已注销"}
    await act(client, head, made, "termination", end)

    releases = await told(client, made["ocid"])
    tags = [tag for release in releases for tag in release["tag"]]
    contract = (await package(client, f"records/{made['ocid']}"))["records"][0]["compiledRelease"][
        "contracts"
    ][0]

    assert tags[:4] == ["planning", "tender", "award", "contract"]
    assert tags[-1] == "contractTermination"
    assert {"contractAmendment", "implementation", "implementationUpdate"} < set(tags)
    assert contract["implementation"]["transactions"][0]["value"] == {
        "amount": VALUE // 200,
        "currency": "CNY",
    }
    assert contract["milestones"][0]["userOpinions"]["level"] == 4
    assert contract["implementation"]["performanceFailures"][0]["penaltyImposed"] == "CNY 500.00"
    assert (contract["status"], contract["ending"]["reason"]) == (
        *("terminated",),
        "provider_dissolved",
    )


async def test_after_talks_awards_rest_on_the_responses_at_their_final_prices(
    market: Market,
) -> None:
    await test_procedures.test_a_consultation_goes_on_with_two_and_ends_with_sealed_final_offers(
        market
    )
    (row,) = (await market.get(market.clerk, "tenders"))["items"]
    (record,) = (await package(market.client, f"records/{row['ocid']}"))["records"]
    told = record["compiledRelease"]
    bids = {bid["tenderers"][0]["id"][-2:]: bid for bid in told["bids"]["details"]}
    prices = {org: (bid["status"], bid["value"]["amount"]) for org, bid in bids.items()}

    assert told["tender"]["awardCriteria"] == "ratedCriteria"
    assert prices == {
        A[-2:]: ("valid", 450_000),
        B[-2:]: ("valid", 460_000),
        C[-2:]: ("disqualified", 510_000),
    }
    assert told["awards"][0]["relatedBids"] == [bids[A[-2:]]["id"]]


async def test_what_is_not_published_is_not_released(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await deals.signed(client, head, provider, sessions)

    assert (await client.get(f"/ocds/records/{made['ocid']}")).status_code == 404
    assert (await client.get("/ocds/releases")).json()["releases"] == []


async def test_a_refused_step_makes_no_release(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    before = await told(client, made["ocid"])
    early = {"reason": "completed", "text": "履行完毕"}
    assert (await act(client, head, made, "termination", early)).status_code == 409

    assert await told(client, made["ocid"]) == before


async def test_lists_are_walked_page_by_page(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    ocids = [(await published(client, head, provider, sessions))["ocid"] for _ in range(3)]

    for path, name in (("records", "records"), ("releases", "releases")):
        seen, query = [], {"limit": "2"}
        while True:
            found = await package(client, path, **query)
            seen += [each["ocid"] for each in found[name]]
            if "links" not in found:
                break
            query["after"] = httpx.URL(found["links"]["next"]).params["after"]
        assert list(dict.fromkeys(seen)) == ocids


async def test_a_release_is_never_changed(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    await published(client, head, provider, sessions)
    for statement in ("UPDATE ocds_release SET number = 9", "DELETE FROM ocds_release"):
        with pytest.raises(IntegrityError, match="never changed"):
            async with sessions.begin() as session:
                await session.execute(text(statement))


async def test_our_extension_is_served_with_its_code_lists(client: httpx.AsyncClient) -> None:
    metadata = (await client.get("/ocds/extension/extension.json")).json()
    patch = (await client.get("/ocds/extension/release-schema.json")).json()

    assert set(patch["properties"]) == {"challenges", "complaints"}
    for name in metadata["codelists"]:
        answer = await client.get(f"/ocds/extension/codelists/{name}")
        assert answer.text.startswith("Code,Title,Description\n")
    assert (await client.get("/ocds/extension/secrets.json")).status_code == 404
    assert (await client.get("/ocds/extension/codelists/..%2Fextension.json")).status_code == 404


@pytest.mark.parametrize("name", ["releases", "records"])
async def test_before_the_first_notice_there_is_an_empty_package(
    client: httpx.AsyncClient, name: str
) -> None:
    answer = await client.get(f"/ocds/{name}")

    assert (answer.status_code, answer.json()[name]) == (200, [])
    assert "links" not in answer.json()


async def test_what_a_reader_has_already_is_not_sent_again(
    client: httpx.AsyncClient, head: Header, provider: Header, sessions: Sessions
) -> None:
    made = await published(client, head, provider, sessions)
    record = f"/ocds/records/{made['ocid']}"
    for path in (record, "/ocds/records", "/ocds/releases", "/v1/contracts", "/v1/tenders"):
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b""), path

    known = {"If-None-Match": (await client.get(record)).headers["ETag"]}
    change = {"reason": "residents_wish", "text": "按居民意见增加名额", "places": 80}
    await act(client, head, made, "changes", change)
    moved = await client.get(record, headers=known)
    (contract,) = moved.json()["records"][0]["compiledRelease"]["contracts"]
    assert contract["amendments"]


@pytest.mark.parametrize("path", ["releases/x", "releases/a-99999999999", "records/x"])
async def test_what_is_not_there_is_told_as_a_problem(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/ocds/{path}")

    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
