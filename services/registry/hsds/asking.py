"""The query parameters of HSDS lists, checked; the names are the standard's."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from common.contracts.base import Input
from common.errors import FieldError, Invalid, NotFound, Text

MANY = 10_000
SOME = 1_000
FEW = 100
_DEFAULT = 50


class NoSuchPage(NotFound):
    """A page behind the last one."""

    slug = "no-such-page"
    title = Text("没有这一页", "No such page")
    detail = Text(
        "共 {pages} 页，没有第 {page} 页。", "There are {pages} pages, and no page {page}."
    )


class PerPageTooLarge(Invalid):
    """More records a page than this kind of answer holds."""

    slug = "per-page-too-large"
    title = Text("每页条数过大", "Too many a page")


class PostcodeUnknown(Invalid):
    """An area that is not known, or has no centre."""

    slug = "postcode-unknown"
    title = Text("区域无法确定", "The area is not known")


def _aware(given: datetime) -> datetime:
    """A time without a zone is UTC, as the standard has it."""
    aware = given if given.tzinfo else given.replace(tzinfo=UTC)
    if not 1900 <= given.year <= 2200:
        raise ValueError("年份应在 1900 至 2200 之间 / the year is from 1900 to 2200")
    return aware


Words = Annotated[
    str | None, Field(min_length=1, max_length=100, description="字词、拼音 / full text")
]
TermId = Annotated[UUID | None, Field(description="词条及其下级 / a term and those under it")]
TaxonomyId = Annotated[UUID | None, Field(description="分类体系 / a taxonomy")]
OrganizationId = Annotated[UUID | None, Field(description="提供机构 / the provider")]
ModifiedAfter = Annotated[
    datetime | None,
    AfterValidator(lambda given: given and _aware(given)),
    Field(description="此时或之后有变更；无时区按 UTC / on or after; without a zone: UTC"),
]
Full = Annotated[bool, Field(description="含全部下级 / with everything nested")]


class Asked(Input):
    """What all lists take."""

    page: int = Field(1, ge=1, le=1_000_000_000, description="页码，自 1 / page, from 1")
    per_page: int | None = Field(
        None, ge=1, le=MANY, description="每页条数，默认 50，full 至多 100 / records a page"
    )
    format: Literal["json", "ndjson"] = Field(
        "json", description="ndjson：逐行给出全部，不分页 / ndjson: all records, a line each"
    )
    search: Words = None

    def size(self) -> int:
        """Records a page. Raises `PerPageTooLarge` when that is over what the answer holds."""
        small = bool(getattr(self, "minimal", False))
        most = MANY if small else FEW if self.nested() else SOME
        given = (MANY if small else _DEFAULT) if self.per_page is None else self.per_page
        if given > most:
            message = Text(f"此时每页至多 {most} 条", f"at most {most} here")
            raise PerPageTooLarge(errors=[FieldError("/per_page", given, message)])
        return given

    def nested(self) -> bool:
        """Whether records are asked for in full."""
        return any(getattr(self, name, False) for name in ("full", "full_service"))


class TermsAsked(Asked):
    """The list of taxonomy terms."""

    taxonomy_id: TaxonomyId = None
    top_only: bool = Field(False, description="仅顶层词条 / only terms without a parent")
    parent_id: UUID | None = Field(None, description="直接上级 / the parent")


class OrganizationsAsked(Asked):
    """The list of organisations."""

    taxonomy_term_id: TermId = None
    taxonomy_id: TaxonomyId = None
    full: Full = False
    full_service: bool = Field(False, description="含服务全部内容 / with services in full")


class ServicesAsked(Asked):
    """The list of services."""

    taxonomy_term_id: TermId = None
    taxonomy_id: TaxonomyId = None
    organization_id: OrganizationId = None
    modified_after: ModifiedAfter = None
    full: Full = False
    minimal: bool = Field(False, description="仅编号与变更时间 / ids and dates of change")


class PlacedAsked(Asked):
    """The list of services at locations."""

    taxonomy_term_id: TermId = None
    taxonomy_id: TaxonomyId = None
    organization_id: OrganizationId = None
    modified_after: ModifiedAfter = None
    full: Full = False
    postcode: str | None = Field(
        None,
        pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$",
        description="区划代码有效位（本市以此代邮编） / digits of a division code, for a postcode",
    )
    proximity: float | None = Field(
        None, gt=0, le=50_000, allow_inf_nan=False, description="距区域中心，米 / metres"
    )


def postcode_fault(value: Any, zh: str, en: str) -> PostcodeUnknown:
    """422 naming the postcode."""
    return PostcodeUnknown(errors=[FieldError("/postcode", value, Text(zh, en))])
