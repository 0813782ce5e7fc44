"""The three lists of a street over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.matching_collective import StreetLists
from common.edge import Session
from common.paging import Limit
from common.route import TransactionRoute
from matching.queries import lists

router = APIRouter(prefix="/v1", tags=["collective-needs"], route_class=TransactionRoute)

Reader = Annotated[Actor, needs(Permission.COLLECTIVE_NEED_READ)]


@router.get("/lists/{area}")
async def read_lists(
    session: Session,
    _: Reader,
    area: Annotated[
        str, Path(pattern=r"^([0-9]{9}|[0-9]{12})$", description="街镇或居村 / a town or less")
    ],
    limit: Limit = 100,
) -> StreetLists:
    """需求清单、资源清单、项目清单 / What is needed, what can be called, what is under way."""
    return await lists.of_street(session, area, limit=limit)
