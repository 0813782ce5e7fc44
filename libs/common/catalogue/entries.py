"""Catalogue entries out of models: what a kind's record holds, and where to get it. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum, StrEnum
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from common.contracts.catalogue import (
    FACTS,
    NUMBERS,
    SHARING_LABELS,
    WORDS,
    CatalogueEntry,
    CatalogueItem,
)
from common.contracts.feeds import STATES, Kind, Visibility
from common.contracts.vocabulary import Service

PREFIX: Final = "200000"  # 类 2 主题, 项 00, 目 000: pending
_PROVIDERS: Final[Mapping[Service, str]] = {
    Service.REGISTRY: "资源库",
    Service.MATCHING: "供需对接",
    Service.PROCUREMENT: "购买服务",
    Service.FEEDBACK: "居民之声",
}
_HSDS: Final[Mapping[Kind, str]] = {
    Kind.ORGANISATION: "/hsds/organizations",
    Kind.VENUE: "/hsds/service_at_locations",
    Kind.OFFERING: "/hsds/services",
    Kind.DICTIONARY_ENTRY: "/hsds/taxonomy_terms",
}
_NAMES: Final[tuple[tuple[type, str], ...]] = (
    (Enum, "字符型"),
    (bool, "布尔型"),
    (int, "整数型"),
    (float, "数值型"),
    (str, "字符型"),
    (UUID, "字符型"),
    (datetime, "日期时间型"),
    (date, "日期型"),
    (BaseModel, "对象型"),
)


class NotDescribedError(LookupError):
    """A field that nobody explained."""


def code_of(kind: Kind) -> str:
    """类项目, the service in 2 digits, the kind in 4."""
    return f"{PREFIX}{NUMBERS[kind.service]:02d}{FACTS[kind].number:04d}"


def listed(service: Service | None = None) -> list[Kind]:
    """The kinds that the catalogue knows: those with facts and a model."""
    return [
        kind
        for kind in Kind
        if kind in FACTS and kind in STATES and service in (None, kind.service)
    ]


def entry_of(kind: Kind, base: str) -> CatalogueEntry:
    """A kind's entry; `base` is the public address of its service."""
    facts = FACTS[kind]
    is_open = kind.visibility is Visibility.PUBLIC
    return CatalogueEntry(
        code=code_of(kind),
        code_status="provisional",
        kind=str(kind),
        name=kind.text.zh,
        name_en=kind.text.en,
        summary=f"{facts.summary.zh} / {facts.summary.en}",
        provider=_PROVIDERS[kind.service],
        format="JSON、NDJSON、CSV",
        sharing_type=facts.sharing,
        sharing_label=SHARING_LABELS[facts.sharing],
        sharing_condition=facts.condition,
        sharing_way="接口" if is_open else "接口（令牌或签名）",
        open_type=facts.opening,
        update_cycle="实时",
        feed=f"{base}/feeds/{kind}",
        exchange=f"{base}/exchange/v1/{kind}",
        hsds=f"{base}{_HSDS[kind]}" if kind in _HSDS else None,
        items=[item_of(kind, name, field) for name, field in STATES[kind].model_fields.items()],
    )


def item_of(kind: Kind, name: str, field: FieldInfo) -> CatalogueItem:
    """A field as an information item. Raises `NotDescribedError`."""
    shared = WORDS.get(name)
    title = field.description or (f"{shared.zh} / {shared.en}" if shared else None)
    if title is None:
        raise NotDescribedError(f"{kind}.{name}")
    plain, is_nullable = _plain(field.annotation)
    return CatalogueItem(
        name=name,
        title=title,
        type=_type_name(plain),
        length=_length(plain, [*field.metadata]),
        required=not is_nullable,
    )


def _plain(annotation: Any) -> tuple[Any, bool]:
    """A type without its annotations and without null, and whether it could be null."""
    if get_origin(annotation) is Annotated and annotation is not AwareDatetime:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        plain, nullable = _plain(inner[0])
        return plain, nullable or len(inner) < len(get_args(annotation))
    return annotation, False


def _type_name(plain: Any) -> str:
    if plain is AwareDatetime:
        return "日期时间型"
    origin = get_origin(plain) or plain
    if origin in (list, tuple, set, frozenset):
        return "数组型"
    found = (
        name for type_, name in _NAMES if isinstance(origin, type) and issubclass(origin, type_)
    )
    return next(found, "对象型")


def _length(plain: Any, metadata: list[Any]) -> int | None:
    if plain is UUID:
        return 36
    if isinstance(plain, type) and issubclass(plain, StrEnum):
        return max(map(len, plain))
    return next((part.max_length for part in metadata if hasattr(part, "max_length")), None)
