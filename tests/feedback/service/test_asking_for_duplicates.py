"""What is learnt by asking for likely duplicates: of what one may not read, what anybody knows."""

from typing import Any

import httpx

from tests.feedback.cases import CASE, key, raised, stepped

Header = dict[str, str]
AGAIN = "饭菜凉了，送餐连续三天迟到，电话也没人接"
CORNERS = ({"lon": 121.4791, "lat": 31.2351}, {"lon": 121.4815, "lat": 31.2370})  # of one cell


async def asked(client: httpx.AsyncClient, header: Header, **more: Any) -> list[dict[str, Any]]:
    """What a case that is about to be raised may be the same as."""
    wish = {**CASE, **more}
    answer = await client.post("/v1/cases/similar", json=wish, headers={**header, **key()})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_who_may_not_read_a_case_learns_of_its_place_the_cell_alone(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    other_line: Header,
    other_street: Header,
) -> None:
    made = [await raised(client, resident, **there) for there in CORNERS]
    read = [await asked(client, header) for header in (clerk, resident)]
    told = [await asked(client, each) for each in ({}, neighbour, other_line, other_street)]
    around = [await asked(client, {}, lon=121.476 + step / 1000) for step in range(10)]

    assert [{each["distance_m"] for each in found} for found in told] == [{200}] * 4
    assert [{str(each["reasons"]) for each in found} for found in told[1:]] == [
        {str(told[0][0]["reasons"])}
    ] * 3
    assert {len(found) for found in around} == {0, len(made)}
    assert [len({each["distance_m"] for each in found}) for found in read] == [2, 2]


async def test_who_may_not_read_a_case_does_not_find_its_words_by_trying(
    client: httpx.AsyncClient, resident: Header, neighbour: Header, clerk: Header
) -> None:
    for words in (CASE["words"], AGAIN):
        await raised(client, resident, words=words)

    async def tried(header: Header) -> list[list[dict[str, Any]]]:
        return [await asked(client, header, words=words) for words in (CASE["words"], AGAIN)]

    rough, exact = await tried(neighbour), await tried(clerk)

    assert rough[0] == rough[1]
    assert [each["likeness"] for each in rough[0]] == [None, None]
    assert exact[0] == sorted(exact[0], key=lambda each: -float(each["likeness"]))
    assert [each["case_id"] for each in exact[0]] == [each["case_id"] for each in exact[1]][::-1]
    assert exact[0][0]["likeness"] == exact[1][0]["likeness"] == 1


async def test_who_may_not_read_it_does_not_learn_of_what_was_handed_over_or_of_help(
    client: httpx.AsyncClient,
    resident: Header,
    neighbour: Header,
    clerk: Header,
    head: Header,
    venue_head: Header,
    other_line: Header,
    other_street: Header,
) -> None:
    case = await raised(client, resident)
    await stepped(client, head, case, "hand-over", channel="discipline", words="移交纪检监察")
    helped = await raised(client, resident, kind="help")
    strangers = ({}, neighbour, other_line, other_street)
    numbers = {case["number"], helped["number"]}

    assert [await asked(client, header) for header in strangers] == [[]] * 4
    for reader in (resident, clerk, head, venue_head):
        assert {each["number"] for each in await asked(client, reader)} == numbers


async def test_a_desk_is_shown_those_that_it_may_merge(
    client: httpx.AsyncClient, resident: Header, clerk: Header, city: Header
) -> None:
    await raised(client, resident, area_code="310104003001")
    case = await raised(client, resident)

    async def shown(header: Header) -> int:
        return len((await client.get(f"/v1/cases/{case['id']}/duplicates", headers=header)).json())

    assert [await shown(header) for header in (clerk, city)] == [0, 1]
