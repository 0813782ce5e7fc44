"""A case names a category, a place and a venue that exist, as far as the registry has told."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from common.contracts.feeds import Kind
from tests.feedback.cases import HOME, Sessions, raise_case, told

Header = dict[str, str]
TOWN = "310101002000"
VENUE = "01900000-0000-7000-8000-0000000000e1"
NO_VENUE = "01900000-0000-7000-8000-0000000000e2"
NAMED = {"category": "meal_delivery", "area_code": HOME, "venue_id": VENUE}


def entry(code: str, **more: Any) -> dict[str, Any]:
    """A word of a dictionary, as far as cases read it."""
    return {
        "id": str(uuid4()),
        "dictionary": "service_category",
        "code": code,
        "valid_to": None,
        **more,
    }


async def tell(sessions: Sessions) -> None:
    """What the registry has: two categories, a town, a neighbourhood, a venue."""
    await told(
        sessions,
        Kind.DICTIONARY_ENTRY,
        entry("meal_delivery"),
        entry("bath_help", valid_to="2026-01-01"),
        entry("library", dictionary="venue_kind"),
    )
    areas = [{"id": str(uuid4()), "code": code} for code in (TOWN, HOME)]
    await told(sessions, Kind.AREA, *areas)
    await told(sessions, Kind.VENUE, {"id": VENUE, "area_code": HOME})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "no_such_category"),
        ("category", "library"),
        ("category", "bath_help"),
        ("area_code", "310101002999"),
        ("area_code", "310199999000"),
        ("area_code", "110101001001"),
        ("venue_id", NO_VENUE),
    ],
)
async def test_what_is_not_there_is_refused_by_the_name_of_its_field(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions, field: str, value: str
) -> None:
    await tell(sessions)
    refused = await raise_case(client, resident, **{**NAMED, field: value})
    [fault] = refused.json()["errors"]

    assert (refused.status_code, refused.json()["type"]) == (422, "wrong-case-file")
    assert (fault["pointer"], fault["value"]) == (f"/{field}", value)


async def test_all_that_is_not_there_is_told_at_once(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    await tell(sessions)
    wrong = {"category": "none", "area_code": "310101002999", "venue_id": NO_VENUE}
    refused = await raise_case(client, resident, **wrong)

    assert [each["pointer"] for each in refused.json()["errors"]] == [
        *("/category", "/area_code", "/venue_id")
    ]


@pytest.mark.parametrize("area_code", [HOME, TOWN])
async def test_what_is_there_is_taken(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions, area_code: str
) -> None:
    await tell(sessions)
    taken = await raise_case(client, resident, **{**NAMED, "area_code": area_code})

    assert taken.status_code == 201


async def test_nothing_is_refused_by_a_mirror_that_is_empty_or_being_filled(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    wrong = {"category": "none", "area_code": "310101002999", "venue_id": NO_VENUE}
    empty = await raise_case(client, resident, **wrong)
    await tell(sessions)
    async with sessions.begin() as session:
        for kind, ago in (("area", "5 seconds"), ("venue", "5 minutes")):
            await session.execute(
                text(
                    "INSERT INTO feed_cursor"
                    " (source, query, position, generation, is_sweeping, moved_at)"
                    f" VALUES ('registry/{kind}', '', 1, 1, false, now() - interval '{ago}')"
                )
            )
    filling = await raise_case(client, resident, **wrong)

    assert empty.status_code == 201
    assert [each["pointer"] for each in filling.json()["errors"]] == ["/category", "/venue_id"]


async def test_another_city_is_refused_by_name_before_any_area_is_known(
    client: httpx.AsyncClient, resident: Header
) -> None:
    refused = await raise_case(client, resident, area_code="110101001001")

    assert refused.json()["errors"][0]["pointer"] == "/area_code"
