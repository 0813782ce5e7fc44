"""Calls to other services: repeated when safe, refusals told again, silence named."""

from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import structlog

from common.credentials import ClientCredentials
from common.errors import Conflict, Forbidden, Gone, NotFound, Text, Unavailable
from common.http import ServiceHttp, checked, found, retry_after_s

WHAT = Text("资源库", "The registry")
Answer = Callable[[httpx.Request], httpx.Response]


class Script:
    """A transport that answers line by line and remembers what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def calls(script: Answer, **options: object) -> ServiceHttp:
    return ServiceHttp(
        "http://registry.test", what=WHAT, transport=httpx.MockTransport(script), **options
    )


def problem(status: int, slug: str, detail: str = "", **more: object) -> httpx.Response:
    body = {"type": slug, "title": slug, "status": status, "detail": detail, **more}
    return httpx.Response(status, json=body)


async def test_a_read_is_repeated_until_somebody_answers():
    script = Script(httpx.ConnectError("down"), httpx.ReadTimeout("slow"), httpx.Response(200))

    async with calls(script) as http:
        response = await http.get("/v1/areas")

    assert response.status_code == 200
    assert len(script.asked) == 3


async def test_silence_is_told_as_unavailable_and_names_who_is_silent():
    script = Script(*[httpx.ConnectError("down")] * 3)

    async with calls(script) as http:
        with pytest.raises(Unavailable) as caught:
            await http.get("/v1/areas")

    assert caught.value.sentence().zh.startswith("资源库")
    assert "Retry-After" in caught.value.answer_headers()


async def test_a_post_without_a_key_is_sent_once():
    script = Script(httpx.ReadTimeout("slow"))

    async with calls(script) as http:
        with pytest.raises(Unavailable):
            await http.post("/v1/needs", json={})

    assert len(script.asked) == 1


async def test_a_keyed_post_is_repeated_with_the_same_key_and_body():
    script = Script(httpx.RemoteProtocolError("cut"), httpx.Response(201))

    async with calls(script) as http:
        await http.post("/v1/needs", json={"a": 1}, headers={"Idempotency-Key": "k-12345678"})

    assert [request.headers["Idempotency-Key"] for request in script.asked] == ["k-12345678"] * 2
    assert script.asked[0].content == script.asked[1].content


async def test_a_busy_service_is_asked_again_when_it_says():
    script = Script(httpx.Response(503, headers={"Retry-After": "0"}), httpx.Response(200))

    async with calls(script) as http:
        assert (await http.get("/v1/areas")).status_code == 200


async def test_nobody_waits_longer_than_a_caller_would():
    script = Script(httpx.Response(429, headers={"Retry-After": "3600"}))

    async with calls(script) as http:
        with pytest.raises(Unavailable):
            checked(await http.get("/v1/areas"))

    assert len(script.asked) == 1


async def test_a_busy_service_that_stays_busy_is_unavailable():
    script = Script(*[httpx.Response(503, headers={"Retry-After": "0"}) for _ in range(3)])

    async with calls(script) as http:
        with pytest.raises(Unavailable):
            checked(await http.get("/v1/areas"))

    assert len(script.asked) == 3


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("7", 7.0), ("", 0.0), ("soon", 0.0), ("Mon, 02 Mar 2026 01:30:09 GMT", 9.0), ("-3", 0.0)],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(told, seconds, now):
    answer = httpx.Response(503, headers={"Retry-After": told})

    assert retry_after_s(answer, now) == seconds


@pytest.mark.parametrize(
    ("status", "family"), [(403, Forbidden), (404, NotFound), (409, Conflict), (410, Gone)]
)
async def test_a_refusal_comes_back_as_the_problem_it_was(status, family):
    told = problem(status, "hall-taken", "大厅 {A} 已被占用。")

    async with calls(Script(told)) as http:
        with pytest.raises(family) as caught:
            checked(await http.get("/v1/bookings"))

    assert caught.value.slug == "hall-taken"
    assert caught.value.status == status
    assert caught.value.sentence().zh == "大厅 {A} 已被占用。"


async def test_field_errors_come_back_with_their_pointers():
    fault = {"pointer": "/starts_at", "value": "x", "message": "不是时间"}

    async with calls(Script(problem(422, "invalid", "有误。", errors=[fault]))) as http:
        with pytest.raises(Exception, match="有误") as caught:
            checked(await http.get("/v1/bookings"))

    assert caught.value.errors[0].pointer == "/starts_at"
    assert caught.value.errors[0].message.zh == "不是时间"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'"text"'])
async def test_a_refusal_that_is_no_problem_document_is_still_a_refusal(body):
    async with calls(Script(httpx.Response(409, content=body))) as http:
        with pytest.raises(Conflict):
            checked(await http.get("/v1/bookings"))


async def test_a_refused_own_credential_is_our_fault_not_the_callers():
    async with calls(Script(problem(401, "unauthenticated"))) as http:
        with pytest.raises(Unavailable):
            checked(await http.get("/v1/bookings"))


async def test_an_answer_nobody_planned_for_is_loud():
    async with calls(Script(httpx.Response(405))) as http:
        with pytest.raises(httpx.HTTPStatusError):
            checked(await http.get("/v1/bookings"))


async def test_the_request_id_travels_on():
    script = Script(httpx.Response(200))

    async with calls(script) as http:
        with structlog.contextvars.bound_contextvars(request_id="abc-12345"):
            await http.get("/v1/areas")

    assert script.asked[0].headers["X-Request-Id"] == "abc-12345"


def token(value: str, lifetime_s: int = 300) -> httpx.Response:
    return httpx.Response(200, json={"access_token": value, "expires_in": lifetime_s})


def credentials(clock: Callable[[], datetime]) -> ClientCredentials:
    return ClientCredentials("http://issuer.test/token", "matching", "s3cret", clock=clock)


async def test_a_service_token_is_fetched_once_and_kept_while_it_lives(now):
    script = Script(token("one"), httpx.Response(200), httpx.Response(200))

    async with calls(script, auth=credentials(lambda: now)) as http:
        await http.get("/a")
        await http.get("/b")

    hosts = [request.url.host for request in script.asked]
    assert hosts == ["issuer.test", "registry.test", "registry.test"]
    assert script.asked[2].headers["Authorization"] == "Bearer one"
    assert b"client_credentials" in script.asked[0].content
    assert b"s3cret" not in script.asked[0].content


async def test_an_id_or_secret_with_odd_signs_is_form_encoded_before_it_is_joined(now):
    script = Script(token("one"), httpx.Response(200))
    odd = ClientCredentials("http://issuer.test/token", "a:b", "s%3 é", clock=lambda: now)

    async with calls(script, auth=odd) as http:
        await http.get("/a")

    told = script.asked[0].headers["Authorization"].removeprefix("Basic ")
    assert b64decode(told) == b"a%3Ab:s%253+%C3%A9"


async def test_a_service_token_is_renewed_before_it_ends():
    at = [datetime(2026, 3, 2, tzinfo=UTC)]
    script = Script(token("one", 60), httpx.Response(200), token("two"), httpx.Response(200))

    async with calls(script, auth=credentials(lambda: at[0])) as http:
        await http.get("/a")
        at[0] += timedelta(seconds=31)
        await http.get("/b")

    assert script.asked[3].headers["Authorization"] == "Bearer two"


async def test_a_refused_service_token_is_renewed_once(now):
    script = Script(token("one"), httpx.Response(401), token("two"), httpx.Response(200))

    async with calls(script, auth=credentials(lambda: now)) as http:
        assert (await http.get("/a")).status_code == 200

    assert script.asked[3].headers["Authorization"] == "Bearer two"


@pytest.mark.parametrize(
    "refusal", [httpx.Response(400), httpx.Response(200, json={}), httpx.Response(200, text="x")]
)
async def test_a_provider_that_gives_no_token_is_unavailable(refusal, now):
    async with calls(Script(refusal), auth=credentials(lambda: now)) as http:
        with pytest.raises(Unavailable):
            await http.get("/a")


async def test_a_record_that_does_not_exist_is_nothing_and_an_unserved_address_is_a_fault():
    async with calls(Script(problem(404, "not-found"), problem(404, "no-such-address"))) as http:
        assert found(await http.get("/v1/agendas/1")) is None
        with pytest.raises(Unavailable):
            found(await http.get("/v1/agendas/1"))
