"""A new migration, written against a database of its own: `make revision s=registry m="Add …"`."""

import sys
from pathlib import Path
from tempfile import mkdtemp

from alembic import command

from common.migrate import config, upgrade
from deploy.local.account import fleeting_place, server_account
from deploy.local.cluster import remove_data
from deploy.local.environment import SERVICES
from deploy.local.postgres import LocalPostgres


def main(service: str, message: str) -> int:
    """Migrate to the newest revision, compare with the tables, write the difference."""
    if service not in SERVICES or not message:
        sys.stderr.write('make revision s=registry m="Add opening hours"\n')
        return 1
    place = Path(mkdtemp(prefix="linli-revision-", dir=fleeting_place(server_account())))
    place.chmod(0o755)
    try:
        with LocalPostgres(place, durable=False) as server:
            server.prepare(service)
            urls = server.urls(service)
            upgrade(service, owner_url=urls.owner, app_url=urls.app, audit_url=urls.audit)
            command.revision(config(service, urls.owner), message, autogenerate=True)
    finally:
        remove_data(place)
    return 0


if __name__ == "__main__":
    sys.exit(main(*[*sys.argv[1:3], "", ""][:2]))
