"""Ticket exchange: the browser brings a ticket, our server changes it for the user.

Source: the trust login of the national platform and its provincial likes as public code shows it
(`loginTrust?backUrl=…`, a `ticket` on the way back, then ticket → token → user). The parameters in
force are given under contract, so every name and path here is a setting.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx

from common.auth.login.calls import asked, client
from common.auth.login.flow import Pending
from common.auth.login.identity import Identity, Reading, SignInRefused, at

SUCCESS: Final = frozenset({"0", "200", "000000"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One server call: `sends` are its fields, fixed or `{ticket}`, `{token}`, `{app_secret}`."""

    url: str
    sends: Mapping[str, str]
    takes: str = "data"
    is_json: bool = True


@dataclass(slots=True)
class TicketProvider:
    """A provider that hands out tickets. The last exchange answers with the user."""

    name: str
    login_url: str
    exchanges: tuple[Exchange, ...]
    app_secret: str = field(repr=False)
    reading: Reading = field(default_factory=Reading)
    back_parameter: str = "backUrl"
    ticket_parameter: str = "ticket"
    code_path: str = "code"
    transport: httpx.AsyncBaseTransport | None = None

    async def leave(self, pending: Pending, callback: str) -> str:
        """The login page; the state travels in our own address, since providers know none."""
        back = f"{callback}?{urlencode({'state': pending.state})}"
        joint = "&" if urlsplit(self.login_url).query else "?"
        return f"{self.login_url}{joint}{urlencode({self.back_parameter: back})}"

    async def arrive(
        self,
        said: dict[str, Any],
        pending: Pending,  # noqa: ARG002 - what a ticket proves is the provider's to know
        callback: str,  # noqa: ARG002 - likewise
        *,
        now: datetime,  # noqa: ARG002 - likewise
    ) -> Identity:
        """Change the ticket, step by step, for the user."""
        ticket = said.get(self.ticket_parameter)
        if not isinstance(ticket, str) or not ticket:
            raise SignInRefused
        known: dict[str, str] = {"ticket": ticket, "app_secret": self.app_secret}
        found: Any = None
        for exchange in self.exchanges:
            found = await self._changed(exchange, known)
            known["token"] = found if isinstance(found, str) else ""
        if not isinstance(found, Mapping):
            raise SignInRefused
        return self.reading.identity(self.name, found)

    async def _changed(self, exchange: Exchange, known: Mapping[str, str]) -> Any:
        fields = {name: value.format_map(known) for name, value in exchange.sends.items()}
        sent = {"json": fields} if exchange.is_json else {"data": fields}
        async with client(self.transport) as http:
            answer = await asked(http, "POST", exchange.url, **sent)
        if str(at(answer, self.code_path)) not in SUCCESS:
            raise SignInRefused
        return at(answer, exchange.takes)
