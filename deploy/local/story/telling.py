"""How the story is told: each call is made, checked, said in both languages, and can be written.

Nothing of a service is imported here: the story knows addresses, tokens and documents alone.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TextIO
from uuid import uuid4

import httpx

from common.clock import utc_now
from common.edge import DEVELOPMENT_TIME
from deploy.local.story.people import Person
from deploy.local.story.trail import Trail
from deploy.local.story.walkthrough import Told, Walkthrough

BEGINS: Final = timedelta(days=60)  # before today: votes and tenders take their weeks
PATIENCE_S: Final = 60.0  # how long the story waits for a feed to tell, or for a service
PAUSE_S: Final = 0.1
LONGEST: Final = 600  # characters of a body that are shown
REFUSED: Final = frozenset({403, 409})
AWAY: Final = (httpx.NetworkError, httpx.RemoteProtocolError)  # cut off; a timeout was long enough

Act = Callable[[], Awaitable[Any]]


class StoryBrokenError(AssertionError):
    """A step was refused, or what it should bring about did not come."""

    def __init__(self, words: str, status: int = 0) -> None:
        super().__init__(words)
        self.status = status


@dataclass
class Clock:
    """At what time requests are judged: what takes weeks by law takes none here.

    It runs; `behind` is negative where it is ahead.
    """

    behind: timedelta = timedelta()

    @property
    def now(self) -> datetime:
        """The time by this clock."""
        return utc_now() - self.behind

    @property
    def header(self) -> dict[str, str]:
        """What tells a service of the local run this time; nothing when it is its own."""
        return {DEVELOPMENT_TIME: self.now.isoformat()} if self.behind else {}

    def pass_to(self, instant: datetime) -> None:
        """Let the time until an instant pass."""
        self.behind = utc_now() - instant

    def catch_up(self) -> None:
        """From now on it is the time of this machine."""
        self.behind = timedelta()


@dataclass
class Teller:
    """Calls the services and tells what was said.

    Words go to `out`, the calls to `files`, where these are given. A service that is away for a
    moment (503, a connection cut off) is asked again, the same call with the same key.
    """

    client: httpx.AsyncClient
    addresses: dict[str, str]
    clock: Clock
    out: TextIO | None = None
    files: Walkthrough | None = None
    trail: Trail = field(default_factory=Trail)
    _held: list[Told] | None = None  # what a try that may fail would tell
    _unsaid: int | None = None  # calls so far of many that are alike
    _chapter: str = ""  # where the story is, for whoever learns that it broke

    def chapter(self, zh: str, en: str) -> None:
        """A new chapter begins."""
        self._chapter = en
        self.say(f"\n== {zh} / {en}")
        if self.files is not None:
            self.files.chapter(zh, en)

    def say(self, line: str) -> None:
        """A line for whoever listens."""
        if self.out is not None:
            self.out.write(line + "\n")
            self.out.flush()

    @contextmanager
    def in_short(self, zh: str, en: str) -> Iterator[None]:
        """Say many calls that are alike in one line; each of them is in the files."""
        self._unsaid = 0
        try:
            yield
            self.say(f"\n{zh} / {en}\n  （{self._unsaid} 次调用 calls）")
        finally:
            self._unsaid = None

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

    async def if_allowed(self, act: Act) -> Any:
        """What `act` answers; None when it is refused."""
        try:
            return await act()
        except StoryBrokenError as refusal:
            if refusal.status not in REFUSED:
                raise
            return None

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
                late = f"{self._chapter}: not told in {PATIENCE_S:.0f} s"
                told = StoryBrokenError(f"{late}: {_short(found)}")
            except StoryBrokenError as refusal:
                told = refusal
            finally:
                held, self._held = self._held, None
                for each in held:
                    self._tell(each)
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
        headers = {**headers, **self.clock.header}
        answer = await self._answered(method, address, body, {**who.header, **headers})
        _check(method, address, answer)
        found = answer.json()
        if zh:
            role = who.role if who.header else ""
            told = Told(
                *(f"{zh} / {en}", who.zh, role, method, address, body, headers),
                *(answer.status_code, found),
            )
            self._tell(told) if self._held is None else self._held.append(told)
        return found

    async def _answered(
        self, method: str, address: str, body: Any, headers: dict[str, str]
    ) -> httpx.Response:
        """The answer; who is away, or asks to come again (503), gets the same call once more."""
        until = time.monotonic() + PATIENCE_S
        while True:
            is_last = time.monotonic() > until
            try:
                answer = await self.client.request(
                    method, self._url(address), json=body, headers=headers
                )
            except AWAY:
                if is_last:
                    raise
            else:
                self.trail.note(self.clock.now, f"{method} {address}", body, answer)
                if is_last or answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    return answer
            await asyncio.sleep(PAUSE_S)

    def _tell(self, told: Told) -> None:
        if self.files is not None:
            self.files.add(told)
        if self._unsaid is not None:
            self._unsaid += 1
            return
        asked = "" if told.body is None else " " + _short(told.body)
        self.say(f"\n{told.title}")
        self.say(f"  {told.who} {told.method} {told.address}{asked}")
        self.say(f"  → {told.status} {_short(told.found)}")

    def _url(self, address: str) -> str:
        service, _, path = address.partition("/")
        return f"{self.addresses[service]}/{path}"


def _match(record: Any) -> dict[str, str]:
    return {} if record is None else {"If-Match": f'"v{record["version"]}"'}


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[:LONGEST] + " …"


def _check(method: str, address: str, answer: httpx.Response) -> None:
    if not answer.is_success:
        words = f"{method} {address}: {answer.status_code} {answer.text}"
        raise StoryBrokenError(words, answer.status_code)
