"""Structured logs: one JSON object a line, with request and trace id; plain text in development.

Never in a line: query strings, bodies, tokens, personal data. Known names are masked here as the
last net, and what PostgreSQL quotes of a row in its errors is cut out of tracebacks.
"""

import asyncio
import atexit
import logging
import re
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import orjson
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, WrappedLogger

from common.clock import utc_now
from common.settings import ServiceSettings

SECRET_NAMES: Final = frozenset(
    {
        *("authorization", "cookie", "token", "password", "secret", "key", "sign", "signature"),
        *("phone", "mobile", "resident_id", "id_card", "contact", "address", "body", "query"),
    }
)
MASK: Final = "***"
LATE_S: Final = 0.05  # how long a line of the access log waits for others
# `DETAIL:  Key (phone)=(138…) already exists.` and SQLAlchemy's `[parameters: (…)]` quote rows.
_QUOTED_ROWS: Final = re.compile(r"^(?:DETAIL:|\[parameters:|\s*Failing row contains).*$", re.M)


def access_log(*, is_traced: bool) -> Callable[..., None]:
    """Writes the line of a request from its named parts, none of which may be a secret.

    As JSON it is written straight, and with others: the way through all processors and a call of
    the system for each line cost as much as a short route.
    """
    if structlog.get_config()["processors"][-1] is not _as_json:
        line: Callable[..., None] = partial(structlog.get_logger("access").info, "request")
        return line
    add = _Gathered().add

    def written(**parts: Any) -> None:
        event = {"event": "request", "level": "info", "at": utc_now(), **parts}
        traced = _add_trace(None, "", event) if is_traced else event
        add(orjson.dumps(traced, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))

    return written


def configure_logging(settings: ServiceSettings) -> None:
    """Set up structlog, and the standard library's loggers through it. Safe to repeat."""
    is_json = settings.log_format == "json"
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _add_trace,
        structlog.processors.format_exc_info,
        _mask,
    ]
    render: Any = _as_json if is_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: _Lines(),
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    handler.name = "linli"
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if kept.name != handler.name] + [handler]
    root.setLevel(logging.INFO)
    # Each outgoing call would be a line, with the address and its query.
    logging.getLogger("httpx").setLevel(logging.WARNING)


class _Lines:
    """Writes a line to wherever stdout leads at that moment."""

    def msg(self, line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    debug = info = warning = error = critical = exception = fatal = log = msg


class _Gathered:
    """Writes lines that come close upon one another with one call of the system."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        atexit.register(self._write)

    def add(self, line: bytes) -> None:
        """Write a line, soon."""
        if not self._lines:
            asyncio.get_running_loop().call_later(LATE_S, self._write)
        self._lines.append(line)

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        sys.stdout.write(b"".join(lines).decode())
        sys.stdout.flush()


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return orjson.dumps(event, default=repr).decode()


def _add_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The trace id of the current span, when tracing is on."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
    return event


def _mask(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Mask what bears the name of a secret; cut quoted rows out of exceptions."""
    for name in event.keys() & SECRET_NAMES:
        event[name] = MASK
    if "exception" in event:
        event["exception"] = _QUOTED_ROWS.sub(MASK, str(event["exception"]))
    return event
