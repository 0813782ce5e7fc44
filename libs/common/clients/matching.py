"""What other services may ask matching. The course of needs and referrals comes by its feeds."""

from uuid import UUID

from common.contracts.matching import Referral
from common.http import ServiceHttp, found


class MatchingClient:
    """Calls to matching."""

    def __init__(self, http: ServiceHttp) -> None:
        self._http = http

    async def referral(self, referral_id: UUID) -> Referral | None:
        """A referral as it is now; None when there is none.

        Consumer: feedback, when a resident rates at the counter before the feed has told that the
        service was delivered. Served from the release of issue 4.
        """
        response = found(await self._http.get(f"/v1/referrals/{referral_id}"))
        return None if response is None else Referral.model_validate_json(response.content)
