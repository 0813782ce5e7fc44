"""Alembic's entry for the matching service."""

from common.migrate import run
from matching.tables import metadata

run("matching", metadata)
