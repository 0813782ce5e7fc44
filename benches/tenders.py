"""Lists and records at 20,000 tenders, over HTTP at a steady rate, one service process."""

import asyncio
from collections.abc import Callable
from random import Random

import asyncpg

from benches import Row, wire
from benches.contracts import day_begun
from benches.house import house, migrated, serving
from common.db import direct_url
from tests.living import free_port

TENDERS, QUESTIONS = 20_000, 1_000
CONNECTIONS, PER_SECOND = 16, 100
BAR = "p99 <= 30 ms"
# Every purchase has its notice, criteria, a document and frozen rules; nine in ten were awarded.
_FILL = """
INSERT INTO tender (id, ocid, title, description, method, object, contents, category, buyer_id,
  area_code, value_fen, is_conducted_elsewhere, is_price_fixed, price_weight, step, stage, round,
  rules, suppliers_least, notice_at, tender_period_start_at, tender_period_end_at,
  enquiry_period_end_at, reveal_period_end_at, opened_at, tenderers, conforming, awarded_at,
  announced_at, version, created_at, updated_at, created_by, updated_by)
SELECT gen_random_uuid(), 'local-000000-' || n, '演示数据 采购 ' || n, '演示数据', 'consultation',
  'service', '["service"]', (ARRAY['meal_delivery','home_care','day_care','culture'])[1 + n % 4],
  md5((n % 234)::text)::uuid, '3101' || lpad((1 + n % 16)::text, 2, '0') ||
  lpad((1 + n % 15)::text, 3, '0') || '000', 10000000 + n, false, false, 0.2,
  CASE WHEN n % 10 = 0 THEN 'tendering' ELSE 'announced' END, 1, 1, $1::jsonb, 2,
  t, t, t + interval '12 days', t + interval '12 days', t + interval '12 days 1 hour',
  CASE WHEN n % 10 > 0 THEN t + interval '12 days 1 hour' END, CASE WHEN n % 10 > 0 THEN 4 END,
  CASE WHEN n % 10 > 0 THEN 4 END, CASE WHEN n % 10 > 0 THEN t + interval '15 days' END,
  CASE WHEN n % 10 > 0 THEN t + interval '16 days' END, 3, t, t, 'demo', 'demo'
FROM generate_series(1, $2::int) n,
  LATERAL (SELECT timestamptz '2024-01-01' + n * interval '1 h') x(t)
"""
_CRITERIA = """
INSERT INTO tender_criterion (tender_id, position, kind, name, looks_at, indicator, unit, points,
  bands)
SELECT id, p, 'quality', '因素', 'staff', '人数', '人', 10, '[{"at_least":"2","points":"10"}]'
FROM tender, generate_series(1, 8) p
"""
_DOCUMENTS = """
INSERT INTO tender_document (tender_id, id, kind, title, digest, added_at, added_by)
SELECT id, gen_random_uuid(), 'tender_document', '采购文件', repeat('ab', 32), created_at, 'demo'
FROM tender, generate_series(1, 3)
"""


def rows() -> list[Row]:
    """The city's purchases, filled in SQL, then asked for."""
    with house() as (server, secrets):
        urls = migrated(server, "procurement", "tenders")
        ids = asyncio.run(_fill(urls.owner))
        port = free_port()
        with serving("procurement", urls, secrets, port):
            asyncio.run(day_begun(urls))
            return [_asked(port, name, paths) for name, paths in _questions(ids).items()]


def _questions(ids: list[str]) -> dict[str, list[str]]:
    dice = Random(7)
    asked: dict[str, Callable[[], str]] = {
        "the probe alone, for comparison": lambda: "/healthz",
        "tenders, newest first": lambda: "/v1/tenders",
        "tenders of a street": lambda: (
            f"/v1/tenders?area=3101{dice.randint(1, 16):02d}{dice.randint(1, 15):03d}"
        ),
        "tenders of a district": lambda: f"/v1/tenders?area=3101{dice.randint(1, 16):02d}",
        "tenders of a category that take bids": lambda: (
            f"/v1/tenders?step=tendering&category={dice.choice(['home_care', 'day_care'])}"
        ),
        "one tender with its documents": lambda: f"/v1/tenders/{dice.choice(ids)}",
    }
    return {name: [ask() for _ in range(QUESTIONS)] for name, ask in asked.items()}


def _asked(port: int, name: str, paths: list[str]) -> Row:
    prepared = [wire.request("GET", path, {}) for path in paths]
    asyncio.run(wire.paced([port], prepared[:50], per_second=PER_SECOND, clients=CONNECTIONS))
    load = asyncio.run(
        wire.paced([port], prepared[50:], per_second=PER_SECOND, clients=CONNECTIONS)
    )
    odd = {status for status in load.statuses if status != 200}
    return Row(
        f"{name}, {PER_SECOND} a second" + (f", odd answers {odd}" if odd else ""),
        f"p99 {load.p99_ms:.1f} ms, p50 {load.p50_ms:.1f} ms",
        "" if name.startswith("the probe") else BAR,
    )


async def _fill(owner: str) -> list[str]:
    rule = (
        '{"code":"214.6.suppliers","parameter":"suppliers","operator":">=","value":3,'
        '"unit":"count","document":"财库〔2014〕214号","article":"6","confidence":"G-hi"}'
    )
    connection = await asyncpg.connect(direct_url(owner))
    try:
        await connection.execute(_FILL, f"[{','.join([rule] * 30)}]", TENDERS)
        await connection.execute(_CRITERIA)
        await connection.execute(_DOCUMENTS)
        await connection.execute("VACUUM ANALYZE")
        found = await connection.fetch("SELECT id::text FROM tender ")
        return [row["id"] for row in found]
    finally:
        await connection.close()
