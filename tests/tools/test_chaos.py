"""Callers of the chaos do not give up, its books notice what is lost, its end leaves nothing."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from common.auth.development import DevelopmentIssuer
from deploy.local.environment import SERVICES
from deploy.local.story.people import NEXT_DOOR, PUBLIC, People
from deploy.local.story.telling import Clock, StoryBrokenError, Teller
from tools.chaos.callers import Books, Caller
from tools.chaos.city import end, unhurried
from tools.chaos.inquest import report
from tools.chaos.reckoning import _same

ADDRESSES = {name: f"http://{name}.test" for name in SERVICES}
PROVIDER = str(UUID(int=7))
LATER = {"Retry-After": "1"}


class Away:
    """A service that is away for a while, then answers; it remembers the keys it was asked with."""

    def __init__(self, *answers: httpx.Response) -> None:
        self._answers = list(answers)
        self.keys: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers.get("Idempotency-Key", ""))
        return self._answers.pop(0)


def caller(away: Away, books: Books) -> Caller:
    return Caller(httpx.AsyncClient(transport=httpx.MockTransport(away)), ADDRESSES, books)


async def test_what_was_not_answered_is_asked_again_with_the_same_key() -> None:
    replayed = {"Idempotent-Replayed": "true"}
    away = Away(
        httpx.Response(503, headers=LATER),
        httpx.Response(201, json={"id": "1"}, headers=replayed),
    )
    books = Books()

    made = await caller(away, books).post(PUBLIC, "matching/v1/needs", {})

    assert made == {"id": "1"}
    assert len(set(away.keys)) == 1
    assert (books.repeated, books.replayed, books.odd) == (1, 1, [])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(503), "without Retry-After"),
        (httpx.Response(500, json={"type": "internal"}), "500"),
        (httpx.Response(409, json={"type": "need-ended"}), "409"),
    ],
)
async def test_any_other_fault_is_odd(answer: httpx.Response, words: str) -> None:
    books = Books()
    away = Away(answer, httpx.Response(201, json={"id": "1"}))

    await caller(away, books).post(PUBLIC, "matching/v1/needs", {})

    [odd] = books.odd
    assert words in odd


async def test_a_refusal_that_is_fine_is_counted() -> None:
    books = Books()
    away = Away(httpx.Response(409, json={"type": "offering-full"}))

    made = await caller(away, books).post(
        PUBLIC, "matching/v1/referrals", {}, fine=("offering-full",)
    )

    assert made is None
    assert books.odd == []
    assert books.refusals == Counter({"offering-full": 1})


async def test_a_broken_story_tells_its_last_calls_and_what_each_service_knows(
    tmp_path: Path,
) -> None:
    def answered(request: httpx.Request) -> httpx.Response:
        if "exact" in request.url.path:
            return httpx.Response(403, json={"type": "forbidden"})
        found = {"items": [{"provider_id": PROVIDER}]} if "matches" in request.url.path else {}
        return httpx.Response(200, json={"results": [found], "path": request.url.path})

    client = httpx.AsyncClient(transport=httpx.MockTransport(answered))
    tell, issuer = Teller(client, ADDRESSES, Clock()), DevelopmentIssuer.at(tmp_path)
    for _ in range(3):
        await tell.get(PUBLIC, "registry/v1/areas")
    broken = StoryBrokenError("not told in 60 s")
    lines = await report(tell, broken, (People(issuer), People(issuer, NEXT_DOOR)))

    said = "\n".join(lines)
    assert "not told in 60 s" in lines[0]
    assert "GET registry/v1/areas → 200 ×3" in lines[1]
    for service in SERVICES:
        assert f'{service}/readyz: {{"results"' in said
    assert f"{PROVIDER}/ratings/recomputed" in said
    assert "403" in next(line for line in lines if "/ratings/exact" in line)


@pytest.mark.parametrize(
    ("there", "told", "holds"),
    [
        (["a", "b"], ["b", "a"], True),
        (["a"], ["a", "b"], False),
        (["a", "b"], ["a"], False),
        (["a"], ["a", "a"], False),
    ],
    ids=["same", "lost", "never told", "told twice"],
)
def test_what_is_lost_or_doubled_shows(there: list[str], told: list[str], *, holds: bool) -> None:
    assert _same("need", there, told).holds is holds


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_who_asks_a_second_time_does_not_cut_the_end_short(asked: signal.Signals) -> None:
    before = signal.getsignal(asked)
    with unhurried():
        os.kill(os.getpid(), asked)  # what is inside is done to its end
    assert signal.getsignal(asked) is before


def test_a_platform_that_does_not_end_is_killed() -> None:
    deaf = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); print(); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as runner:
        assert runner.stdout is not None
        runner.stdout.readline()
        end(runner, patience_s=0.2)

    assert runner.returncode == -signal.SIGKILL
