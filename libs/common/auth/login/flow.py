"""What has to survive between leaving for the provider and coming back: sealed, in a cookie.

The cookie binds the way back to the browser that left; nothing is kept on our side, so any copy of
the gateway can finish what another began. Pure but for the sealing.
"""

import base64
import binascii
import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, Self

import orjson
from cryptography.exceptions import InvalidTag

from common.auth.login.identity import Identity, SignInExpired
from common.crypto.keys import Keys

LASTS: Final = timedelta(minutes=10)
CONTEXT: Final = "login.pending"


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in under way. `nonce` and `verifier` serve the providers that know them."""

    provider: str
    state: str
    nonce: str
    verifier: str
    return_to: str
    ends_at: float

    @classmethod
    def begun(cls, provider: str, return_to: str, now: datetime) -> Self:
        """A new one, with fresh secrets."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        ends_at = (now + LASTS).timestamp()
        return cls(provider, state, nonce, verifier, return_to, ends_at)

    def sealed(self, keys: Keys) -> str:
        """The value of the cookie."""
        plain = orjson.dumps(asdict(self))
        return base64.urlsafe_b64encode(keys.seal(plain, context=CONTEXT)).decode()

    @classmethod
    def opened(cls, cookie: str, keys: Keys) -> Self:
        """What a cookie holds. Raises `SignInExpired`."""
        try:
            sealed = base64.urlsafe_b64decode(cookie.encode())
            return cls(**orjson.loads(keys.unseal(sealed, context=CONTEXT)))
        except (ValueError, TypeError, LookupError, binascii.Error, InvalidTag) as fault:
            raise SignInExpired from fault

    def must_fit(self, provider: str, state: str, now: datetime) -> None:
        """Refuse a way back that is not the one of this sign-in. Raises `SignInExpired`."""
        fits = hmac.compare_digest(self.state.encode(), state.encode("utf-8", "replace"))
        if not fits or self.provider != provider or now.timestamp() >= self.ends_at:
            raise SignInExpired


class Provider(Protocol):
    """One identity provider. `callback` is our address for the way back."""

    async def leave(self, pending: Pending, callback: str) -> str:
        """Where the browser is sent."""
        ...

    async def arrive(
        self, said: dict[str, Any], pending: Pending, callback: str, *, now: datetime
    ) -> Identity:
        """Who it is, by what the provider gave the browser. Raises `SignInRefused`."""
        ...
