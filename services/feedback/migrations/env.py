"""Alembic's entry for the feedback service."""

from common.migrate import run
from feedback.tables import metadata

run("feedback", metadata)
