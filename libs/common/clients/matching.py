"""What other services may ask matching. The course of needs and referrals comes by its feeds."""

from uuid import UUID

from common.contracts.matching import Referral
from common.http import ServiceHttp, checked


class MatchingClient:
    """Calls to matching."""

    def __init__(self, http: ServiceHttp) -> None:
        self._http = http

    async def referral(self, referral_id: UUID) -> Referral | None:
        """A referral as it is now; None when there is none.

        Consumer: feedback, when a resident rates at the counter before the feed has told that the
        service was delivered. Served from the release of issue 4.
        """
        response = await self._http.get(f"/v1/referrals/{referral_id}")
        if response.status_code == 404:
            return None
        return Referral.model_validate_json(checked(response).content)
