"""Alembic's entry for the registry service."""

from common.migrate import run
from registry.tables import metadata

run("registry", metadata)
