"""The feedback service 居民之声: the resident's voice. Composition only."""

from fastapi import FastAPI

from common.app import Service, build_app
from common.errors import Text
from feedback import consumers
from feedback.settings import Settings
from feedback.tables import metadata

SERVICE = Service(
    name="feedback",
    title=Text("居民之声", "The resident's voice"),
    metadata=metadata,
    routers=(),
    jobs=consumers.jobs,
)


def app() -> FastAPI:
    """uvicorn feedback.main:app --factory"""
    return build_app(SERVICE, Settings())
