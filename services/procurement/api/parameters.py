"""What the routes of procurement declare beside those of every service."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from common.crypto.keys import Keys
from procurement.settings import Settings


async def _keys(request: Request) -> Keys:
    """The keys of this service: bids, names and accounts are sealed under them."""
    keys: Keys = request.state.keys
    return keys


async def _ocid_prefix(request: Request) -> str:
    """The registered prefix of this publisher's contracting processes."""
    settings: Settings = request.state.settings
    return settings.ocid_prefix


AllKeys = Annotated[Keys, Depends(_keys)]
OcidPrefix = Annotated[str, Depends(_ocid_prefix)]
Area = Annotated[
    str | None,
    Query(
        pattern=r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$",
        description="区划有效位，含下级 / significant digits, what lies below included",
    ),
]
