"""Packages of OCDS as they are answered. What is inside a release is the standard's business."""

from typing import Any, Final

from pydantic import Field

from common.contracts.base import Instant, Model

VERSION: Final = "1.1"
_REPOSITORY: Final = "https://raw.githubusercontent.com/open-contracting-extensions"
EXTENSIONS: Final = tuple(
    f"{_REPOSITORY}/ocds_{name}_extension/master/extension.json"
    for name in (
        *("bid", "lots", "requirements", "awardCriteria", "selectionCriteria"),
        *("techniques", "metrics", "performance_failures"),
    )
)


class Publisher(Model):
    """Who publishes."""

    name: str
    uri: str


class Links(Model):
    """Where the list goes on."""

    next: str | None = Field(description="下一页；没有时不出现 / left out on the last page")


class Package(Model):
    """What every package says of itself."""

    uri: str
    version: str
    extensions: list[str]
    publishedDate: Instant  # noqa: N815 - the standard's
    publisher: Publisher
    license: str
    links: Links | None = None  # left out on the last page


class ReleasePackage(Package):
    """Releases 发布: what steps told, each as it was written then."""

    releases: list[dict[str, Any]]


class RecordPackage(Package):
    """Records 记录: processes as their releases compile to."""

    records: list[dict[str, Any]]
