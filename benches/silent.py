"""The registry without feed and audit: the yardstick of what the journal costs. Never deploy it."""

from fastapi import FastAPI

from common.app import build_app
from registry.main import SERVICE
from registry.settings import Settings


def app() -> FastAPI:
    """uvicorn benches.silent:app --factory"""
    return build_app(SERVICE, Settings(), journal=False)
