"""What several routes of the feedback declare."""

from typing import Annotated, Final

from fastapi import Query

from common import geo

AreaPrefix = Annotated[
    str | None,
    Query(
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="区划前缀（2、4、6、9、12 位有效数字） / significant digits of a division code",
    ),
]
CoordType = Annotated[
    geo.System,
    Query(alias="coordtype", description="所交坐标的坐标系 / system of points sent"),
]
WGS84: Final = geo.System.WGS84
