"""What a service believes: issuers of tokens and apps that sign. Built once per process."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from starlette.requests import Request

from common.auth.actor import Actor
from common.auth.token import TokenInvalid, TokenVerifier
from common.errors import Unauthenticated


class SignatureCheck(Protocol):
    """Turns a signed request into a caller; `common.auth.apps` has the real one."""

    async def actor(self, request: Request, *, now: datetime) -> Actor:
        """The app that signed, as a caller."""
        ...


@dataclass(frozen=True, slots=True)
class Trust:
    """How credentials become callers. What is not configured is refused."""

    tokens: TokenVerifier | None = None
    signatures: SignatureCheck | None = None

    async def of_token(self, token: str, *, now: datetime) -> Actor:
        """The caller behind a bearer token."""
        if self.tokens is None:
            raise TokenInvalid
        return await self.tokens.actor(token, now=now)

    async def of_signed(self, request: Request, *, now: datetime) -> Actor:
        """The app behind a signed request."""
        if self.signatures is None:
            raise Unauthenticated
        return await self.signatures.actor(request, now=now)
