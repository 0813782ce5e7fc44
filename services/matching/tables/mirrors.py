"""What other services publish, as their feeds last told it: written by the feeds only."""

from sqlalchemy import Index

from common.mirrors import MirroredColumns
from matching.tables.base import Base


class Mirrored(MirroredColumns, Base):
    """The present state of a record of another service."""


# Under which contract a provider serves: asked for every referral.
Index(
    "ix_mirrored_contract",
    Mirrored.state["provider_id"].astext,
    postgresql_where=Mirrored.kind == "contract",
)
