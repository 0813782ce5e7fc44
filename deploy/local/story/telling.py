"""How the story is told: each call is made, checked, said in both languages, and can be written.

Nothing of a service is imported here: the story knows addresses, tokens and documents alone.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO
from uuid import uuid4

import httpx

from common.clock import utc_now
from deploy.local.story.people import Person

PATIENCE_S: Final = 60.0  # how long the story waits for a feed to tell
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
    """Calls the services and tells what was said.

    Words go to `out`, the calls of each chapter to a file of `directory`, where these are given.
    """

    client: httpx.AsyncClient
    addresses: dict[str, str]
    clock: Clock
    out: TextIO | None = None
    directory: Path | None = None
    chapters: int = 0
    _held: list[Callable[[], None]] | None = None  # what a try that may fail would tell

    def chapter(self, zh: str, en: str) -> None:
        """A new chapter begins."""
        self.chapters += 1
        self._say(f"\n== {zh} / {en}")
        self._write(f"# {zh}\n# {en}")

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
            self._held = []
            try:
                found = await act()
                if is_there(found):
                    return found
                self._held = []
                told = StoryBrokenError(f"not told in {PATIENCE_S:.0f} s: {_short(found)}")
            except StoryBrokenError as refusal:
                told = refusal
            finally:
                held, self._held = self._held, None
                for tell in held:
                    tell()
            if time.monotonic() > until:
                raise told
            await asyncio.sleep(PAUSE_S)

    async def _call(
        self,
        who: Person,
        method: str,
        address: str,
        body: Any,
        headers: dict[str, str],
        zh: str,
        en: str,
    ) -> Any:
        answer = await self.client.request(
            method, self._url(address), json=body, headers={**who.header, **headers}
        )
        _check(method, address, answer)
        found = answer.json()
        if zh:
            tell = partial(
                self._tell, who, method, address, body, headers, answer.status_code, found, zh, en
            )
            self._held.append(tell) if self._held is not None else tell()
        return found

    def _tell(
        self,
        who: Person,
        method: str,
        address: str,
        body: Any,
        headers: dict[str, str],
        status: int,
        found: Any,
        zh: str,
        en: str,
    ) -> None:
        asked = "" if body is None else " " + _short(body)
        self._say(f"\n{zh} / {en}")
        self._say(f"  {who.zh} {method} {address}{asked}\n  → {status} {_short(found)}")
        self._write(
            "\n".join(["", f"### {zh} / {en}", *_as_http(who, method, address, body, headers)])
        )

    def _url(self, address: str) -> str:
        service, _, path = address.partition("/")
        return f"{self.addresses[service]}/{path}"

    def _say(self, line: str) -> None:
        if self.out is not None:
            self.out.write(line + "\n")

    def _write(self, text: str) -> None:
        """Into the file of this chapter; a new chapter begins a new file."""
        if self.directory is None:
            return
        file = self.directory / f"{self.chapters - 1}.http"
        is_new = text.startswith("# ")
        with file.open("w" if is_new else "a") as opened:
            opened.write(text + "\n")


def _as_http(
    who: Person, method: str, address: str, body: Any, headers: dict[str, str]
) -> list[str]:
    """A call as editors run it; addresses and tokens are their variables."""
    service, _, path = address.partition("/")
    lines = [f"{method} {{{{{service}}}}}/{path}"]
    if who.header:
        lines.append(f"Authorization: Bearer {{{{{who.role}}}}}")
    for name, value in headers.items():
        lines.append(f"{name}: {'{{$guid}}' if name == 'Idempotency-Key' else value}")
    if body is not None:
        text = json.dumps(body, ensure_ascii=False, indent=2)
        lines += ["Content-Type: application/json", "", text]
    return lines


def _match(record: Any) -> dict[str, str]:
    return {} if record is None else {"If-Match": f'"v{record["version"]}"'}


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"


def _check(method: str, address: str, answer: httpx.Response) -> None:
    if not answer.is_success:
        raise StoryBrokenError(f"{method} {address}: {answer.status_code} {answer.text}")
