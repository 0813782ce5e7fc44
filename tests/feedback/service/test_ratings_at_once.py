"""Many callers at once on connections of their own: one rating a service, counts that add up."""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from common.clock import utc_now
from common.crypto.keys import Keys
from common.db import Database, database
from deploy.local.environment import Urls
from feedback import tables, worker
from feedback.queries import devices
from tests.feedback import served as cases
from tests.feedback.rated import rated as put_down
from tests.feedback.rated import rating
from tests.feedback.served import PROVIDER, key, rate, rated, served
from tests.harness import Apps

Header = dict[str, str]
CROWD = 24
SUMMER = datetime(2026, 6, 1, 4, tzinfo=UTC)
# What the tallies must be at any time: what is noted and not yet added up included.
OFF = text(
    "SELECT count(*) FROM (SELECT channel, level, is_counted, sum(n) AS n FROM ("
    " SELECT channel, level, is_counted, 1 AS n FROM rating"
    " UNION ALL SELECT channel, level, is_counted, -count FROM tally WHERE level > 0"
    " UNION ALL SELECT channel, level, is_counted, -change FROM tally_change WHERE level > 0"
    ") AS all_of_them GROUP BY 1, 2, 3) AS sums WHERE n <> 0"
)

OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend'"
    " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=4) as made:
        yield made


@pytest.fixture
async def live(apps: Apps, fresh_database: Urls) -> AsyncIterator[httpx.AsyncClient]:
    async with apps.live("feedback", fresh_database, worker="false") as client:
        yield client


async def test_two_sessions_of_one_resident_and_a_desk_give_one_rating(
    live: httpx.AsyncClient, opened: Database, resident: Header, clerk: Header, keys: Keys
) -> None:
    referral = await served(opened.sessions, cases.rater_of(keys, "resident-1"))
    calls = [
        rate(live, clerk, referral, 1, channel="call_back")
        if number % 3 == 0
        else rate(live, resident, referral, number % 5 + 1)
        for number in range(CROWD)
    ]

    answers = Counter(answer.status_code for answer in await asyncio.gather(*calls))

    assert answers == {201: 1, 409: CROWD - 1}
    async with opened.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM rating")) == 1
        assert await session.scalar(OFF) == 0


async def test_a_retry_gets_the_first_answer_and_rates_nothing_anew(
    live: httpx.AsyncClient, opened: Database, resident: Header, keys: Keys
) -> None:
    referral = await served(opened.sessions, cases.rater_of(keys, "resident-1"))
    headers = {**resident, **key()}
    wish = {"referral_id": str(referral), "level": 4}

    answers = await asyncio.gather(
        *(live.post("/v1/ratings", json=wish, headers=headers) for _ in range(6))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_the_database_itself_refuses_a_second_rating(
    live: httpx.AsyncClient, opened: Database, resident: Header, keys: Keys
) -> None:
    referral = await served(opened.sessions, cases.rater_of(keys, "resident-1"))
    made = await rated(live, resident, referral)
    columns = tables.Rating.metadata.tables["rating"].columns
    same = ", ".join(each.name for each in columns if each.name != "id" and not each.computed)
    doubled = text(
        f"INSERT INTO rating (id, {same}) SELECT CAST(:id AS uuid), {same} FROM rating"
        " WHERE id = :made"
    )

    async with opened.sessions() as session:
        with pytest.raises(IntegrityError, match="uq_rating_referral_id"):
            await session.execute(doubled, {"id": str(uuid4()), "made": UUID(made["id"])})


async def test_pages_told_at_once_never_invite_beyond_the_cap(opened: Database, keys: Keys) -> None:
    me = cases.rater_of(keys, "resident-1")
    pages = [[cases.state(uuid4(), me) for _ in range(3)] for _ in range(8)]

    await asyncio.gather(*(cases.told(opened.sessions, *page) for page in pages))

    async with opened.sessions() as session:
        invited = text("SELECT count(*) FROM delivery WHERE invited_at IS NOT NULL")
        assert await session.scalar(invited) == 4
        assert await session.scalar(text("SELECT contacts FROM survey_contact")) == 4


async def test_counts_are_added_up_once_by_several_processes(
    live: httpx.AsyncClient, opened: Database, clerk: Header
) -> None:
    for number in range(30):
        referral = await served(opened.sessions, None)
        await rated(live, clerk, referral, number % 5 + 1, channel="call_back")
    async with opened.sessions() as session:
        assert await session.scalar(OFF) == 0

    added = await asyncio.gather(*(worker.add_up(opened.sessions) for _ in range(4)))

    assert sum(added) == 60  # the services and their ratings
    async with opened.sessions() as session:
        assert await session.scalar(OFF) == 0
        assert await session.scalar(text("SELECT count(*) FROM tally_change")) == 0
        assert await session.scalar(text("SELECT count(*) FROM tally WHERE level > 0")) == 5


async def test_of_two_turns_on_a_device_one_is_taken(opened: Database) -> None:
    device, now = uuid4(), utc_now()
    async with opened.sessions.begin() as session:
        await session.execute(
            text(
                "INSERT INTO rating_device (id, venue_id, area_code, name, is_active, version,"
                " created_at, updated_at, created_by, updated_by) VALUES (:id, :id,"
                " '310101002000', '一号', true, 1, now(), now(), 'x', 'x')"
            ),
            {"id": device},
        )

    async def turn() -> bool:
        async with opened.sessions.begin() as session:
            return await devices.take_turn(session, device, now=now, spacing_s=30)

    assert sorted(await asyncio.gather(*(turn() for _ in range(4)))) == [False, False, False, True]


async def test_of_several_processes_one_releases(opened: Database) -> None:
    city = [rating(PROVIDER, 5) for _ in range(30)]
    await put_down(opened.sessions, *city)
    await worker.add_up(opened.sessions)
    made = await asyncio.gather(
        *(worker.release_all(opened.sessions, now=SUMMER) for _ in range(4))
    )

    assert sum(made) == 1


class Held(ThreadPoolExecutor):
    """Computes once it is let, at the latest when the test is over."""

    def __init__(self) -> None:
        super().__init__(max_workers=1)
        self.asked, self.may = threading.Event(), threading.Event()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.asked.set()
        super().submit(self.may.wait)
        return super().submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.may.set()
        super().shutdown(wait, cancel_futures=cancel_futures)


async def test_no_transaction_is_open_while_figures_are_computed(opened: Database) -> None:
    await put_down(opened.sessions, *(rating(PROVIDER, 5) for _ in range(30)))
    await worker.add_up(opened.sessions)
    with Held() as apart:
        releasing = asyncio.create_task(worker.release_all(opened.sessions, apart, now=SUMMER))
        await asyncio.to_thread(apart.asked.wait)
        async with opened.sessions() as session:
            found = await session.scalar(OTHERS)
        apart.may.set()

        assert (found, await releasing) == (0, 1)


async def test_ratings_added_up_while_figures_are_computed_put_the_release_off(
    opened: Database,
) -> None:
    await put_down(opened.sessions, *(rating(PROVIDER, 5) for _ in range(30)))
    await worker.add_up(opened.sessions)
    with Held() as apart:
        releasing = asyncio.create_task(worker.release_all(opened.sessions, apart, now=SUMMER))
        await asyncio.to_thread(apart.asked.wait)
        await put_down(opened.sessions, rating(PROVIDER, 1))
        await worker.add_up(opened.sessions)
        apart.may.set()

        assert await releasing == 0
        assert await worker.release_all(opened.sessions, apart, now=SUMMER) == 1
    async with opened.sessions() as session:
        assert await session.scalar(text("SELECT max(ratings) FROM figure")) == 31


async def test_figures_are_released_in_a_process_of_its_own(opened: Database) -> None:
    await put_down(opened.sessions, *(rating(PROVIDER, 5) for _ in range(30)))
    await worker.add_up(opened.sessions)
    await worker.release_apart(opened, now=SUMMER)
    await worker.release_apart(opened, now=SUMMER)  # nothing is due: no process is begun

    async with opened.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM statistics_release")) == 1


async def test_past_quarters_are_released_soon_after_a_load_and_not_while_it_goes_on(
    opened: Database,
) -> None:
    async def released() -> int:
        async with opened.sessions() as session:
            return int(await session.scalar(text("SELECT count(*) FROM statistics_release")) or 0)

    releasing = worker.Releasing(opened)
    minute, told = SUMMER, []
    for each in range(18):
        if each in {1, 4, 8}:  # the load, with its rests
            await put_down(opened.sessions, *(rating(PROVIDER, 5) for _ in range(15)))
        if each == 10:  # a while later all of it is added up
            await worker.add_up(opened.sessions)
        await releasing.look(now=minute)
        told.append(await released())
        minute += timedelta(minutes=1)

    assert told == [0] * 15 + [1] * 3
    async with opened.sessions() as session:
        assert await session.scalar(text("SELECT max(ratings) FROM figure")) == 45


async def test_no_two_releases_share_a_day_though_two_write_at_once(opened: Database) -> None:
    async def write(from_on: date) -> str:
        row = {"from_on": from_on, "until_on": date(2026, 6, 30), "rank_minimum": 30}
        try:
            async with opened.sessions.begin() as session:
                session.add(tables.Release(**row, published_at=SUMMER))
        except DBAPIError as refused:
            return str(refused)
        return "kept"

    told = await asyncio.gather(write(date(2026, 4, 1)), write(date(2026, 6, 1)))

    assert told.count("kept") == 1
