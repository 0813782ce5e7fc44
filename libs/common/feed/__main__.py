"""`python -m common.feed new-epoch SERVICE`: after a restore, make every reader start from zero.

Restore scripts call it once the database is back, before the service starts. The address comes from
`<SERVICE>_DATABASE_URL`.
"""

import argparse
import asyncio
import os
import sys

from common.db import database
from common.feed.epoch import settle


async def new_epoch(url: str) -> str:
    """Begin a new epoch in a database; its name."""
    async with database(url, pool_size=1) as opened:
        return (await settle(opened.sessions, (), wanted=True)).name


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m common.feed", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    command = commands.add_parser(
        "new-epoch", help="every reader starts from zero 使所有读者重新读取"
    )
    command.add_argument("service")
    service = parser.parse_args().service
    variable = f"{service.upper()}_DATABASE_URL"
    url = os.environ.get(variable)
    if not url:
        raise SystemExit(f"Set {variable} to the database of {service}.")
    sys.stdout.write(f"{asyncio.run(new_epoch(url))}\n")


if __name__ == "__main__":
    main()
