"""HEAD wherever GET is: the same answer, with the same headers, and nothing of its body.

Who asks so is let in or refused, counted and written down as who asks to read: the headers tell of
what is there, too. Source: RFC 9110, 9.3.2.
"""

from typing import Final

from anyio import CancelScope
from anyio.lowlevel import checkpoint
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ASKED: Final = "linli.method"
_LENGTH: Final = b"content-length"
_WITHOUT_BODY: Final = frozenset({204, 304})
_END: Final[Message] = {"type": "http.response.body", "body": b"", "more_body": False}


class Heads:
    """Pure ASGI, before the routes: each of them answers a GET."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return
        asked: Scope = {**scope, "method": "GET", _ASKED: "HEAD"}
        stream = CancelScope()

        async def tell(message: Message) -> None:
            """The head and the end of an answer. What has no length may have no end: it is left."""
            if message["type"] != "http.response.start":
                return
            await send(message)
            await send(_END)
            if message["status"] not in _WITHOUT_BODY and _LENGTH not in dict(message["headers"]):
                stream.cancel()
                await checkpoint()  # before the stream begins

        with stream:
            await self.app(asked, receive, tell)
        scope.update({name: asked[name] for name in asked.keys() - scope.keys()})  # as its route


def method_asked(request: HTTPConnection) -> str:
    """The method that the caller has sent, and signed."""
    method: str = request.scope.get(_ASKED, request.scope["method"])
    return method
