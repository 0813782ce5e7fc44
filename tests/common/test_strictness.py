"""A mistyped parameter and what nobody sees are refused by name, before anything else happens."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import httpx
import orjson
import pytest
from starlette.datastructures import FormData, UploadFile

from common.auth.roles import Role
from common.errors import Invalid
from common.strictness import NotJson, check_body, check_form


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


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"name": "a\x1b[31mb"}, ["/name"]),  # a terminal obeys it
        ({"name": "a\u202egnp.exe"}, ["/name"]),  # seen as another name
        ({"name": "\u200b\u2060"}, ["/name"]),  # nothing to see
        ({"list": ["\ufffe", "\b", "\f"]}, ["/list/0", "/list/1", "/list/2"]),
    ],
)
@pytest.mark.parametrize("as_ascii", [True, False])
def test_what_nobody_sees_is_named_however_it_is_written(
    body: Any, pointers: list[str], *, as_ascii: bool
) -> None:
    with pytest.raises(Invalid) as refusal:
        check_body(json.dumps(body, ensure_ascii=as_ascii).encode())

    assert [error.pointer for error in refusal.value.errors] == pointers


@pytest.mark.parametrize("text", ["“演示”，Ünïted\t\r\n", "\u200d👩\u200d👧", "  ", "", "°C ﬁ"])
def test_what_people_write_passes(text: str) -> None:
    check_body(orjson.dumps({"name": text}))


def test_a_body_may_be_as_deep_as_json_can_be_read() -> None:
    with pytest.raises(Invalid) as refusal:
        check_body(b"[" * 1020 + rb'"\u0000"' + b"]" * 1020)

    assert refusal.value.errors[0].pointer == "/0" * 1020


@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("text", ["a\0b", "演示"])
def test_json_is_in_utf_8_without_a_mark(code: str, text: str) -> None:
    """Python reads all of them, and so would what it reads pass unseen."""
    with pytest.raises(NotJson):
        check_body(json.dumps({"name": text}, ensure_ascii=False).encode(code))


@pytest.mark.parametrize(
    "raw",
    [
        rb'{"name": "\ud83d"}',
        rb'{"name": "\uDE00\uD83D"}',
        b'{"name": "\xed\xa0\x80"}',
        rb'{"lon": NaN, "name": "\u0000"}',
        b'{"lon": -Infinity}',
    ],
)
def test_half_a_character_and_no_number_are_no_json(raw: bytes) -> None:
    with pytest.raises(NotJson):
        check_body(raw)


@pytest.mark.parametrize(
    "raw", [rb'{"name": "\ud83d\ude00 NaN \u00e9"}', "한글".encode("utf-16"), b"description=\0"]
)
def test_whole_characters_pass_and_so_does_what_is_no_json_to_anybody(raw: bytes) -> None:
    check_body(raw)


async def test_a_body_in_another_code_is_refused_in_both_languages(
    client: httpx.AsyncClient,
) -> None:
    body = json.dumps({"words": "演示\0"}).encode("utf-16")
    headers = {"Idempotency-Key": "in-utf-16", "Content-Type": "application/json"}
    zh = await client.post("/v1/cases", content=body, headers=headers)
    en = await client.post("/v1/cases", content=body, headers={**headers, "Accept-Language": "en"})

    assert [(each.status_code, each.json()["type"]) for each in (zh, en)] == [(400, "not-json")] * 2
    assert "UTF-8" in zh.json()["detail"]
    assert en.json()["detail"].startswith("JSON is in UTF-8")


@pytest.mark.parametrize("limit", ["1_0", "１０", "1_0.0", "1e0_1"])
async def test_a_number_is_written_in_plain_digits(client: httpx.AsyncClient, limit: str) -> None:
    answer = await client.get("/v1/rules", params={"limit": limit})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/limit")


def test_names_of_files_and_fields_are_looked_at_too() -> None:
    form = FormData([("kind", "a\0"), ("file", UploadFile(BytesIO(), filename="a\u202eb.png"))])
    with pytest.raises(Invalid) as refusal:
        check_form(form)

    assert [error.pointer for error in refusal.value.errors] == ["/kind", "/file"]


@pytest.mark.parametrize("day", ["0", "20261130", "86400.0", "-1e-9", "9999-12-31", "0001-01-01"])
async def test_a_day_is_asked_for_as_a_day(client: httpx.AsyncClient, day: str) -> None:
    answer = await client.get("/v1/rules", params={"on": day})

    told = answer.json()
    assert (answer.status_code, told["type"]) == (422, "invalid")
    assert [error["pointer"] for error in told["errors"]] == ["/on"]


async def test_an_instant_is_asked_for_as_an_instant(
    client: httpx.AsyncClient, bearer: Callable[..., dict[str, str]]
) -> None:
    auditor = bearer(Role.AUDITOR)
    for instant in ("20261130", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
        answer = await client.get("/v1/audit", params={"since": instant}, headers=auditor)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/since")


@pytest.mark.parametrize("token", ["WzEsMl0", "WzFd", "W251bGxd", "W3RydWVd"])  # [1,2] [1] …
async def test_a_page_token_of_other_parts_is_refused(
    client: httpx.AsyncClient, token: str
) -> None:
    answer = await client.get("/v1/votes", params={"after": token})

    assert (answer.status_code, answer.json()["type"]) == (422, "bad-page-token")


async def test_a_body_of_many_faults_is_answered_with_few(client: httpx.AsyncClient) -> None:
    body = {f"f{number}": number for number in range(5_000)}
    answer = await client.post("/v1/cases", json=body, headers={"Idempotency-Key": "many-faults"})

    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 50
    assert len(answer.content) < 20_000


async def test_who_sends_what_cannot_be_read_is_told_how_to_send_it(
    client: httpx.AsyncClient,
) -> None:
    headers = {"Idempotency-Key": "in-another-code", "Content-Type": "application/json"}
    answer = await client.post(
        "/v1/cases", content='{"words":"演示"}'.encode("gbk"), headers=headers
    )

    assert answer.status_code == 400
    assert "UTF-8" in answer.json()["detail"]
