"""`python -m common.auth register registry portal-demo --name 一网通办 --area 31`: admit an app.

`rotate` gives a new secret and lets the old one live on for `--overlap-hours`; `disable`, `enable`
switch an app. The secret is shown once. Addresses and keys come from the service's environment.
Every step is audited under the name given by `--by`.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth import portal_app
from common.auth.actor import CONSOLE, Actor, is_area
from common.auth.roles import ActorKind, Role
from common.clock import utc_now
from common.crypto.keyring import KeyRing, KeyRingError
from common.crypto.keys import Keys
from common.db import database
from common.errors import Problem


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        _say(asyncio.run(_run(asked)))
    except IntegrityError:
        _say(f"refused: the app {asked.app_key} is registered already")
        return 1
    except (Problem, KeyRingError, LookupError, ValueError) as fault:
        _say(f"refused: {fault}")
        return 1
    except (SQLAlchemyError, OSError) as fault:
        _say(f"the database does not answer: {type(fault).__name__}")
        return 2
    return 0


async def _run(asked: argparse.Namespace) -> str:
    keys = Keys.of(KeyRing.from_directory(Path(_setting(asked.service, "KEY_RING"))))
    by = Actor(CONSOLE, asked.by, ActorKind.STAFF, frozenset({Role.SECURITY_ADMIN}))
    url = _setting(asked.service, "DATABASE_URL")
    async with database(url, pool_size=1) as opened, opened.sessions.begin() as session:
        told = await _step(session, keys, asked)
        target = ("app", asked.app_key)
        audit.note(session, by, action=f"app.{asked.command}", target=target)
    return told


async def _step(session: AsyncSession, keys: Keys, asked: argparse.Namespace) -> str:
    now = utc_now()
    if asked.command == "register":
        if asked.area is not None and not is_area(asked.area):
            raise ValueError("an area has 2, 4, 6, 9 or 12 digits")
        secret = await portal_app.register(
            session,
            keys,
            asked.app_key,
            name=asked.name or asked.app_key,
            area=asked.area,
            now=now,
            allow_list=asked.network,
            quota_per_minute=asked.quota,
        )
        return f"{asked.app_key}: secret {secret}"
    if asked.command == "rotate":
        overlap = timedelta(hours=asked.overlap_hours)
        secret = await portal_app.rotate(session, keys, asked.app_key, now=now, overlap=overlap)
        return f"{asked.app_key}: secret {secret}"
    app = await portal_app.app_for_update(session, asked.app_key)
    app.active, app.updated_at = asked.command == "enable", now
    return f"{asked.app_key}: {asked.command}d"


def _setting(service: str, name: str) -> str:
    value = os.environ.get(f"{service.upper()}_{name}")
    if not value:
        raise LookupError(f"set {service.upper()}_{name}")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m common.auth", description="Portal apps.")
    parser.add_argument("command", choices=["register", "rotate", "enable", "disable"])
    parser.add_argument("service", choices=["registry", "matching", "procurement", "feedback"])
    parser.add_argument("app_key")
    parser.add_argument("--name")
    parser.add_argument("--area", help="significant digits; without it the app covers nothing")
    parser.add_argument("--network", action="append", help="allowed network in CIDR form")
    parser.add_argument("--quota", type=int, default=600, help="calls a minute")
    parser.add_argument("--overlap-hours", type=float, default=24.0)
    parser.add_argument("--by", default="console", help="who does it, for the audit log")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
