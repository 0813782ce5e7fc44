"""What other services may ask the registry. Whole inventories come by its feeds, not from here."""

from uuid import UUID

from common.contracts.registry.bookings import Booking, BookingIn
from common.contracts.registry.offerings import Offering
from common.contracts.registry.organisations import OrganisationState
from common.http import ServiceHttp, checked, found


class RegistryClient:
    """Calls to the registry."""

    def __init__(self, http: ServiceHttp) -> None:
        self._http = http

    async def organisation(self, organisation_id: UUID) -> OrganisationState | None:
        """An organisation as it is now; None when there is none.

        Consumer: procurement, before an award and before a contract is signed, when the feed may be
        a moment behind (dissolved, new incubation tie).
        """
        response = found(await self._http.get(f"/v1/organisations/{organisation_id}"))
        return None if response is None else OrganisationState.model_validate_json(response.content)

    async def organisation_of(self, credit_code: str) -> UUID | None:
        """The id of the organisation with a credit code; None when there is none.

        Consumer: the gateway of sign-ins, for a legal person.
        """
        asked = {"credit_code": credit_code, "limit": "2"}
        told = checked(await self._http.get("/v1/organisations", params=asked)).json()["items"]
        return UUID(told[0]["id"]) if len(told) == 1 else None

    async def offering(self, offering_id: UUID) -> Offering | None:
        """A published offering as it is now; None when there is none.

        Consumer: matching, for a referral to an offering that its index does not know yet.
        """
        response = found(await self._http.get(f"/v1/offerings/{offering_id}"))
        return None if response is None else Offering.model_validate_json(response.content)

    async def book(self, booking_id: UUID, wish: BookingIn) -> Booking:
        """Book a room, or find it booked under the same id. Raises Conflict when it is taken.

        Consumer: matching, for a referral whose offering needs a room.
        """
        response = await self._http.put(
            f"/v1/bookings/{booking_id}",
            content=wish.model_dump_json(),
            headers={"Content-Type": "application/json"},
        )
        return Booking.model_validate_json(checked(response).content)

    async def cancel_booking(self, booking_id: UUID) -> None:
        """Give a room back; nothing happens when there is no such booking.

        Consumer: matching, to undo a booking when the referral fails.
        """
        response = await self._http.delete(f"/v1/bookings/{booking_id}")
        found(response)
