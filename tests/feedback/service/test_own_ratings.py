"""What the rated see of single ratings: never one that stands out in its month."""

from datetime import UTC, datetime
from uuid import uuid4

import httpx

from tests.feedback.rated import rated, rating
from tests.feedback.served import PROVIDER, Sessions

Header = dict[str, str]
JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 11, 4, tzinfo=UTC) for month in (1, 2, 3))


async def test_a_rating_is_shown_with_nine_others_that_its_service_got_in_the_same_month(
    client: httpx.AsyncClient, provider: Header, sessions: Sessions
) -> None:
    ten = [rating(PROVIDER, 2, rated_at=FEBRUARY) for _ in range(10)]
    nine = [rating(PROVIDER, 2, rated_at=MARCH) for _ in range(9)]
    alone = rating(PROVIDER, 1, rated_at=JANUARY)
    of_others = [rating(str(uuid4()), 2, rated_at=JANUARY) for _ in range(9)]
    praise = [rating(PROVIDER, 5, "default", rated_at=JANUARY) for _ in range(9)]
    elsewhere = [rating(PROVIDER, 2, rated_at=JANUARY, offering_id=uuid4()) for _ in range(9)]
    await rated(sessions, *ten, *nine, alone, *of_others, *praise, *elsewhere)

    shown = (await client.get("/v1/own-ratings", headers=provider)).json()["items"]

    assert [each["id"] for each in shown] == sorted(str(each.id) for each in ten)
    assert {each["month_on"] for each in shown} == {"2026-02-01"}
