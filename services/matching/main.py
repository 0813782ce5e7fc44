"""The matching service 供需对接: needs meet supply. Composition only."""

from fastapi import FastAPI

from common.app import Service, build_app
from common.errors import Text
from matching.settings import Settings
from matching.tables import metadata

SERVICE = Service(
    name="matching",
    title=Text("供需对接", "Needs meet supply"),
    metadata=metadata,
    routers=(),
)


def app() -> FastAPI:
    """uvicorn matching.main:app --factory"""
    return build_app(SERVICE, Settings())
