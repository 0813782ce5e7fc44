"""The peer of matching over HTTP: the same question, asked of well-planned PostgreSQL.

FastAPI, pydantic in and out, SQLAlchemy Core on a pool; nearest first by a GiST index over category
and place, predicates written so that the planner sees them (`<> 0`, never `= 0`). It checks no
token, writes no log and knows no open facts: all of that is in its favour.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from fastapi import FastAPI, Request
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from common.calendar import Calendar
from common.geo import planar
from common.opening import moment

TABLE = (
    "CREATE EXTENSION IF NOT EXISTS btree_gist",
    "CREATE TABLE peer (id uuid PRIMARY KEY, name text NOT NULL, category text NOT NULL,"
    " provider_id uuid, venue_id uuid, venue_name text, place point, price_fen bigint,"
    " places int NOT NULL, age_min int NOT NULL, age_max int NOT NULL, groups int NOT NULL,"
    " hardship int NOT NULL, disability int NOT NULL, home text NOT NULL, hours bytea NOT NULL)",
)
INDEX = (
    "CREATE INDEX peer_near ON peer USING gist (category, place)",
    "VACUUM ANALYZE peer",
)
COLUMNS = (
    *("id", "name", "category", "provider_id", "venue_id", "venue_name", "place", "price_fen"),
    *("places", "age_min", "age_max", "groups", "hardship", "disability", "home", "hours"),
)
ANYBODY = 1 << 30  # the bit that everybody has and every open offering asks for
_NEAREST = text(
    "SELECT id, name, category, provider_id, venue_id, venue_name, price_fen, places,"
    " place <-> point(:x, :y) AS far, age_min, age_max FROM peer WHERE category = :category"
    " AND age_min <= :age AND age_max >= :age AND (groups & CAST(:groups AS int)) <> 0"
    " AND (hardship & CAST(:hardship AS int)) <> 0 AND (disability & CAST(:grade AS int)) <> 0"
    " AND places <> 0 AND starts_with(CAST(:home AS text), home)"
    " AND get_bit(hours, CAST(:slot AS int)) <> 0"
    " ORDER BY place <-> point(:x, :y) LIMIT :limit"
)


class Question(BaseModel):
    """The part of a match that the peer answers."""

    category: str
    lon: float
    lat: float
    age: int
    groups: int
    hardship: int
    grade: int
    home: str
    wished_at: list[datetime]
    limit: int = 10


class Found(BaseModel):
    """One offering and why it fits."""

    offering_id: UUID
    name: str
    category: str
    provider_id: UUID | None
    venue_id: UUID | None
    venue_name: str | None
    price_fen: int | None
    places_left: int | None
    walking_minutes: float
    score_minutes: float
    met: list[str]


class Answer(BaseModel):
    """The ten nearest that fit."""

    items: list[Found]


class State(TypedDict):
    """What the lifespan holds."""

    engine: AsyncEngine


def app() -> FastAPI:
    """uvicorn benches.peer:app --factory"""
    days = Calendar.load()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        engine = create_async_engine(os.environ["PEER_URL"], pool_size=16)
        yield State(engine=engine)
        await engine.dispose()

    made = FastAPI(lifespan=lifespan)

    @made.post("/v1/matches")
    async def match(asked: Question, request: Request) -> Answer:
        engine: AsyncEngine = request.state.engine
        x, y = planar(asked.lon, asked.lat)
        at = moment(asked.wished_at[0], days) if asked.wished_at else None
        values: dict[str, Any] = {
            **asked.model_dump(include={"category", "age", "groups", "hardship", "grade"}),
            "x": x,
            "y": y,
            "home": asked.home,
            "limit": asked.limit,
            "slot": ALWAYS if at is None else slot(at.week_minute),
        }
        async with engine.connect() as connection:
            rows = (await connection.execute(_NEAREST, values)).all()
        return Answer(items=[_found(row) for row in rows])

    return made


ALWAYS = 0  # a bit that every timetable has; the half hours follow


def slot(week_minute: int) -> int:
    """The bit of a half hour, in PostgreSQL's order: the least significant bit of a byte first."""
    byte, bit = divmod(week_minute // 30, 8)
    return 8 * (byte + 1) + (7 - bit)


def _found(row: Any) -> Found:
    minutes = row.far * METRES_A_DEGREE * 1.3 / 75
    met = ["category", "places_left", "opening_time"]
    met += ["age_min"] if row.age_min else []
    met += ["age_max"] if row.age_max < 999 else []
    return Found(
        offering_id=row.id,
        name=row.name,
        category=row.category,
        provider_id=row.provider_id,
        venue_id=row.venue_id,
        venue_name=row.venue_name,
        price_fen=row.price_fen,
        places_left=None if row.places < 0 else row.places,
        walking_minutes=minutes,
        score_minutes=minutes,
        met=met,
    )


METRES_A_DEGREE = 111_195.0
