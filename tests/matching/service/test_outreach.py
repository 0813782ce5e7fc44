"""Policy finds people: told with consent, once, and enrolled only when they say so."""

from typing import Any

import httpx

from tests.matching.cases import at, key, raised
from tests.matching.service.test_standing import CARE, verified

Header = dict[str, str]
SEARCH = "/v1/outreach/searches"
FARTHER = "310101002009"
WANTED = {"category": "nursing"}


async def post(
    client: httpx.AsyncClient, header: Header, path: str, body: Any = None, **more: str
) -> httpx.Response:
    return await client.post(path, json=body, headers={**header, **key(), **more})


async def known(client: httpx.AsyncClient, resident: Header, clerk: Header) -> dict[str, Any]:
    """A resident whose care grade is verified, by a need of another category."""
    need = await raised(client, resident, **CARE)
    answer = await verified(client, clerk, need)
    assert answer.status_code == 200, answer.text
    return need


async def offers(client: httpx.AsyncClient, header: Header) -> list[dict[str, Any]]:
    answer = await client.get("/v1/outreach/offers", headers=header)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_nobody_is_told_without_consent(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    await known(client, resident, clerk)
    found = (await post(client, clerk, SEARCH, WANTED)).json()

    assert (found["entitled"], found["offered"], found["without_consent"]) == (1, 0, 1)
    assert await offers(client, resident) == []


async def test_who_consented_is_told_once_and_accepts_by_their_own_word(
    client: httpx.AsyncClient, resident: Header, clerk: Header, neighbour: Header
) -> None:
    await known(client, resident, clerk)
    given = (await post(client, resident, "/v1/outreach/consent")).json()
    first = (await post(client, clerk, SEARCH, WANTED)).json()
    second = (await post(client, clerk, SEARCH, WANTED)).json()
    (offer,) = await offers(client, resident)
    path = f"/v1/outreach/offers/{offer['id']}/answer"
    before = (await client.get("/v1/needs", headers=resident)).json()["items"]
    foreign = await post(client, neighbour, path, {"accept": True}, **at(1))
    accepted = await post(client, resident, path, {"accept": True}, **at(1))
    again = await post(client, resident, path, {"accept": False}, **at(2))
    after = (await client.get("/v1/needs", headers=resident)).json()["items"]

    assert given["given_at"] is not None
    assert (first["offered"], second["offered"], second["entitled"]) == (1, 0, 0)
    assert (offer["answer"], offer["rule"]) == ("pending", "entitlement.care_grade")
    assert len(before) == 1
    assert foreign.status_code == 404
    assert accepted.json()["answer"] == "accepted"
    assert {each["id"] for each in after} - {each["id"] for each in before} == {
        accepted.json()["need_id"]
    }
    assert {each["raised_by"] for each in after} == {"family", "outreach"}
    (enrolled,) = (each for each in after if each["raised_by"] == "outreach")
    assert (enrolled["is_statutory"], enrolled["urgency"]) == (True, 1)
    (standing,) = (
        await client.get(f"/v1/needs/{enrolled['id']}/standing", headers=resident)
    ).json()
    assert (standing["status"], standing["source"]) == ("verified", "长护险评估结论")
    assert (again.status_code, again.json()["type"]) == (409, "offer-answered")


async def test_an_offer_lies_where_the_newest_need_does(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    await verified(client, clerk, await raised(client, resident, area_code=FARTHER, **CARE))
    newest = await known(client, resident, clerk)
    await post(client, resident, "/v1/outreach/consent")
    await post(client, clerk, SEARCH, WANTED)
    (offer,) = await offers(client, resident)

    assert offer["area_code"] == newest["area_code"] < FARTHER


async def test_who_declines_or_withdraws_consent_is_left_in_peace(
    client: httpx.AsyncClient, resident: Header, clerk: Header
) -> None:
    await known(client, resident, clerk)
    await post(client, resident, "/v1/outreach/consent")
    await post(client, clerk, SEARCH, WANTED)
    (offer,) = await offers(client, resident)
    path = f"/v1/outreach/offers/{offer['id']}/answer"
    declined = await post(client, resident, path, {"accept": False}, **at(1))
    withdrawn = (await post(client, resident, "/v1/outreach/consent/withdrawal")).json()
    later = (await post(client, clerk, SEARCH, {"category": "long_term_care"})).json()
    needs = (await client.get("/v1/needs", headers=resident)).json()["items"]

    assert (declined.json()["answer"], declined.json()["need_id"]) == ("declined", None)
    assert withdrawn["withdrawn_at"] is not None
    assert (later["offered"], later["without_consent"]) == (0, 1)
    assert len(needs) == 1


async def test_another_street_and_another_line_find_nobody(
    client: httpx.AsyncClient,
    resident: Header,
    clerk: Header,
    other_street: Header,
    other_line: Header,
) -> None:
    await known(client, resident, clerk)
    await post(client, resident, "/v1/outreach/consent")
    found = [
        (await post(client, header, SEARCH, WANTED)).json() for header in (other_street, other_line)
    ]

    assert [each["entitled"] for each in found] == [0, 0]
