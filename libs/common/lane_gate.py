"""A lane's answer at the gate: given where uvicorn reads the request, before ASGI has a word.

A task, an event, a scope that is copied and three messages cost a short answer as much as its own
work. What a lane answers `at_once` needs none of them; requests of several connections that lie
ready at one time are answered together. It is the same lane with the same conditions
(`common.lane`); whatever is not answered here goes on as if nobody had looked.
"""

from time import perf_counter
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from common.lane import Asked, FastLane, Told, Waiting

LONGEST: Final = 100_000  # bytes of a body that a lane takes
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
        self._address = "", ""
        self._idle_since: float | None = None
        self._forget()

    def on_message_begin(self) -> None:
        """A request behind one that waits: that one is answered first."""
        self._settle()
        self._forget()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Keep a request back that may be answered here, once its body has come.

        The clock of an idle connection, which the answer before has started, stops.
        """
        self._unset_keepalive_if_required()
        self._is_kept = self._may_be_answered()
        if not self._is_kept:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Gather what belongs to a request that is kept back, as long as it is short."""
        if not self._is_kept:
            super().on_body(body)
            return
        self._said += body
        if len(self._said) > LONGEST:
            self._let_go()

    def on_message_complete(self) -> None:
        """Let the request wait for an answer, or go on."""
        if not self._is_kept or self._lanes is None:
            super().on_message_complete()
            return
        self._waits = True
        method, path = self._address
        scope = cast(dict[str, Any], self.scope)  # of this request; who goes on sets them anew
        scope["method"], scope["path"], scope["query_string"] = method, path, b""
        self._lanes.wait(Waiting(scope, bytes(self._said), perf_counter(), self._take))

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock of who has gone: as long as it runs it keeps all of this in memory."""
        super()._unset_keepalive_if_required()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """A request that has come, or a part of it, is answered before the connection is closed."""
        self._settle()
        if self._is_kept:
            self._let_go()
        super().shutdown()

    def _settle(self) -> None:
        """Have a request answered that waits."""
        if self._waits and self._lanes is not None:
            self._lanes.answer_waiting()

    def _take(self, answer: tuple[Told, Asked] | None) -> None:
        """Send an answer, or let the request go on."""
        self._waits = False
        if self.transport.is_closing():
            self._forget()
        elif answer is None:
            self._let_go()
            super().on_message_complete()
        else:
            self._forget()
            self.transport.write(_written(*answer))
            self.server_state.total_requests += 1
            self._rest()

    def on_response_complete(self) -> None:
        """The road has answered: its own clock of an idle connection replaces the one here."""
        super()._unset_keepalive_if_required()
        super().on_response_complete()
        self._idle_since = self.loop.time()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection when it has been idle for so long; else look again in time."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return  # what is being answered starts the clock again
        rest = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if rest > 0:
            self._start_clock(rest)
        else:
            super().timeout_keep_alive_handler()

    def _unset_keepalive_if_required(self) -> None:
        """Somebody asks. The clock runs on and finds that out.

        To stop it and start another would cost a short answer a twentieth of its time.
        """
        self._idle_since = None

    def _rest(self) -> None:
        """The connection is idle from now on."""
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._start_clock(self.timeout_keep_alive)

    def _start_clock(self, seconds: float) -> None:
        handler = self.timeout_keep_alive_handler
        self.timeout_keep_alive_task = self.loop.call_later(seconds, handler)

    def _is_next(self) -> bool:
        """Whether nothing is before this request, nor anything between it and its answer."""
        return (
            (self.cycle is None or self.cycle.response_complete)
            and not (self.flow.write_paused or self.transport.is_closing())
            and not (self.root_path or self.expect_100_continue)
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
            and self.parser.get_http_version() == _HTTP
        )

    def _may_be_answered(self) -> bool:
        """Whether a lane may answer this request at once. An address with a query has none."""
        if self._lanes is None:
            return False
        self._address = self.parser.get_method().decode("ascii"), self.url.decode("latin-1")
        return self._lanes.answers_at_once(*self._address) and self._is_next()

    def _forget(self) -> None:
        """Nothing is kept back."""
        self._is_kept = self._waits = False
        self._said = bytearray()

    def _let_go(self) -> None:
        """Hand a request on that was kept back."""
        said = bytes(self._said)
        self._forget()
        super().on_headers_complete()
        super().on_body(said)


def _written(told: Told, asked: Asked) -> bytes:
    """An answer in one piece."""
    more = b"".join([b"%b: %b\r\n" % header for header in told.headers]) if told.headers else b""
    own_id = asked.request_id.encode()
    return _ANSWER % (STATUS_LINE[told.status], len(told.body), more, own_id, told.body)
