"""A mistyped parameter and a NUL are refused by name, before anything else happens."""

from typing import Any

import httpx
import orjson
import pytest

from common.errors import Invalid
from common.strictness import check_body


async def test_a_mistyped_filter_is_refused_and_the_right_name_suggested(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/v1/rules", params={"jurisdicton": "CN", "limit": 1})

    told = answer.json()
    assert (answer.status_code, told["type"]) == (422, "unknown-parameter")
    assert [error["pointer"] for error in told["errors"]] == ["/jurisdicton"]
    assert "是否为 jurisdiction？" in told["errors"][0]["message"]


async def test_a_route_without_parameters_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.get(
        "/feeds", params={"_": "1764000000"}, headers={"Accept-Language": "en"}
    )

    assert answer.status_code == 422
    assert "known: none" in answer.json()["errors"][0]["message"]


async def test_a_nul_in_the_query_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/rules?jurisdiction=C%00N")

    told = answer.json()
    assert (answer.status_code, told["type"]) == (422, "invalid")
    assert [error["pointer"] for error in told["errors"]] == ["/jurisdiction"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"name": "a\0b"}, ["/name"]),
        ({"hours": [{"note": "x"}, {"note": "\0"}]}, ["/hours/1/note"]),
        ({"a\0": 1}, ["/a\0"]),
        ({"a/b": {"c~d": "\0"}}, ["/a~1b/c~0d"]),
        ("\0", ["/"]),
    ],
)
def test_each_text_with_a_nul_is_named_by_its_pointer(body: Any, pointers: list[str]) -> None:
    with pytest.raises(Invalid) as refusal:
        check_body(orjson.dumps(body))

    assert [error.pointer for error in refusal.value.errors] == pointers


@pytest.mark.parametrize("raw", [rb'{"name": "a\\u0000b"}', b"{", rb"\u0000", b""])
def test_a_body_without_a_nul_passes_whatever_else_it_is(raw: bytes) -> None:
    check_body(raw)
