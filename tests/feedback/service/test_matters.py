"""A case as the portal lists it, with what the registry told of its service."""

from typing import Any
from uuid import UUID

import httpx

from common.contracts.feeds import Kind
from common.contracts.handover import Matter
from feedback.queries import handover
from tests.feedback.cases import raised, told
from tests.feedback.served import OFFERING, PROVIDER, Sessions

Header = dict[str, str]
SERVICE = {"id": OFFERING, "provider_id": PROVIDER, "venue": None, "name": "老年送餐"}
CODES = {"catalog_code": "001032025000", "task_code": "3101-001032025000"}


async def matter(sessions: Sessions, case: dict[str, Any]) -> Matter:
    key = UUID(case["id"])
    async with sessions() as session:
        return (await handover.matters(session, [key]))[key]


async def test_a_matter_bears_the_item_codes_of_its_service_and_none_without(
    client: httpx.AsyncClient, resident: Header, sessions: Sessions
) -> None:
    await told(sessions, Kind.OFFERING, SERVICE)
    about = await raised(client, resident, offering_id=OFFERING)
    general = await raised(client, resident)
    before = await matter(sessions, about)
    await told(sessions, Kind.OFFERING, SERVICE | CODES)
    coded, uncoded = await matter(sessions, about), await matter(sessions, general)

    assert (before.service_name, before.catalog_code, before.task_code) == ("老年送餐", None, None)
    assert coded.model_dump(include=set(CODES)) == CODES
    assert uncoded.model_dump(include=set(CODES)) == dict.fromkeys(CODES)
