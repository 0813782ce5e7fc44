"""The procurement service 购买服务: competition with a memory. Composition only."""

from fastapi import FastAPI

from common.app import Service, build_app
from common.errors import Text
from procurement import consumers
from procurement.settings import Settings
from procurement.tables import metadata

SERVICE = Service(
    name="procurement",
    title=Text("购买服务", "Competition with a memory"),
    metadata=metadata,
    routers=(),
    jobs=consumers.jobs,
)


def app() -> FastAPI:
    """uvicorn procurement.main:app --factory"""
    return build_app(SERVICE, Settings())
