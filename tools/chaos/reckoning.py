"""After the chaos: do the books and the databases say the same?

Each check is a sentence and whether it holds; what does not hold is told with both figures.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from common.contracts.feeds import Kind
from common.db import direct_url
from common.following import mirror
from deploy.local.environment import SERVICES
from feedback.consumers import FOLLOWED as BY_FEEDBACK
from matching.consumers import FOLLOWED as BY_MATCHING
from procurement.consumers import FOLLOWED as BY_PROCUREMENT
from registry.consumers import FOLLOWED as BY_REGISTRY
from tools.chaos.callers import Books
from tools.chaos.city import City
from tools.chaos.scene import PLACE, Scene

FOLLOWERS: Final = {
    "registry": BY_REGISTRY,
    "matching": BY_MATCHING,
    "procurement": BY_PROCUREMENT,
    "feedback": BY_FEEDBACK,
}
LEVEL_S: Final = 120.0  # how long the last changes may take to arrive everywhere
PAUSE_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Check:
    """A sentence, and whether it holds."""

    law: str
    holds: bool
    figures: str = ""


Connections = dict[str, asyncpg.Connection]


async def reckon(city: City, scene: Scene, books: Books) -> list[Check]:
    """All checks, once every feed has been followed to its end."""
    connections: Connections = {}
    try:
        for service in SERVICES:
            url = city.environment(service)[f"{service.upper()}_MIGRATION_DATABASE_URL"]
            connections[service] = await asyncpg.connect(direct_url(url))
        checks = await _level(connections)
        checks += await _acknowledged(connections, scene, books)
        checks += await _places(connections, scene)
        checks += await _money(connections, books)
        checks += await _voices(connections, scene, books)
        checks += [await _chain(city, service) for service in SERVICES]
        return checks
    finally:
        for connection in connections.values():
            await connection.close()


async def _level(connections: Connections) -> list[Check]:
    """Nothing waits for its number or the chain, and followers hold what the owners publish."""
    until = time.monotonic() + LEVEL_S
    behind = await _behind(connections)
    while behind and time.monotonic() < until:
        await asyncio.sleep(PAUSE_S)
        behind = await _behind(connections)
    found = [Check("every change is numbered, chained and followed", not behind, str(behind))]
    for follower, followed in FOLLOWERS.items():
        odd = [
            str(kind)
            for kind, effects in followed.items()
            if mirror in effects and await _differs(connections, follower, kind)
        ]
        law = f"{follower} holds exactly what the feeds publish"
        found.append(Check(law, not odd, ", ".join(odd)))
    return found


_WAITING: Final = (
    "SELECT (SELECT count(*) FROM feed_outbox) AS outbox,"
    " (SELECT count(*) FROM feed_parked) AS parked, (SELECT count(*) FROM audit_inbox) AS inbox"
)


async def _behind(connections: Connections) -> list[str]:
    """Queues that are not empty, and cursors that are not at the end of their feed."""
    behind = []
    heads: dict[str, int] = {}
    for service, connection in connections.items():
        waiting = await connection.fetchrow(_WAITING)
        behind += [f"{service} {table}: {rows}" for table, rows in waiting.items() if rows]
        rows = await connection.fetch("SELECT kind, last_number FROM feed_head")
        heads |= {f"{service}/{row['kind']}": row["last_number"] for row in rows}
    for follower in FOLLOWERS:
        rows = await connections[follower].fetch("SELECT source, position FROM feed_cursor")
        reached = {row["source"]: row["position"] for row in rows}
        for kind in FOLLOWERS[follower]:
            source = f"{kind.service}/{kind}"
            if reached.get(source, 0) != heads.get(source, 0):
                behind.append(f"{follower} at {source}")
    return behind


_PUBLISHED: Final = (
    "SELECT record_id, convert_from(body, 'UTF8')::jsonb -> 'data' AS state FROM feed_item"
    " WHERE kind = $1 AND state = 'updated' ORDER BY record_id"
)
_HELD: Final = "SELECT record_id, state FROM mirrored WHERE kind = $1 ORDER BY record_id"


async def _differs(connections: Connections, follower: str, kind: Kind) -> bool:
    published = await connections[str(kind.service)].fetch(_PUBLISHED, str(kind))
    held = await connections[follower].fetch(_HELD, str(kind))
    return [tuple(row) for row in published] != [tuple(row) for row in held]


async def _acknowledged(connections: Connections, scene: Scene, books: Books) -> list[Check]:
    """What was acknowledged is there once, and nothing else is."""
    matching, feedback = connections["matching"], connections["feedback"]
    offerings = [UUID(scene.plenty["id"]), UUID(scene.scarce["id"])]
    found = {
        "need": await _ids(
            matching,
            "SELECT id FROM need WHERE area_code = $1 AND id >= $2",
            *(PLACE.home, UUID(scene.plenty["id"])),
        ),
        "referral": await _ids(
            matching, "SELECT id FROM referral WHERE offering_id = ANY($1)", offerings
        ),
        "served": await _ids(
            matching,
            "SELECT id FROM referral WHERE offering_id = ANY($1) AND status = 'served'",
            offerings,
        ),
        "rating": await _ids(
            feedback, "SELECT id FROM rating WHERE offering_id = ANY($1)", offerings
        ),
        "line": await _ids(
            connections["procurement"],
            "SELECT id FROM budget_line WHERE title = '演示 混沌'",
        ),
        "tender": await _ids(
            connections["procurement"], "SELECT id FROM tender WHERE title = '演示 混沌采购'"
        ),
        "organisation": await _ids(
            connections["registry"], "SELECT id FROM organisation WHERE name LIKE '演示 混沌 %'"
        ),
    }
    return [_same(kind, ids, books.acknowledged[kind]) for kind, ids in found.items()]


def _same(kind: str, there: Sequence[str], told: Sequence[str]) -> Check:
    lost, surplus = set(told) - set(there), set(there) - set(told)
    holds = not lost and not surplus and len(told) == len(set(told))
    figures = f"{len(told)} told, {len(there)} there"
    if not holds:
        figures += f", lost {len(lost)}, never told {len(surplus)}: {[*lost, *surplus][:3]}"
    return Check(f"each acknowledged {kind} is there once", holds, figures)


async def _ids(connection: asyncpg.Connection, statement: str, *arguments: Any) -> list[str]:
    return [str(row["id"]) for row in await connection.fetch(statement, *arguments)]


async def _places(connections: Connections, scene: Scene) -> list[Check]:
    rows = await connections["matching"].fetch(
        "SELECT c.places, c.taken, coalesce(sum(r.places) FILTER"
        " (WHERE r.status IN ('held', 'accepted', 'served', 'untold')), 0)::int AS held"
        " FROM capacity c LEFT JOIN referral r USING (offering_id, starts_on, session)"
        " GROUP BY c.offering_id, c.starts_on, c.session, c.places, c.taken"
    )
    odd = [row for row in rows if row["taken"] != row["held"] or row["taken"] > row["places"]]
    scarce = await connections["matching"].fetchval(
        "SELECT max(taken) FROM capacity WHERE offering_id = $1", UUID(scene.scarce["id"])
    )
    return [
        Check(
            "places taken are places of referrals, and no more than there are",
            not odd,
            f"{len(rows)} counters, the scarce one at {scarce}",
        ),
    ]


async def _money(connections: Connections, books: Books) -> list[Check]:
    procurement = connections["procurement"]
    rows = await procurement.fetch(
        "SELECT l.id, l.planned_fen, l.reserved_fen, l.committed_fen, l.paid_fen,"
        " coalesce(sum(c.reserved_fen), 0)::bigint AS reserved,"
        " coalesce(sum(c.committed_fen), 0)::bigint AS committed,"
        " coalesce(sum(c.paid_fen), 0)::bigint AS paid"
        " FROM budget_line l LEFT JOIN budget_claim c ON c.line_id = l.id GROUP BY l.id"
    )
    odd = [
        row
        for row in rows
        if (row["reserved_fen"], row["committed_fen"], row["paid_fen"])
        != (row["reserved"], row["committed"], row["paid"])
        or row["reserved"] + row["committed"] + row["paid"] > row["planned_fen"]
    ]
    gaps = await procurement.fetchval(
        "SELECT count(*) FROM (SELECT max(number) AS last, count(*) AS entries FROM ledger_entry"
        " GROUP BY line_id) l WHERE last <> entries"
    )
    drawn = await _ids(
        procurement,
        "SELECT holder_id AS id FROM budget_claim JOIN budget_line l ON l.id = line_id"
        " WHERE l.title = '演示 混沌'",
    )
    return [
        Check("each line is the sum of its claims, within its plan", not odd, f"{len(rows)} lines"),
        Check("the ledger of each line has no gap", gaps == 0, f"{gaps} with a gap"),
        _same("draw", drawn, books.acknowledged["draw"]),
    ]


async def _voices(connections: Connections, scene: Scene, books: Books) -> list[Check]:
    feedback, vote = connections["feedback"], UUID(scene.vote["id"])
    roll = await feedback.fetchval("SELECT count(*) FROM roll_entry WHERE vote_id = $1", vote)
    told = len(books.acknowledged["ballot"])
    evidence = await connections["procurement"].fetch(
        "SELECT source_id AS id, count(*) AS times FROM evidence WHERE known_to IS NULL"
        " AND source_id = ANY($1) GROUP BY source_id, dimension",
        [UUID(each) for each in books.acknowledged["rating"]],
    )
    counted = {str(row["id"]) for row in evidence}
    twice = [row for row in evidence if row["times"] > 1]
    missing = set(books.acknowledged["rating"]) - counted
    return [
        Check("each ballot is on the roll once", roll == told, f"{told} told, {roll} on the roll"),
        Check(
            "each rating is evidence once",
            not twice and not missing,
            f"{len(counted)} counted, {len(twice)} twice, {len(missing)} missing",
        ),
    ]


async def _chain(city: City, service: str) -> Check:
    """The audit chain and its anchors, by the operator's own command."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "common.audit", "verify", service),
        env={**os.environ, **city.environment(service)},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    words = said.decode().strip().partition(", head")[0]
    return Check(f"the audit chain of {service} is whole", process.returncode == 0, words)
