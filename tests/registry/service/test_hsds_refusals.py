"""What the HSDS face refuses, and how it says so; this needs none of the standard's own files."""

from typing import Any
from uuid import uuid4

import pytest

from tests.registry.inventory import pointers, slug
from tests.registry.service.test_hsds import LISTS


@pytest.mark.parametrize("path", LISTS)
async def test_an_unknown_id_is_not_found(small_city, path: str) -> None:
    answer = await small_city.get(f"/hsds/{path}/{uuid4()}")

    assert (answer.status_code, slug(answer)) == (404, "not-found")
    assert (await small_city.get(f"/hsds/{path}/no-uuid")).status_code == 422


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("page", "-1"),
        ("page", "one"),
        ("per_page", "0"),
        ("per_page", "100000"),
        ("format", "xml"),
        ("serch", "x"),
    ],
)
async def test_bad_parameters_are_refused_by_name(client, path: str, name: str, value: str) -> None:
    answer = await client.get(f"/hsds/{path}", params={name: value})

    assert answer.status_code == 422
    assert any(name in pointer for pointer in pointers(answer))


@pytest.mark.parametrize("path", LISTS)
async def test_a_page_behind_the_last_one_is_not_found(small_city, path: str) -> None:
    answer = await small_city.get(f"/hsds/{path}", params={"page": 900})

    assert (answer.status_code, slug(answer)) == (404, "no-such-page")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("services", {"modified_after": "yesterday"}),
        ("services", {"taxonomy_term_id": "meals"}),
        ("services", {"minimal": "perhaps"}),
        ("services", {"full": "true", "per_page": "101"}),
        ("services", {"proximity": "100"}),
        ("service_at_locations", {"proximity": "100"}),
        ("service_at_locations", {"postcode": "200"}),
        ("service_at_locations", {"postcode": "990000", "proximity": "100"}),
        ("service_at_locations", {"postcode": "310101", "proximity": "-1"}),
    ],
)
async def test_parameters_without_a_meaning_are_refused(client, path: str, query: Any) -> None:
    answer = await client.get(f"/hsds/{path}", params=query)

    assert answer.status_code == 422, answer.text
