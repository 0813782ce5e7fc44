"""What people told is sealed anew under another key, and reads as before under it alone."""

from collections.abc import AsyncIterator

import httpx
import pytest

from common.crypto.digest import sm3
from common.crypto.keyring import KeyRing, KeyUse
from common.crypto.keys import Keys
from common.db import Database, database
from common.resealing import cells_of, reseal
from deploy.local.environment import Secrets, Urls
from matching import tables
from matching.usecases import cases, needs, profiles
from tests.harness import Apps
from tests.matching.cases import NEED, raised
from tests.matching.service.test_cases import GOALS
from tests.matching.service.test_cases import opened as plan_of

Header = dict[str, str]


@pytest.fixture
async def opened(fresh_database: Urls) -> AsyncIterator[Database]:
    async with database(fresh_database.app, pool_size=2) as made:
        yield made


@pytest.fixture
async def live(apps: Apps, fresh_database: Urls) -> AsyncIterator[httpx.AsyncClient]:
    async with apps.live("matching", fresh_database, worker="false") as calls:
        yield calls


def with_another(ring: KeyRing, *, old: bool) -> KeyRing:
    """The ring with a data key that writes, and with the old ones or without."""
    keys = {use: {each.id: each.material for each in ring.all[use].values()} for use in KeyUse}
    keys[KeyUse.DATA] = {**(keys[KeyUse.DATA] if old else {}), "next": sm3(b"next")}
    return KeyRing.of(keys, {KeyUse.DATA: "next"})


async def test_words_contacts_and_plans_open_with_the_new_key_alone(
    live: httpx.AsyncClient, opened: Database, clerk: Header, secrets: Secrets
) -> None:
    need = await raised(live, clerk)
    plan = await plan_of(live, clerk, need)
    ring = KeyRing.from_directory(secrets.keys)
    cells = cells_of("matching")
    tally = await reseal(opened.sessions, with_another(ring, old=True), cells, batch=1)

    assert plan.status_code == 201, plan.text
    keys = Keys.of(with_another(ring, old=False))
    async with opened.sessions() as session:
        row = await session.get_one(tables.Need, need["id"])
        profile = await session.get_one(tables.Profile, need["id"])
        kept = await session.get_one(tables.CasePlan, plan.json()["id"])
        told = profiles._opened(profile, keys)
        assert needs.opened_words(keys, row) == NEED["words"]
        assert told["name"] == NEED["contact"]["name"]
        assert cases._opened_text(keys, "goals", kept.id, kept.goals or "") == GOALS
    assert tally.closed == []
    assert {name for name, count in tally.sealed.items() if count} == {
        *("need.words", "case_plan.goals"),
        *(f"profile.contact_{each}" for each in ("name", "phone", "address")),
    }
