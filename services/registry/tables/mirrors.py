"""What other services publish, as their feeds last told it: written by the feeds only."""

from sqlalchemy import Index

from common.mirrors import MirroredColumns
from registry.tables.base import Base


class Mirrored(MirroredColumns, Base):
    """The present state of a record of another service."""


# How an organisation is rated: asked for the organisations of an area.
Index(
    "ix_mirrored_provider_rating",
    Mirrored.state["provider_id"].astext,
    postgresql_where=Mirrored.kind == "provider_rating",
)
