"""What other services publish, as their feeds last told it: written by the feeds only."""

from sqlalchemy import Index

from common.mirrors import MirroredColumns
from procurement.tables.base import Base


class Mirrored(MirroredColumns, Base):
    """The present state of a record of another service."""


# What public rooms a provider runs: told in its file.
Index(
    "ix_mirrored_concession",
    Mirrored.state["operator_id"].astext,
    postgresql_where=Mirrored.kind == "concession",
)
