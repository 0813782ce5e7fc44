"""Assessments as tests file them; what residents said, as counts and cases that are kept."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert

from common.clock import utc_now
from common.contracts.feeds import Kind
from common.crypto.keys import Keys
from common.edge import DEVELOPMENT_TIME
from feedback import tables, worker
from feedback.domain.cases import first_answer
from feedback.queries import tallies
from tests.feedback.cases import organisation, told
from tests.feedback.crowd import case_row
from tests.feedback.served import PROVIDER, TOWN, Sessions, at, key

Header = dict[str, str]
OTHER = "01900000-0000-7000-8000-0000000000bb"
THIRD = "01900000-0000-7000-8000-0000000000cc"
DEPARTMENT = "01900000-0000-7000-8000-0000000000d1"
ANOTHER = "01900000-0000-7000-8000-0000000000d2"
SPRING = datetime(2026, 3, 2, 2, tzinfo=UTC)
VERDICT: dict[str, Any] = {
    "code": "verdict",
    "name": "居民满意度",
    "measure": "satisfaction",
    "weight": 60,
}
ANSWERS: dict[str, Any] = {
    "code": "answers",
    "name": "工单按期答复",
    "measure": "case_response",
    "weight": 20,
}
TRAINING: dict[str, Any] = {
    "code": "training",
    "name": "人员培训",
    "measure": "evidence",
    "evidence_kind": "staff_training",
    "weight": 20,
}


def scheme(**more: Any) -> dict[str, Any]:
    """The wish for a scheme over the first half of the year."""
    return {
        "kind": "service_project",
        "title": "社区服务项目考核",
        "area_code": TOWN,
        "lead_id": DEPARTMENT,
        "subject": "organisation",
        "subject_ids": [PROVIDER, OTHER, THIRD],
        "period_from_on": "2026-01-01",
        "period_to_on": "2026-06-30",
        "indicators": [VERDICT, ANSWERS, TRAINING],
        **more,
    }


def evidence(**more: Any) -> dict[str, Any]:
    """The wish to register evidence."""
    return {
        "kind": "staff_training",
        "subject": "organisation",
        "subject_id": PROVIDER,
        "period_from_on": "2026-01-01",
        "period_to_on": "2026-06-30",
        "document": "培训签到册 2026-03",
        "achieved": 45,
        "target": 50,
        **more,
    }


async def send(
    client: httpx.AsyncClient, header: Header, path: str, version: int | None = None, **body: Any
) -> httpx.Response:
    """The answer to a command."""
    headers = {**header, **key(), **({} if version is None else at(version))}
    return await client.post(f"/v1/{path}", json=body, headers=headers)


async def done(
    client: httpx.AsyncClient, header: Header, path: str, version: int | None = None, **body: Any
) -> dict[str, Any]:
    """What a command that was carried out answers."""
    answer = await send(client, header, path, version, **body)
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def file(client: httpx.AsyncClient, header: Header, **more: Any) -> httpx.Response:
    """The answer to a scheme that is filed on the first day of its period."""
    wish = scheme(**more)
    then = {DEVELOPMENT_TIME: f"{wish['period_from_on']}T09:00:00+08:00"}
    return await send(client, {**header, **then}, "assessment-schemes", **wish)


async def filed(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    """A scheme that is filed beforehand."""
    answer = await file(client, header, **more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def carried_out(client: httpx.AsyncClient, header: Header, **more: Any) -> dict[str, Any]:
    """A scheme whose results are public."""
    planned = await filed(client, header, **more)
    path = f"assessment-schemes/{planned['id']}/results"
    return await done(client, header, path, planned["version"])


async def results(client: httpx.AsyncClient, scheme_id: str, header: Header) -> dict[str, Any]:
    """The results of a scheme as a caller sees them, by whom they are about."""
    answer = await client.get("/v1/assessments", params={"scheme_id": scheme_id}, headers=header)
    return {each["subject_id"]: each for each in answer.json()["items"]}


async def known_subjects(sessions: Sessions) -> None:
    """Three organisations of the street, as the registry tells them."""
    await told(
        sessions, Kind.ORGANISATION, *(organisation(each) for each in (PROVIDER, OTHER, THIRD))
    )


async def said(
    sessions: Sessions,
    provider: str,
    levels: dict[int, int],
    *,
    served: int = 0,
    month_on: date = date(2026, 3, 1),
    **more: Any,
) -> None:
    """What residents said of an organisation in a month."""
    shared = {
        "month_on": month_on,
        "provider_id": UUID(provider),
        "category": "meal_delivery",
        "area_code": TOWN,
        "venue_id": None,
        "contract_id": None,
        **more,
    }
    rows = [
        {**shared, "channel": "self", "level": level, "is_counted": True, "change": number}
        for level, number in levels.items()
    ]
    if served:
        blank = {"channel": tallies.SERVED, "level": 0, "is_counted": False, "change": served}
        rows.append({**shared, **blank})
    async with sessions.begin() as session:
        await tallies.note(session, rows)
    await worker.add_up(sessions)


async def answered(
    sessions: Sessions, keys: Keys, provider: str, number: int, *, late: int = 0
) -> None:
    """Cases of an organisation, answered in time but for some."""
    rows = [case_row(keys, SPRING) for _ in range(number)]
    for at_, row in enumerate(rows):
        due = row["due_at"]
        ends = {"escalates_at": None, "status": "answered", "responsible_body_id": UUID(provider)}
        at = due if at_ < late else row["received_at"]
        row |= {**ends, "answered_at": at, **first_answer(at, due)}
    async with sessions.begin() as session:
        await session.execute(insert(tables.Case), rows)


@pytest.fixture
async def street(sessions: Sessions, keys: Keys) -> Sessions:
    """A street with one good body, one like it, one plainly worse; cases were answered."""
    await known_subjects(sessions)
    await said(sessions, PROVIDER, {5: 190, 4: 13}, served=400)
    await said(sessions, OTHER, {5: 180, 4: 20}, served=400)
    await said(sessions, THIRD, {1: 180, 2: 20}, served=400)
    for each in (PROVIDER, OTHER, THIRD):
        await answered(sessions, keys, each, 30, late=2)
    await worker.release_all(sessions, now=utc_now())
    return sessions
