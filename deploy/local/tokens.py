"""Tokens of the demo roles, made anew at each start: `.data/demo-tokens.json`, a token per role."""

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from common.auth.development import DevelopmentIssuer, demo_area
from common.auth.roles import Role

# 五角场街道: a small demo city leaves it bare, so that a newcomer can import its inventory.
DEMO_STREET: Final = "310110019"
DEMO_LINE: Final = "civil_affairs"
LIFETIME: Final = timedelta(days=7)
FILE: Final = "demo-tokens.json"


def demo_tokens(issuer: DevelopmentIssuer, *, now: datetime) -> dict[str, str]:
    """A token for each role but the public, who need none."""
    return {
        role.value: issuer.issue(
            role,
            now=now,
            area=demo_area(role, DEMO_STREET),
            line=DEMO_LINE if role is Role.CLERK else None,
            lifetime=LIFETIME,
        )
        for role in Role
        if role is not Role.PUBLIC
    }


def write_tokens(path: Path, tokens: dict[str, str]) -> None:
    """Whoever reads the file can be any of them: it is for its owner alone."""
    draft = path.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(tokens, indent=2) + "\n")
    draft.replace(path)


def main(data_dir: str, role: str) -> int:
    """Print one token: `make token role=clerk`."""
    path = Path(data_dir) / FILE
    tokens = json.loads(path.read_text()) if path.exists() else {}
    if role not in tokens:
        known = ", ".join(tokens) or "run `make run` first"
        sys.stderr.write(f"no token for {role!r}: {known}\n")
        return 1
    sys.stdout.write(tokens[role] + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
