"""What other services publish, as their feeds last told it: written by the feeds only."""

from sqlalchemy import Float, Index, cast

from common.mirrors import MirroredColumns
from feedback.tables.base import Base


class Mirrored(MirroredColumns, Base):
    """The present state of a record of another service."""


# Who answers for a category in an area: asked for every case that comes in.
Index(
    "ix_mirrored_item",
    Mirrored.state["category"].astext,
    Mirrored.area_code,
    postgresql_where=Mirrored.kind == "service_item",
)

# The office of a street, of all organisations there: asked for every case likewise.
Index(
    "ix_mirrored_street",
    Mirrored.area_code,
    postgresql_where="kind = 'organisation' AND state ->> 'kind' = 'street'",
)

# A word of a dictionary by its code: whether there is such a category, asked for every case.
Index(
    "ix_mirrored_word",
    Mirrored.state["code"].astext,
    postgresql_where=Mirrored.kind == "dictionary_entry",
)

# What lies near a point: asked for requests that come with nothing but a point.
Index(
    "ix_mirrored_lat",
    cast(Mirrored.state["lat"].astext, Float),
    postgresql_where=Mirrored.kind.in_(("venue", "area")),
)
