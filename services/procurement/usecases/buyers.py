"""Who buys: a body of the caller's area, in whose name money, sums and recusals are reckoned."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from common import mirrors
from common.auth.actor import Actor
from common.contracts.feeds import Kind
from common.errors import FieldError, Invalid, Text


class ForeignBuyer(Invalid):
    """The body that buys or sponsors is of another area than the caller's."""

    slug = "foreign-buyer"
    title = Text("购买主体不在本辖区", "The buyer is of another area")


async def must_be_of_area(session: AsyncSession, body_id: UUID, at: str, *, by: Actor) -> None:
    """Raises `ForeignBuyer` where the registry has told that a body is not of the caller's area.

    A body that the feed has not told of yet is let pass: its money is looked at all the same.
    """
    state = await mirrors.one(session, Kind.ORGANISATION, body_id)
    if state is None or by.covers(state["area_code"]):
        return
    told = Text(
        f"该机构属于区划 {state['area_code']}，不在您的辖区；请填写本辖区的机构",
        f"the body is of {state['area_code']}, not of your area; name one of your own",
    )
    raise ForeignBuyer(errors=[FieldError(at, str(body_id), told)])
