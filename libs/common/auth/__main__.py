"""`python -m common.auth register registry portal-demo --name 一网通办 --area 31`: admit an app.

`change` sets what is given and leaves the rest: `--network` once or more takes the place of all
networks, `--any-network` lifts them. `rotate` gives a new secret and lets the old one live on for
`--overlap-hours`; `disable`, `enable` switch an app. The secret is shown once. Addresses and keys
come from the service's environment. Every step is audited under the name given by `--by`.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from common import audit
from common.auth import portal_app
from common.auth.actor import CONSOLE, Actor, is_area
from common.auth.addresses import networks_of
from common.auth.permissions import Permission
from common.auth.roles import ActorKind, Role
from common.clock import utc_now
from common.crypto.keyring import KeyRing, KeyRingError
from common.crypto.keys import Keys
from common.db import database
from common.errors import Problem

COMMANDS: Final = ("register", "change", "rotate", "enable", "disable")
Told = tuple[str, dict[str, Any]]


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
        by.must(Permission.APP_MANAGE)
        told, facts = await _step(session, keys, asked)
        target = ("app", asked.app_key)
        audit.note(session, by, action=f"app.{asked.command}", target=target, **facts)
    return told


async def _step(session: AsyncSession, keys: Keys, asked: argparse.Namespace) -> Told:
    """What is said, and what the audit log is told beside the name of the step."""
    now = utc_now()
    if asked.command in ("register", "change"):
        return await _set(session, keys, asked, now)
    if asked.command == "rotate":
        overlap = timedelta(hours=asked.overlap_hours)
        secret = await portal_app.rotate(session, keys, asked.app_key, now=now, overlap=overlap)
        return f"{asked.app_key}: secret {secret}", {}
    app = await portal_app.app_for_update(session, asked.app_key)
    app.active, app.updated_at = asked.command == "enable", now
    return f"{asked.app_key}: {asked.command}d", {}


async def _set(session: AsyncSession, keys: Keys, asked: argparse.Namespace, now: datetime) -> Told:
    wanted = _wanted(asked)
    if asked.command == "change":
        before, after = await portal_app.change(session, asked.app_key, wanted, now=now)
        told = ", ".join(f"{name} {before[name]} -> {after[name]}" for name in after)
        return f"{asked.app_key}: {told}", {"before": before, "after": after}
    values = {"name": asked.app_key, "area": None} | wanted
    secret = await portal_app.register(session, keys, asked.app_key, now=now, **values)
    return f"{asked.app_key}: secret {secret}", {"after": values}


def _wanted(asked: argparse.Namespace) -> dict[str, Any]:
    """The columns that the caller names. Raises `ValueError` with the value that cannot be."""
    if asked.area is not None and not is_area(asked.area):
        raise ValueError(
            f"--area {asked.area}: 区划应为 2、4、6、9 或 12 位数字"
            " / an area has 2, 4, 6, 9 or 12 digits"
        )
    if asked.quota is not None and asked.quota < 1:
        raise ValueError(f"--quota {asked.quota}: 每分钟至少 1 次 / at least 1 call a minute")
    if asked.network and asked.any_network:
        raise ValueError("--network, --any-network: 只能用一个 / give one of them")
    networks = [] if asked.any_network else asked.network and networks_of(asked.network)
    given = {
        "name": asked.name,
        "area": asked.area,
        "allow_list": networks,
        "quota_per_minute": asked.quota,
    }
    return {name: value for name, value in given.items() if value is not None}


def _setting(service: str, name: str) -> str:
    value = os.environ.get(f"{service.upper()}_{name}")
    if not value:
        raise LookupError(f"set {service.upper()}_{name}")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m common.auth", description="Portal apps.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("service", choices=["registry", "matching", "procurement", "feedback"])
    parser.add_argument("app_key")
    parser.add_argument("--name")
    parser.add_argument("--area", help="significant digits; without it the app covers nothing")
    parser.add_argument("--network", action="append", help="allowed network in CIDR form")
    parser.add_argument("--any-network", action="store_true", help="let it call from anywhere")
    parser.add_argument("--quota", type=int, help="calls a minute; 600 when it is registered")
    parser.add_argument("--overlap-hours", type=float, default=24.0)
    parser.add_argument("--by", default="console", help="who does it, for the audit log")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
