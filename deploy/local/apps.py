"""The app `portal-demo` of the local run: a secret a service, kept in `.data/demo-apps.json`.

Each service admits it once, for the whole city, from this machine alone. `make secret
service=registry` prints the secret with which calls to that service are signed.
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from common import audit
from common.auth import portal_app
from common.auth.actor import CONSOLE, Actor
from common.auth.roles import ActorKind, Role
from common.auth.tables import PortalApp
from common.clock import utc_now
from common.crypto.keyring import KeyRing
from common.crypto.keys import Keys
from common.db import database
from deploy.local.environment import CITY, SERVICES
from deploy.local.tokens import write_tokens

APP: Final = "portal-demo"
NAME: Final = "演示数据 一网通办"
FILE: Final = "demo-apps.json"
NETWORKS: Final = ("127.0.0.0/8", "::1/128")
_BY: Final = Actor(CONSOLE, "make run", ActorKind.STAFF, frozenset({Role.SECURITY_ADMIN}))


def admit(data_dir: Path, settings: Mapping[str, Mapping[str, str]]) -> None:
    """See that each service knows the app, and that its secrets are at hand."""
    path = data_dir / FILE
    known = _secrets(path)
    if known.keys() != set(SERVICES):
        write_tokens(path, asyncio.run(_all(settings)))


async def _all(settings: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    given = await asyncio.gather(*(_one(name, settings[name]) for name in SERVICES))
    return dict(zip(SERVICES, given, strict=True))


async def _one(service: str, settings: Mapping[str, str]) -> str:
    """The secret for one service: the first, or a new one where nobody has the first any more."""
    keys = Keys.of(KeyRing.from_directory(Path(settings[f"{service.upper()}_KEY_RING"])))
    url, now = settings[f"{service.upper()}_DATABASE_URL"], utc_now()
    async with database(url, pool_size=1) as opened, opened.sessions.begin() as session:
        if await session.get(PortalApp, APP) is None:
            step, networks = "register", [*NETWORKS]
            secret = await portal_app.register(
                session, keys, APP, name=NAME, area=CITY, now=now, allow_list=networks
            )
        else:
            step, overlap = "rotate", timedelta(0)
            secret = await portal_app.rotate(session, keys, APP, now=now, overlap=overlap)
        audit.note(session, _BY, action=f"app.{step}", target=("app", APP))
    return secret


def _secrets(path: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return found


def main(data_dir: str, service: str) -> int:
    """Print one secret: `make secret service=registry`."""
    known = _secrets(Path(data_dir) / FILE)
    if service not in known:
        told = ", ".join(known) or "run `make run` first"
        sys.stderr.write(f"no secret for {service!r}: {told}\n")
        return 1
    sys.stdout.write(known[service] + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
