"""What `make run` prints when everything stands: addresses, places, tokens."""

from collections.abc import Mapping
from typing import Final

import jwt

from deploy.local.apps import APP
from deploy.local.apps import FILE as APPS
from deploy.local.landing import TITLES
from deploy.local.plan import Plan
from deploy.local.tokens import FILE

SHOWN: Final = 12
RULE: Final = "─" * 88


def table(plan: Plan, tokens: Mapping[str, str], took_s: float) -> str:
    """The table. Tokens are shown by their last characters; `make token` prints one whole."""
    public = plan.public
    lines = [
        RULE,
        f" 邻里 Linli 已就绪 · ready after {took_s:.1f} s · Ctrl-C 结束 / ends it",
        RULE,
        _row("入口 front door", f"{public}/", ""),
        *(
            _row(f"{TITLES[name][0]} {name}", f"{public}/{name}/docs", f"单独 alone: {address}")
            for name, address in plan.services.items()
        ),
        RULE,
        _row("数据 data", str(plan.data_dir), f"日志 logs: {plan.logs}"),
        _row("演示令牌 tokens", str(plan.data_dir / FILE), "单个 one: make token role=clerk"),
        *(_row(f"  {role}", _scope(token), f"…{token[-SHOWN:]}") for role, token in tokens.items()),
        _row("演示应用 app", str(plan.data_dir / APPS), f"{APP}: make secret service=registry"),
        RULE,
        f' curl -H "Authorization: Bearer $(make -s token role=clerk)" {public}/registry/v1/areas',
        RULE,
    ]
    return "\n".join(lines)


def _row(name: str, what: str, note: str) -> str:
    # A Chinese character takes two columns of a terminal.
    width = sum(2 if ord(character) > 0x2E80 else 1 for character in name)
    return f" {name}{' ' * max(1, 22 - width)}{what:<40} {note}".rstrip()


def _scope(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    parts = (f"{name}={claims[name]}" for name in ("area", "line", "org") if claims.get(name))
    return " ".join(parts)
