"""What the routes of procurement declare beside those of every service."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from common.crypto.keys import Keys
from common.errors import Conflict, Text
from procurement.settings import LOCAL_PREFIX, Settings


async def _keys(request: Request) -> Keys:
    """The keys of this service: bids, names and accounts are sealed under them."""
    keys: Keys = request.state.keys
    return keys


class OcidPrefixNotSet(Conflict):
    """Nobody has said under which registered prefix this publisher's processes are known."""

    slug = "ocid-prefix-not-set"
    title = Text("OCID 前缀未配置", "No OCID prefix")
    detail = Text(
        "未配置 PROCUREMENT_OCID_PREFIX，不能编制采购：请由运维填写本单位在 OCDS 登记的前缀。",
        "PROCUREMENT_OCID_PREFIX is not set, so no purchase can be prepared: whoever runs the"
        " service fills in the prefix that the publisher registered with OCDS.",
    )


async def _ocid_prefix(request: Request) -> str:
    """The registered prefix of this publisher's processes; a local mark where nothing is real.

    Source: OCDS 1.1.5, identifiers: a prefix is registered, so that no two publishers share one.
    """
    settings: Settings = request.state.settings
    if settings.ocid_prefix is None and settings.environment == "production":
        raise OcidPrefixNotSet
    return settings.ocid_prefix or LOCAL_PREFIX


AllKeys = Annotated[Keys, Depends(_keys)]
OcidPrefix = Annotated[str, Depends(_ocid_prefix)]
Area = Annotated[
    str | None,
    Query(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="区划有效位，含下级 / significant digits, what lies below included",
    ),
]
