"""What other services may ask procurement. Ratings, contracts and outcomes come by its feeds."""

from uuid import UUID

from common.contracts.procurement import Contract
from common.http import ServiceHttp, found


class ProcurementClient:
    """Calls to procurement."""

    def __init__(self, http: ServiceHttp) -> None:
        self._http = http

    async def contract(self, contract_id: UUID) -> Contract | None:
        """A published contract as it is now; None when there is none.

        Consumer: matching, before a referral that a contract pays for: it may have ended since the
        feed was read. Served from the release of issue 6.
        """
        response = found(await self._http.get(f"/v1/contracts/{contract_id}"))
        return None if response is None else Contract.model_validate_json(response.content)
