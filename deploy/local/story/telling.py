"""How the story is told: each call is made, checked, said in both languages, and can be written.

Nothing of a service is imported here: the story knows addresses, tokens and documents alone.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TextIO
from uuid import uuid4

import httpx

from common.clock import utc_now
from deploy.local.story.people import Person

PATIENCE_S: Final = 30.0  # how long the story waits for a feed to tell
PAUSE_S: Final = 0.1
LONGEST: Final = 600  # characters of a body that are shown

Act = Callable[[], Awaitable[Any]]


class StoryBrokenError(AssertionError):
    """A step was refused, or what it should bring about did not come."""


@dataclass
class Clock:
    """At what time requests are judged: it runs, and what takes weeks by law takes none here."""

    behind: timedelta = timedelta()

    @property
    def now(self) -> datetime:
        """The time by this clock."""
        return utc_now() - self.behind

    def pass_to(self, instant: datetime) -> None:
        """Let the time until an instant pass."""
        self.behind = utc_now() - instant

    def catch_up(self) -> None:
        """From now on it is the time of this machine."""
        self.behind = timedelta()


@dataclass
class Teller:
    """Calls the services and tells what was said; `out` is where, `None` tells nobody."""

    client: httpx.AsyncClient
    addresses: dict[str, str]
    clock: Clock
    out: TextIO | None = None
    written: list[str] = field(default_factory=list)

    def chapter(self, zh: str, en: str) -> None:
        """A new chapter begins."""
        self._say(f"\n== {zh} / {en}")
        self.written = [f"# {zh}", f"# {en}"]

    async def get(self, who: Person, address: str, zh: str = "", en: str = "") -> Any:
        """What is read at `service/path`; said aloud when there are words for it."""
        return await self._call(who, "GET", address, None, {}, zh, en)

    async def post(
        self,
        who: Person,
        address: str,
        body: Any = None,
        zh: str = "",
        en: str = "",
        *,
        of: Any = None,
    ) -> Any:
        """The answer to a change; `of` is the record as it was read, when it edits one."""
        headers = {"Idempotency-Key": str(uuid4()), **_match(of)}
        return await self._call(who, "POST", address, body, headers, zh, en)

    async def put(self, who: Person, address: str, body: Any, zh: str, en: str, *, of: Any) -> Any:
        """The answer to a replacement of what was read."""
        return await self._call(who, "PUT", address, body, _match(of), zh, en)

    async def divisions(self, who: Person, address: str, content: str, **form: str) -> None:
        """Hand in a list of divisions as a file."""
        answer = await self.client.post(
            self._url(address),
            data=form,
            files={"file": ("divisions.csv", content.encode(), "text/csv")},
            headers={**who.header, "Idempotency-Key": str(uuid4())},
        )
        _check("POST", address, answer)

    async def when_told(self, act: Act, is_there: Callable[[Any], bool] = bool) -> Any:
        """What `act` answers once a feed has brought what it needs, or what `is_there` looks for.

        Raises `StoryBrokenError` with the last refusal if that does not come.
        """
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                found = await act()
                if is_there(found):
                    return found
                told = StoryBrokenError(f"not told in {PATIENCE_S:.0f} s: {_short(found)}")
            except StoryBrokenError as refusal:
                told = refusal
            if time.monotonic() > until:
                raise told
            await asyncio.sleep(PAUSE_S)

    def write(self, file: Path) -> None:
        """The calls of this chapter as a file that editors can run."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(self.written) + "\n")

    async def _call(
        self, who: Person, method: str, address: str, body: Any, headers: Any, zh: str, en: str
    ) -> Any:
        answer = await self.client.request(
            method, self._url(address), json=body, headers={**who.header, **headers}
        )
        _check(method, address, answer)
        found = answer.json()
        if zh:
            self._tell(who, method, address, body, answer.status_code, found, zh, en)
        return found

    def _tell(
        self,
        who: Person,
        method: str,
        address: str,
        body: Any,
        status: int,
        found: Any,
        zh: str,
        en: str,
    ) -> None:
        asked = "" if body is None else " " + _short(body)
        self._say(f"\n{zh} / {en}")
        self._say(f"  {who.zh} {method} {address}{asked}\n  → {status} {_short(found)}")
        service, _, path = address.partition("/")
        self.written += ["", f"### {zh} / {en}", f"{method} {{{{{service}}}}}/{path}"]
        if who.header:
            self.written.append(f"Authorization: Bearer {{{{{who.role}}}}}")
        if body is not None:
            text = json.dumps(body, ensure_ascii=False, indent=2)
            self.written += ["Content-Type: application/json", "", text]

    def _url(self, address: str) -> str:
        service, _, path = address.partition("/")
        return f"{self.addresses[service]}/{path}"

    def _say(self, line: str) -> None:
        if self.out is not None:
            self.out.write(line + "\n")


def aloud(client: httpx.AsyncClient, addresses: dict[str, str], clock: Clock) -> Teller:
    """A teller who speaks to the terminal."""
    return Teller(client, addresses, clock, sys.stdout)


def _match(record: Any) -> dict[str, str]:
    return {} if record is None else {"If-Match": f'"v{record["version"]}"'}


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"


def _check(method: str, address: str, answer: httpx.Response) -> None:
    if not answer.is_success:
        raise StoryBrokenError(f"{method} {address}: {answer.status_code} {answer.text}")
