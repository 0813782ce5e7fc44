"""What other services may ask feedback. Ratings, cases and agendas come by its feeds."""

from uuid import UUID

from common.contracts.feedback import Agenda
from common.http import ServiceHttp, found


class FeedbackClient:
    """Calls to feedback."""

    def __init__(self, http: ServiceHttp) -> None:
        self._http = http

    async def agenda(self, agenda_id: UUID) -> Agenda | None:
        """An agenda as it is now; None when there is none.

        Consumer: procurement, before money is reserved for its items: the agenda may have been
        superseded since the feed was read. Served from the release of issue 5.
        """
        response = found(await self._http.get(f"/v1/agendas/{agenda_id}"))
        return None if response is None else Agenda.model_validate_json(response.content)
