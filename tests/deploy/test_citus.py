"""`deploy/citus.sql`, run as it is, with the rules of Citus in its place.

On the PostgreSQL that comes with Linli, and on those that the system has.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.cluster import remove_data
from deploy.local.environment import SERVICES
from deploy.local.postgres import LocalPostgres
from tests.harness import Databases, open_directory

RULES = Path("tests/deploy/citus.sql").read_text("utf-8")
SPREAD = Path("deploy/citus.sql").read_text("utf-8")
OF_EACH = {"feed_item", "feed_outbox", "idempotency_key", "request_nonce"}
RATED = {"evidence": "provider_id", "rating_group": "provider_id", "rating_edition": ""}
SERVERS = (
    *Path("/usr/lib/postgresql").glob("*/bin/initdb"),
    *Path("/usr").glob("pgsql-*/bin/initdb"),
)
# A client alone is none, and migrations ask for 15 at least.
SYSTEMS = [each.parent for each in SERVERS if float(each.parents[1].name.rpartition("-")[2]) >= 15]
ABSENT = pytest.param(None, marks=pytest.mark.skip("the system has no PostgreSQL"), id="system")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(None, id="own"),
        *([pytest.param(path, id=path.parent.name) for path in SYSTEMS] or [ABSENT]),
    ],
)
def postgres(request: pytest.FixtureRequest) -> Iterator[LocalPostgres]:
    place = open_directory()
    try:
        with LocalPostgres(place, durable=False, programs=request.param) as server:
            yield server
    finally:
        remove_data(place)


@pytest.fixture(scope="module")
def databases(postgres: LocalPostgres) -> Databases:
    return Databases(postgres)


def spread(server: LocalPostgres, database: str) -> set[str]:
    server.sql(SPREAD, database)
    return set(server.sql("SELECT logicalrelid FROM pg_dist_partition", database).split())


@pytest.mark.parametrize("name", SERVICES)
def test_each_large_table_is_spread_by_a_column_of_all_its_keys(
    postgres: LocalPostgres, databases: Databases, name: str
) -> None:
    with databases.fresh(name) as urls:
        database = urls.owner.partition("@/")[2].partition("?")[0]
        postgres.sql(RULES, database)

        first, again = spread(postgres, database), spread(postgres, database)

    assert first >= OF_EACH
    assert again == first


def test_what_ratings_are_counted_from_lies_with_its_provider(
    postgres: LocalPostgres, databases: Databases
) -> None:
    with databases.fresh("procurement") as urls:
        database = urls.owner.partition("@/")[2].partition("?")[0]
        postgres.sql(RULES, database)

        assert spread(postgres, database) >= RATED.keys()
        asked = "SELECT logicalrelid || ':' || coalesce(key, '') FROM pg_dist_partition"
        found = dict(line.split(":") for line in postgres.sql(asked, database).split())
        assert {name: found[name] for name in RATED} == RATED


def test_a_key_that_some_unique_key_lacks_is_refused(
    postgres: LocalPostgres, databases: Databases
) -> None:
    with databases.fresh("matching") as urls:
        database = urls.owner.partition("@/")[2].partition("?")[0]
        postgres.sql(RULES, database)
        asked = "SELECT create_distributed_table('referral', 'id', 'hash', 'none')"

        with pytest.raises(RuntimeError, match="unique keys of referral without id"):
            postgres.sql(asked, database)
