"""The routes of the catalogue: a service lists its own kinds, the registry those of all."""

import io
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.catalogue.entries import code_of, entry_of, listed
from common.contracts.catalogue import CatalogueEntry
from common.contracts.feeds import Kind
from common.contracts.vocabulary import Service
from common.errors import NotFound, Text, problems
from common.route import TransactionRoute
from common.tabular.writing import CONTENT_TYPES, table

_HEADINGS: Final = (
    *("信息资源代码", "信息资源名称", "摘要", "提供方", "共享类型", "共享条件", "共享方式"),
    *("开放类型", "更新周期", "资源格式", "变更流", "数据交换", "HSDS"),
    *("信息项", "信息项名称", "数据类型", "长度", "必有值"),
)
_RESOURCE: Final = Text("数据目录条目", "catalogue entry")


class Form(StrEnum):
    """How the catalogue is written."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


Reader = Annotated[Actor, needs(Permission.CATALOGUE_READ)]
FormOf = Annotated[Form, Query(alias="format", description="json、csv 或 xlsx / form")]


def catalogue_router(name: str) -> APIRouter:
    """The catalogue of a service."""
    router = APIRouter(prefix="/v1/catalogue", tags=["catalogue"], route_class=TransactionRoute)
    own = Service(name)
    kinds = listed(None if own is Service.REGISTRY else own)

    @router.get(
        "",
        response_model=list[CatalogueEntry],
        responses={200: {"content": {kind: {} for kind in CONTENT_TYPES.values()}}},
    )
    async def catalogue(
        request: Request, _: Reader, form: FormOf = Form.JSON
    ) -> list[CatalogueEntry] | Response:
        """政务信息资源目录 / The data catalogue: every kind, its items, how it is shared."""
        entries = [entry_of(kind, _base(request, own, kind)) for kind in kinds]
        return entries if form is Form.JSON else _file(entries, form)

    @router.get("/{code}", responses=problems(NotFound))
    async def catalogue_entry(request: Request, _: Reader, code: str) -> CatalogueEntry:
        """目录条目 / One entry, by its code."""
        kind = next((each for each in kinds if code_of(each) == code), None)
        if kind is None:
            raise NotFound(what=_RESOURCE, key=code[:60])
        return entry_of(kind, _base(request, own, kind))

    return router


def _base(request: Request, own: Service, kind: Kind) -> str:
    """Behind the front door services are neighbours: `…/registry`, `…/matching`."""
    base = str(request.state.settings.base_url).rstrip("/")
    if kind.service is own or not base.endswith(f"/{own}"):
        return base
    return f"{base.removesuffix(f'/{own}')}/{kind.service}"


def _file(entries: list[CatalogueEntry], form: Form) -> Response:
    """A table with a row for each information item."""
    file = io.BytesIO()
    rows = table(file, form, _HEADINGS)
    for entry in entries:
        head = [
            *(entry.code, entry.name, entry.summary, entry.provider, entry.sharing_label),
            *(entry.sharing_condition or "", entry.sharing_way, str(entry.open_type)),
            *(entry.update_cycle, entry.format, entry.feed, entry.exchange, entry.hsds or ""),
        ]
        for item in entry.items:
            length = "" if item.length is None else item.length
            needed = "是" if item.required else "否"
            rows.write([*head, item.name, item.title, item.type, length, needed])
    rows.close()
    headers = {"Content-Disposition": f'attachment; filename="catalogue.{form}"'}
    return Response(file.getvalue(), 200, headers, media_type=CONTENT_TYPES[form])
