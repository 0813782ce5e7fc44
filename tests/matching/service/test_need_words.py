"""The words and areas of a need: those that the registry has told, once it has told them all."""

from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import text

from common import mirrors
from common.contracts.feeds import Kind
from tests.matching.cases import HOME, NEED, Sessions, at, key, raised

Header = dict[str, str]
NOWHERE = "310101999999"
WORDS = {
    "service_category": ("meal_delivery", "home_care"),
    "target_group": ("elderly", "living_alone"),
}


def _entry(place: int, **state: Any) -> dict[str, Any]:
    known = {"id": f"0192f000-0000-7000-8000-{place:012}", "valid_from": "2026-01-01"}
    return {**known, "valid_to": None, **state}


@pytest.fixture
async def told(sessions: Sessions) -> None:
    """Words of the registry's feeds, one of them over, and one neighbourhood."""
    words = [
        _entry(place, dictionary=dictionary, code=code)
        for dictionary, codes in WORDS.items()
        for place, code in enumerate(codes, start=len(dictionary) * 10)
    ]
    words.append(_entry(1, dictionary="service_category", code="by_gone", valid_to="2026-02-01"))
    async with sessions.begin() as session:
        await mirrors.put(session, Kind.DICTIONARY_ENTRY, orjson.dumps(words).decode())
        await mirrors.put(session, Kind.AREA, orjson.dumps([_entry(2, code=HOME)]).decode())
        await _walk(session, is_over=False)


async def _walk(session: Any, *, is_over: bool) -> None:
    """The feeds as they are while they are first read, or once they have been read to the end."""
    for kind in (Kind.DICTIONARY_ENTRY, Kind.AREA):
        await session.execute(
            text(
                "INSERT INTO feed_cursor (source, query, position, generation, is_sweeping,"
                " moved_at) VALUES (:source, '', 1, 1, :sweeps, now())"
                " ON CONFLICT (source) DO UPDATE SET is_sweeping = excluded.is_sweeping"
            ),
            {"source": f"registry/{kind}", "sweeps": not is_over},
        )


@pytest.fixture
async def known(sessions: Sessions, told: None) -> None:
    """All that there is."""
    async with sessions.begin() as session:
        await _walk(session, is_over=True)


async def asked(client: httpx.AsyncClient, header: Header, **more: Any) -> httpx.Response:
    return await client.post("/v1/needs", json={**NEED, **more}, headers={**header, **key()})


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("more", "pointer", "value"),
    [
        ({"category": "no_such_category"}, "/category", "no_such_category"),
        ({"category": "elderly"}, "/category", "elderly"),
        ({"category": "by_gone"}, "/category", "by_gone"),
        (
            {"profile": {"groups": ["elderly", "no_such_group"]}},
            *("/profile/groups/1", "no_such_group"),
        ),
        ({"area_code": NOWHERE}, "/area_code", NOWHERE),
    ],
)
async def test_what_the_registry_does_not_know_is_refused_by_field_with_a_remedy(
    client: httpx.AsyncClient, resident: Header, more: dict[str, Any], pointer: str, value: str
) -> None:
    answer = await asked(client, resident, **more)

    assert (answer.status_code, answer.json()["type"]) == (422, "wrong-need"), answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["value"]) == (pointer, value)
    assert "/v1/" in error["message"]


@pytest.mark.usefixtures("known")
async def test_each_code_that_is_unknown_is_named(
    client: httpx.AsyncClient, resident: Header
) -> None:
    answer = await asked(client, resident, category="no_such_category", area_code=NOWHERE)

    assert [each["pointer"] for each in answer.json()["errors"]] == ["/category", "/area_code"]


@pytest.mark.usefixtures("known")
async def test_what_the_registry_knows_is_taken_and_kept_to_in_changes(
    client: httpx.AsyncClient, resident: Header
) -> None:
    need = await raised(client, resident)
    path = f"/v1/needs/{need['id']}"
    head = {**resident, **at(1)}

    away = await client.patch(path, json={"area_code": NOWHERE}, headers=head)
    profile = {"profile": {"groups": ["living_alone", "no_such_group"]}}
    other = await client.put(f"{path}/profile", json=profile, headers=head)

    assert (away.status_code, away.json()["errors"][0]["pointer"]) == (422, "/area_code")
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (
        *(422, "/profile/groups/1"),
    )


@pytest.mark.usefixtures("told")
async def test_nothing_is_refused_while_the_words_are_first_read(
    client: httpx.AsyncClient, resident: Header
) -> None:
    answer = await asked(client, resident, category="not_told_yet", area_code=NOWHERE)

    assert answer.status_code == 201, answer.text


async def test_wishes_that_end_before_they_begin_are_refused(
    client: httpx.AsyncClient, resident: Header
) -> None:
    wishes = {"from_on": "2026-12-05", "until_on": "2026-12-01"}
    need = await raised(client, resident, wishes={**wishes, "until_on": "2026-12-05"})

    raised_so = await asked(client, resident, wishes=wishes)
    edited = await client.patch(
        f"/v1/needs/{need['id']}", json={"wishes": wishes}, headers={**resident, **at(1)}
    )

    for answer in (raised_so, edited):
        assert (answer.status_code, answer.json()["type"]) == (422, "wrong-need")
        assert answer.json()["errors"][0]["pointer"] == "/wishes/until_on"
