"""Who holds the whole database without the keys cannot tell how anybody voted.

The proof is by two elections in which the same people cast the same ballots the other way round:
their dumps, taken by pg_dump itself, read the same but for what is random.
"""

import re
import subprocess
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from common.auth.roles import Role
from common.crypto.keys import Keys
from common.db import database
from deploy.local.account import server_account
from deploy.local.binaries import postgres_binaries
from deploy.local.environment import Urls
from feedback.domain.ballots import UrnBrokenError, UrnLock, new_key, read, urns_for, written
from feedback.usecases import vote_counting
from tests.feedback.cases import HOME
from tests.feedback.polls import Sessions, office, published, send, verified_homes
from tests.harness import Apps, Databases

Header = dict[str, str]
CHOICES = [[1], [2], [3], [1, 2], [1, 3], [2, 3], [1, 2, 3]]
SEALED = 7  # bytes of one ballot, a byte each
VOTE = UUID("01900000-0000-7000-8000-00000000000a")


def dumped(urls: Urls) -> str:
    """The database as pg_dump writes it: every row in the order in which it lies on the disk."""
    program = Path(postgres_binaries(server_account())) / "pg_dump"
    made = subprocess.run(
        [program, "--no-owner", urls.owner], capture_output=True, text=True, check=True
    )
    return made.stdout


RANDOM = (
    (r"\\\\x([0-9a-f]*)", lambda found: f"<{len(found[1])} signs of ciphertext or digest>"),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
    (r"\b([0-9a-f]{64}|[0-9a-f]{32})\b", "<pseudonym>"),
    (r"\d{4}-\d\d-\d\d[T ][0-9:.]+(Z|\+00)", "<time>"),
    (r"\b[A-Z]{2}\d{6}-\w{5}-\w{5}\b", "<number>"),
    (r"(\\(un)?restrict) \w+", r"\1"),
)


def without_chance(dump: str) -> str:
    """A dump with everything random, and every time, replaced by what it is and how long."""
    for pattern, instead in RANDOM:
        dump = re.sub(pattern, instead, dump)
    return dump


def without_order(dump: str) -> str:
    """The published ballots in some order: it is random, and the same ballots in both elections."""
    head, found, rest = re.split(r"(COPY public\.counted_ballot [^\n]*\n)", dump)
    rows, end, tail = rest.partition("\\.\n")
    bare = sorted(row.split("\t")[2] for row in rows.splitlines())
    return head + found + "\n".join(bare) + end + tail


async def elected(
    apps: Apps,
    databases: Databases,
    bearer: Callable[..., Header],
    keys: Keys,
    choices: Sequence[Sequence[int]],
    *,
    home: str | None = HOME,
) -> tuple[str, str]:
    """An election through the API, dumped while it is open and after its count.

    Without a `home` in their tokens the voters have been verified at a desk.
    """
    with databases.fresh("feedback") as urls:
        async with (
            database(urls.app) as opened,
            apps.live("feedback", urls, worker="false") as client,
        ):
            vote = await published(opened.sessions, keys, electors=300)
            if home is None:
                await verified_homes(opened.sessions, keys, len(choices))
            for at, chosen in enumerate(choices):
                voter = bearer(Role.RESIDENT, subject=f"voter-{at}", area=home)
                answer = await send(client, voter, f"/v1/votes/{vote.id}/ballots", choices=chosen)
                assert answer.status_code == 200, answer.text
            await _digests_are_of_nothing(opened.sessions)
            running = dumped(urls)
            async with opened.sessions.begin() as session:
                await vote_counting.count(
                    session, vote.id, version=2, keys=keys, by=office(), now=vote.closes_at
                )
            return running, dumped(urls)


async def _digests_are_of_nothing(sessions: Sessions) -> None:
    """The store of kept answers holds no digest from which a short list of choices is guessed."""
    async with sessions() as session:
        kept = text("SELECT DISTINCT body_digest FROM idempotency_key WHERE target LIKE '%ballots'")
        assert (await session.scalars(kept)).all() == [sha256(b"").digest()]


@pytest.fixture(scope="module")
def service() -> str:
    return "feedback"


@pytest.mark.parametrize("home", [HOME, None], ids=["home-in-token", "home-by-desk"])
async def test_dumps_read_the_same_whoever_chose_what(
    apps: Apps,
    databases: Databases,
    bearer: Callable[..., Header],
    keys: Keys,
    home: str | None,
) -> None:
    running, over = await elected(apps, databases, bearer, keys, CHOICES, home=home)
    running_too, over_too = await elected(apps, databases, bearer, keys, CHOICES[::-1], home=home)

    cast = [line for line in running.splitlines() if "vote.cast" in line]

    assert len(cast) == len(CHOICES)
    assert all('"after": null' in line and "voter-" not in line for line in cast)
    assert without_chance(running) == without_chance(running_too)
    assert without_order(without_chance(over)) == without_order(without_chance(over_too))


async def test_the_count_leaves_no_urn_and_no_key(
    apps: Apps, databases: Databases, bearer: Callable[..., Header], keys: Keys
) -> None:
    running, over = await elected(apps, databases, bearer, keys, CHOICES)

    assert _rows(running, "urn") == _rows(running, "urn_key") == 1
    assert _rows(over, "urn") == _rows(over, "urn_key") == 0
    assert _rows(over, "counted_ballot") == _rows(over, "roll_entry") == len(CHOICES)


def _rows(dump: str, table: str) -> int:
    block = re.search(rf"COPY public\.{table} [^\n]*\n(.*?)\\\.\n", dump, re.DOTALL)
    assert block is not None
    return len(block[1].splitlines())


def test_a_ballot_is_equally_long_whatever_it_says():
    lengths = {len(written(chosen, 200)) for chosen in ([1], [200], range(1, 201), [])}

    assert lengths == {25}
    assert read(written([200, 3, 1], 200)) == (1, 3, 200)


def test_the_last_ballot_may_lie_anywhere_in_its_urn():
    lock = UrnLock(new_key(), VOTE, 8)
    first = [bytes([at]) for at in range(SEALED)]
    places = set()
    for _ in range(400):
        ballots = lock.opened(0, lock.closed(0, [*first, b"\xff"]))
        assert sorted(ballots) == sorted([*first, b"\xff"])
        places.add(ballots.index(b"\xff"))

    assert places == set(range(SEALED + 1))


def test_an_urn_opens_in_its_own_place_and_unaltered_only():
    lock = UrnLock(new_key(), VOTE, 8)
    sealed = lock.closed(1, [b"\x01"])

    assert lock.closed(1, [b"\x01"]) != sealed
    for number, content in ((2, sealed), (1, sealed[:-1] + bytes([sealed[-1] ^ 1]))):
        with pytest.raises(UrnBrokenError):
            lock.opened(number, content)
    with pytest.raises(UrnBrokenError):
        UrnLock(new_key(), VOTE, 8).opened(1, sealed)


def test_urns_mix_hundreds_and_casting_stays_quick():
    assert [urns_for(electors) for electors in (1, 799, 800, 100_000, 10**7)] == [1, 1, 2, 250, 512]


async def test_no_answer_and_no_log_line_repeats_a_choice(
    client: httpx.AsyncClient,
    sessions: Sessions,
    keys: Keys,
    bearer: Callable[..., Header],
    capsys: pytest.CaptureFixture[str],
) -> None:
    vote = await published(sessions, keys)
    voter = bearer(Role.RESIDENT, subject="voter-0", area=HOME)
    answer = await send(client, voter, f"/v1/votes/{vote.id}/ballots", choices=[1, 3])
    logged = capsys.readouterr().out

    assert answer.json() == {"vote_id": str(vote.id), "is_counted": True}
    assert "/v1/votes/{vote_id}/ballots" in logged
    assert "choices" not in logged
    assert "voter-0" not in logged
