"""What an app tells about itself: lines without secrets, figures by route, traces on demand."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
import structlog
from asgi_lifespan import LifespanManager
from fastapi import FastAPI

from common import telemetry
from common.logs import LATE_S, configure_logging
from common.metrics import Reading
from common.middleware import RequestId
from common.settings import ServiceSettings


def _settings(environment: str) -> ServiceSettings:
    return ServiceSettings(
        environment=environment, database_url="postgresql://-", base_url="http://service.test"
    )


@pytest.fixture
def production_logs() -> Any:
    configure_logging(_settings("production"))
    yield
    structlog.reset_defaults()


async def _two(_: Any) -> list[Reading]:
    return [Reading("feed_waiting", 2, {"kind": "area"})]


async def _broken(_: Any) -> list[Reading]:
    raise ConnectionError


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI(telemetry=telemetry.tracing("registry"))

    @app.get("/v1/areas/{code}")
    async def area(code: str) -> str:
        structlog.get_logger().info("looked", code_length=len(code))
        return code

    telemetry.instrument(app, "registry", [_two, _broken])
    app.add_middleware(RequestId)
    async with LifespanManager(app) as manager:
        transport = httpx.ASGITransport(manager.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service.test") as calls:
            yield calls


async def test_requests_are_counted_by_template_and_never_by_address(
    client: httpx.AsyncClient,
) -> None:
    await client.get("/v1/areas/310101")
    await client.get("/v1/areas/310104")
    await client.get("/nowhere/at/all")

    page = (await client.get("/metrics")).text

    assert (
        'http_request_duration_seconds_count{method="GET",route="/v1/areas/{code}",status="200"} 2'
        in page
    )
    assert 'route="(none)",status="404"} 1' in page
    assert "310101" not in page


async def test_gauges_of_others_are_read_and_a_broken_source_costs_only_itself(
    client: httpx.AsyncClient,
) -> None:
    page = (await client.get("/metrics")).text

    assert 'feed_waiting{kind="area"} 2.0' in page
    assert "http_requests_in_flight 1.0" in page
    assert "metrics_source_failures_total 2.0" in page  # no database here, and the broken one


async def test_each_line_is_json_with_the_request_id_and_without_the_query(
    production_logs: None, client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await client.get("/v1/areas/310101?q=老王家", headers={"X-Request-Id": "abcdefgh-1"})
    await asyncio.sleep(2 * LATE_S)

    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["looked", "request"]
    assert {line["request_id"] for line in lines} == {"abcdefgh-1"}
    assert lines[1]["route"] == "/v1/areas/{code}"
    assert "老王" not in str(lines)


async def test_secrets_and_quoted_rows_are_masked(
    production_logs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "duplicate key\nDETAIL:  Key (phone)=(13800000000) already exists."
    try:
        raise ValueError(said)
    except ValueError:
        structlog.get_logger().exception("failed", token="abc", phone="13800000000")

    line = capsys.readouterr().out
    assert "13800000000" not in line
    assert orjson.loads(line)["token"] == "***"


def test_tracing_is_off_until_an_endpoint_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert telemetry.tracing("registry")["tracing"] is False

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.test:4318")
    config = telemetry.tracing("registry")

    provider = config["tracer_provider"]
    with provider.get_tracer("t").start_as_current_span("s", attributes={"url.query": "a=1"}) as s:
        assert s.attributes["url.query"] == "***"
    assert config["auto_configure"] is True
