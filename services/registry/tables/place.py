"""A column for points on the city's plane (`common.geo.planar`), nearest-first under GiST.

PostgreSQL's own `point`: no extension, so it also runs where PostGIS may not.
"""

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import base as postgresql
from sqlalchemy.types import UserDefinedType


class PlanePoint(UserDefinedType[tuple[float, float]]):
    """`point`, as a pair of floats."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The name of the type in DDL."""
        return "POINT"

    def bind_processor(self, dialect: Dialect) -> None:  # noqa: ARG002 - SQLAlchemy's
        """Pairs go to the driver as they are."""
        return

    def result_processor(self, dialect: Dialect, coltype: object) -> None:  # noqa: ARG002 - SQLAlchemy's
        """The driver's points are pairs already."""
        return


# So that reflection (the migration drift check) knows the type instead of warning about it.
postgresql.ischema_names.setdefault("point", PlanePoint)
