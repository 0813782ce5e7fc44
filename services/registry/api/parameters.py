"""Query parameters that several resources share."""

from datetime import date
from typing import Annotated

from fastapi import Query

from common import geo

Words = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=100,
        pattern=r"\w",
        description="名称中的字词、拼音或首字母，至少一个字或数字 / words, pinyin or initials",
    ),
]
_PREFIX = Query(
    pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$",
    description="区划前缀（2、4、6、9、12 位有效数字） / significant digits of a division code",
)
Area = Annotated[str, _PREFIX]
AreaPrefix = Annotated[str | None, _PREFIX]
OnDay = Annotated[
    date | None,
    Query(description="按此日期的情形，默认现状 / as it was on this day; now when absent"),
]
CoordType = Annotated[
    geo.System,
    Query(
        alias="coordtype",
        description="所交与所取坐标的坐标系 / system of points sent and answered",
    ),
]
WGS84 = geo.System.WGS84
