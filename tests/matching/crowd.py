"""A crowd of needs, all alike, written by the use case itself."""

from uuid import UUID

from common.auth.actor import Actor
from common.clock import utc_now
from common.contracts.matching_needs import NeedIn
from common.crypto.keys import Keys
from common.geo import System
from matching.usecases import needs
from tests.matching.cases import NEED, Sessions


async def raised_needs(sessions: Sessions, count: int, keys: Keys, by: Actor) -> list[UUID]:
    """Needs that staff have recorded."""
    wish = NeedIn.model_validate({**NEED, "raised_by": "hotline"})
    async with sessions.begin() as session:
        made = [
            await needs.raise_need(
                session, wish, keys=keys, system=System.WGS84, by=by, now=utc_now()
            )
            for _ in range(count)
        ]
        return [need.id for need in made]
