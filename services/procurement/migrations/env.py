"""Alembic's entry for the procurement service."""

from common.migrate import run
from procurement.tables import metadata

run("procurement", metadata)
