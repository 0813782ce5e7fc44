"""A lane's answer at the gate: given where uvicorn reads the request, before ASGI has a word.

A task, an event, a scope that is copied and three messages cost a short answer as much as its own
work. What a lane answers `at_once` needs none of them. It is the same lane with the same conditions
(`common.lane`); whatever is not answered here goes on as if nobody had looked.
"""

from time import perf_counter
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from common.lane import Asked, FastLane, Lane, Told

_HTTP: Final = "1.1"
# Status line, the headers of `common.lane.headers_of`, body.
_ANSWER: Final = (
    b"%bcontent-type: application/json\r\ncontent-length: %d\r\n%bx-request-id: %b\r\n\r\n%b"
)


class Gate(HttpToolsProtocol):
    """uvicorn's protocol, one for each connection: `Config(http=Gate, proxy_headers=False)`.

    What uvicorn would put around the app hides the lanes from it, and all goes on.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stack = getattr(self.app, "middleware_stack", None)
        self._lanes = stack if isinstance(stack, FastLane) else None
        self._taken: tuple[Lane, Asked] | None = None
        self._said = b""

    def on_headers_complete(self) -> None:
        """Keep a request back that can be answered here, once its body has come."""
        self._taken = self._at_gate()
        if self._taken is None:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Gather what belongs to a request that is kept back: below 100 kB."""
        if self._taken is None:
            super().on_body(body)
        else:
            self._said += body

    def on_message_complete(self) -> None:
        """Answer, or let the request go on."""
        if self._taken is None or self._lanes is None:
            super().on_message_complete()
            return
        started = perf_counter()
        lane, asked = self._taken[0], self._taken[1]._replace(said=self._said)
        told = self._lanes.told_at_once(lane, asked)
        if told is None:
            self._let_go()
            super().on_message_complete()
            return
        self._taken, self._said = None, b""
        self.transport.write(_written(told, asked))
        self._lanes.count(lane, asked, told.status, perf_counter() - started)
        self.on_response_complete()

    def shutdown(self) -> None:
        """A request of which a part has come is answered before the connection is closed."""
        if self._taken is not None:
            self._let_go()
        super().shutdown()

    def _is_next(self) -> bool:
        """Whether nothing is before this request, nor anything between it and its answer."""
        return (
            (self.cycle is None or self.cycle.response_complete)
            and not (self.flow.write_paused or self.transport.is_closing())
            and not (self.root_path or self.expect_100_continue)
            and self.parser.get_http_version() == _HTTP
            and self.parser.should_keep_alive()
        )

    def _at_gate(self) -> tuple[Lane, Asked] | None:
        """The lane of a request that answers at once. An address with a query has none."""
        lanes = self._lanes
        method, path = self.parser.get_method().decode("ascii"), self.url.decode("latin-1")
        if lanes is None or not lanes.answers_at_once(method, path) or not self._is_next():
            return None
        return lanes.taken({**self.scope, "method": method, "path": path, "query_string": b""})

    def _let_go(self) -> None:
        """Hand a request on that was kept back."""
        said, self._taken, self._said = self._said, None, b""
        super().on_headers_complete()
        super().on_body(said)


def _written(told: Told, asked: Asked) -> bytes:
    """An answer in one piece."""
    more = b"".join([b"%b: %b\r\n" % header for header in told.headers])
    own_id = asked.request_id.encode()
    return _ANSWER % (STATUS_LINE[told.status], len(told.body), more, own_id, told.body)
