"""The matching service 供需对接: needs meet supply. Composition only."""

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI

from common.app import Service, build_app
from common.contracts.matching import Need
from common.errors import Problem, Text
from common.feed import FeedKind
from matching.api import collective_needs, needs, profiles
from matching.queries import collective_needs as collective_queries
from matching.queries import needs as need_queries
from matching.settings import Settings
from matching.tables import metadata


def _area_of_need(state: Need) -> str:
    return state.area_code


CONSTRAINTS: Final[Mapping[str, type[Problem]]] = {}

KINDS: Final = (
    FeedKind("need", need_queries.states, public=False, area_of=_area_of_need),
    FeedKind("collective_need", collective_queries.states),
)

SERVICE = Service(
    name="matching",
    title=Text("供需对接", "Needs meet supply"),
    metadata=metadata,
    routers=(needs.router, profiles.router, collective_needs.router),
    kinds=KINDS,
    constraints=CONSTRAINTS,
)


def app() -> FastAPI:
    """uvicorn matching.main:app --factory"""
    return build_app(SERVICE, Settings())
