"""What an app tells about itself: traces, `/metrics` and the access log (lines: `common.logs`).

`FastAPI(telemetry=tracing(name), …)`, then, after all routes and before outer middleware,
`instrument(app, name, sources)`; `sources` read the gauges of others (`common.metrics.gauges_of`).
Traces leave the process only when OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT) is set.
"""

import os
from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from starlette.responses import PlainTextResponse

from common.logs import access_log
from common.metrics import Measured, Metrics, Source, pool_gauges

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class _WithoutQuery(SpanProcessor):
    """A search near home is where somebody lives: the query never reaches a trace."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's
        if span.attributes and "url.query" in span.attributes:
            span.set_attribute("url.query", "***")


def _is_wanted() -> bool:
    return any(os.environ.get(name) for name in ENDPOINTS)


def tracing(service: str) -> TelemetryConfig:
    """FastAPI's own tracing, exporting by OTLP; all off unless an endpoint is set."""
    if not _is_wanted():
        return {"tracing": False, "metrics": False, "logs": False}
    provider = TracerProvider(resource=Resource.create({"service.name": f"linli-{service}"}))
    provider.add_span_processor(_WithoutQuery())
    return {
        "tracer_provider": provider,
        "metrics": False,  # Prometheus has them
        "logs": False,  # structlog has them, masked
        "operation_spans": False,
        "auto_configure": True,
    }


def instrument(app: FastAPI, service: str, sources: Sequence[Source] = ()) -> Metrics:
    """Add `/metrics` and measure every request."""
    metrics = Metrics(service, (pool_gauges, *sources), access_log(is_traced=_is_wanted()))
    app.add_middleware(Measured, metrics=metrics)
    app.add_api_route(
        "/metrics",
        metrics.page,
        methods=["GET"],
        tags=["operations"],
        summary="运行指标 / Figures for Prometheus",
        response_class=PlainTextResponse,
        openapi_extra={"x-permission": "probe:read"},
    )
    return metrics
