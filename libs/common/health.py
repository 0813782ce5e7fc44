"""Probes: alive (`/healthz`) and able to serve (`/readyz`, with the position of the feeds)."""

from datetime import datetime
from typing import Annotated, Any, Protocol, runtime_checkable

from alembic.script import ScriptDirectory
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from common.clock import utc_now
from common.errors import Problem, Text, problems
from common.migrate import config

router = APIRouter(tags=["operations"])


class Alive(BaseModel):
    """The process runs."""

    status: str = Field(examples=["ok"])
    service: str


class FeedPosition(BaseModel):
    """Where a feed stands."""

    kind: str
    last_number: int = Field(description="最新变更序号 / newest change number")
    waiting: int = Field(description="尚未编号的变更 / changes not numbered yet")
    oldest_waiting_s: float = Field(description="最早一条等待秒数 / seconds the oldest has waited")


class IndexHealth(BaseModel):
    """What a process holds in memory, and how far that has followed its feeds."""

    is_ready: bool = Field(description="已读完，可查询 / read, and can be asked")
    records: int
    positions: dict[str, int] = Field(description="各变更流的序号 / change number of each feed")
    age_s: float | None = Field(
        description="与变更流最近一致距今秒数 / seconds since it was level; null: never"
    )


class Ready(Alive):
    """The service can serve: database reachable and migrated, background work running."""

    migration: str
    jobs: dict[str, str] = Field(
        description="有故障的后台任务 / background work that fails, and why"
    )
    feeds: list[FeedPosition]
    index: IndexHealth | None = Field(
        description="本进程内存中的索引；无则为 null / index of this process; null: it has none"
    )
    at: datetime


@runtime_checkable
class Indexed(Protocol):
    """A process that holds an index, and can tell how it is."""

    def health(self) -> IndexHealth:
        """How far the index is."""
        ...


class NotReady(Problem):
    """The service cannot serve now."""

    status, slug = 503, "not-ready"
    title = Text("服务未就绪", "Not ready")
    detail = Text("{reason}", "{reason}")


def newest_migration(service: str) -> str:
    """The revision that the code expects."""
    return str(ScriptDirectory.from_config(config(service, "postgresql://-")).get_current_head())


@router.get("/healthz", openapi_extra={"x-permission": "probe:read"})
async def alive(request: Request) -> Alive:
    """进程存活 / The process is alive."""
    return Alive(status="ok", service=request.state.service)


async def _readiness(request: Request) -> Ready:
    state = request.state
    try:
        async with state.database.engine.connect() as connection:
            found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            feeds = [FeedPosition(**row) for row in (await connection.execute(_FEEDS)).mappings()]
    except (SQLAlchemyError, OSError) as fault:
        reason = type(fault).__name__
        raise NotReady(
            reason=Text(f"数据库不可用（{reason}）。", f"The database does not answer ({reason}).")
        ) from fault
    # Revisions are numbered in sequence. A later one has left in place what this release uses
    # (`tools.migrations`): both run side by side while the one replaces the other.
    if found is None or found < state.migration:
        raise NotReady(
            reason=Text(
                f"数据库迁移版本为 {found}，程序需要 {state.migration}；请先执行迁移。",
                f"The database is at migration {found}, the code needs {state.migration}.",
            )
        )
    return Ready(
        status="ok",
        service=state.service,
        migration=str(found),
        jobs=dict(state.health.faults),
        feeds=feeds,
        index=state.own.health() if isinstance(state.own, Indexed) else None,
        at=utc_now(),
    )


@router.get("/readyz", responses=problems(NotReady), openapi_extra={"x-permission": "probe:read"})
async def ready(answer: Annotated[Ready, Depends(_readiness)], response: Response) -> Any:
    """能否提供服务 / Whether the service can serve; 503 when it cannot."""
    response.headers["Cache-Control"] = "no-store"
    return answer


# Index-only on the outbox, which is nearly empty while the numbering step runs.
_FEEDS = text(
    "SELECT h.kind, h.last_number, coalesce(w.waiting, 0) AS waiting,"
    " coalesce(extract(epoch FROM now() - w.since), 0)::float8 AS oldest_waiting_s"
    " FROM feed_head h LEFT JOIN (SELECT kind, count(*) AS waiting, min(marked_at) AS since"
    " FROM feed_outbox GROUP BY kind) w USING (kind) ORDER BY h.kind"
)
