"""Run the benches and write docs/benchmarks.md: `make bench`, or `make bench only=feed`."""

import asyncio
import os
import platform
import signal
import sys
from importlib import import_module
from pathlib import Path

import uvloop

from benches import Row
from common.clock import city_day, utc_now

MODULES = (
    "yardsticks",
    "imports",
    "feed",
    "writers",
    "search",
    "matches",
    "served",
    "coverage",
    "referrals",
    "contracts",
    "bookings",
    "duty",
    "records",
    "allocation",
    "runs",
    "online",
    "votes",
    "cases",
    "tenders",
    "ratings",
    "rating",
    "mixed",
)
TITLES = {
    "contracts": "合同公告与 OCDS 记录 / contracts and OCDS records",
    "yardsticks": "本机标尺 / the machine's own yardsticks",
    "imports": "导入 / import",
    "feed": "变更流 / change feed",
    "writers": "写入的代价 / what a write costs",
    "search": "检索 / search",
    "matches": "匹配（进程内）/ matching in process",
    "served": "匹配（经 HTTP）/ matching over HTTP",
    "coverage": "覆盖 / coverage",
    "bookings": "空间预约 / booking of rooms",
    "duty": "AB角值守 / duty",
    "records": "一物一录 / one record from many",
    "referrals": "转介与名额 / referrals and places",
    "allocation": "统筹分配 / allocation",
    "runs": "统筹分配，自库至草案 / a run, from the database to the draft",
    "votes": "计票 / counting votes",
    "cases": "诉求工单 / cases",
    "tenders": "两万采购过程 / twenty thousand tenders",
    "rating": "承接者评级 / rating of providers",
    "online": "逐个到来 / one after the other",
    "ratings": "评价 / ratings",
    "mixed": "演示城市的混合负载 / the demo city under a mixed load",
}
TARGET = Path("docs/benchmarks.md")


def main() -> None:
    """Run what is asked for; a whole run replaces the document."""
    # Cut off, a bench ends the servers that it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # Whoever asks shares the cores with whoever answers, and is to cost little.
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    wanted = sys.argv[1:] or list(MODULES)
    parts = []
    for name in wanted:
        rows: list[Row] = import_module(f"benches.{name}").rows()
        part = table(TITLES[name], rows)
        sys.stdout.write(part + "\n")
        sys.stdout.flush()
        parts.append(part)
    if wanted == list(MODULES):
        TARGET.write_text(head() + "\n".join(parts))


def head() -> str:
    """What was measured on."""
    return (
        "# 实测 Benchmarks\n\n"
        f"`make bench`, {city_day(utc_now())}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, PostgreSQL 18 with fsync on, client and server on the same"
        " machine. Medians; the range of the rounds in brackets.\n\n"
    )


def table(title: str, rows: list[Row]) -> str:
    """A section of the document."""
    lines = [f"## {title}", "", "| what | figure | bar |", "|---|---|---|"]
    lines += [f"| {row.name} | {row.figure} | {row.bar} |" for row in rows]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
