"""The tables in docs/contracts.md and docs/permissions.md: `python -m tools.reference` renews them.

Prose is written by hand around blocks of `<!-- table: name -->` … `<!-- end -->`; what stands
inside comes from the code. With `--check` nothing is written and a table that has moved fails.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import UnionType
from typing import Annotated, Final, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from common.auth.permissions import Permission
from common.auth.roles import EVERYONE, Role
from common.clients import feedback, matching, procurement, registry
from common.contracts.base import Model
from common.contracts.feeds import READERS, STATES, Kind
from common.contracts.vocabulary import Service

PAGES: Final = (Path("docs/contracts.md"), Path("docs/permissions.md"))
CLIENTS: Final = (
    *(registry.RegistryClient, matching.MatchingClient),
    *(procurement.ProcurementClient, feedback.FeedbackClient),
)
BLOCK: Final = re.compile(r"(<!-- table: ([a-z_ ]+) -->\n).*?(<!-- end -->)", re.S)
OPEN_GRANT: Final = "所有人 everyone"

Row = Sequence[str]


def table(head: Row, rows: Iterator[Row]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '∣') for cell in line)} |\n" for line in lines)


def feeds() -> str:
    """Every feed."""
    rows = (
        (
            f"`{kind}`",
            f"{kind.text.zh} {kind.text.en}",
            kind.service,
            kind.visibility,
            f"{kind.issue}",
            f"`{STATES[kind].__module__}.{STATES[kind].__name__}`" if kind in STATES else "—",
        )
        for kind in Kind
    )
    return table(("kind", "什么 what", "owner", "visibility", "issue", "`data`"), rows)


def readers() -> str:
    """Who reads what, and why."""
    rows = (
        (service, f"`{kind}`", kind.service, f"{why.zh} {why.en}")
        for service in Service
        for (kind, reader), why in READERS.items()
        if reader is service
    )
    return table(("reader", "feed", "from", "用途 what for"), rows)


def clients() -> str:
    """What may be asked directly."""
    rows = (
        (f"`{client.__name__}.{name}`", " ".join((inspect.getdoc(method) or "").split()))
        for client in CLIENTS
        for name, method in vars(client).items()
        if not name.startswith("_")
    )
    return table(("method", "what, for whom"), rows)


def shapes_of(service: Service) -> Iterator[type[Model]]:
    """The models of a service's feeds, outer before inner, each once."""
    seen: dict[type[Model], None] = {}
    waiting = [STATES[kind] for kind in Kind if kind.service is service and kind in STATES]
    while waiting:
        model = waiting.pop(0)
        if model not in seen:
            seen[model] = None
            waiting[:0] = [part for f in model.model_fields.values() for part in models_in(f)]
    return iter(seen)


def models_in(field: FieldInfo) -> list[type[Model]]:
    """The models that a field holds."""
    parts = parts_of(field.annotation)
    return [part for part in parts if isinstance(part, type) and issubclass(part, Model)]


def parts_of(annotation: object) -> Iterator[object]:
    """A type and all types inside it."""
    yield annotation
    for part in get_args(annotation):
        yield from parts_of(part)


def name_of(annotation: object) -> str:
    """A type as a reader of the wire calls it."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return name_of(inner[0])
    if origin in (Union, UnionType):
        named = [name_of(part) for part in inner if part is not type(None)]
        return " or ".join([*named, "null"] if type(None) in inner else named)
    if origin is list:
        return f"[{name_of(inner[0])}]"
    if origin is dict:
        return "object"
    name = str(getattr(annotation, "__name__", annotation))
    return _WORDS.get(name, name)


_WORDS: Final = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "UUID": "uuid",
    "AwareDatetime": "instant",
}


def fields(service: Service) -> str:
    """Every field of a service's messages."""
    blocks = []
    for model in shapes_of(service):
        said = " ".join(inspect.cleandoc(model.__doc__ or "").split())
        rows = (
            (f"`{name}`", name_of(field.annotation), field.description or "")
            for name, field in model.model_fields.items()
        )
        body = table(("field", "type", "含义 meaning"), rows)
        blocks.append(f"#### {model.__name__}\n\n{said}\n\n{body}")
    return "\n".join(blocks)


def permissions() -> str:
    """Every permission, in the order of the code."""
    rows = ((f"`{p}`", f"{p.text.zh} {p.text.en}", p.scope, _held_by(p.roles)) for p in Permission)
    return table(("permission", "含义 meaning", "scope", "roles"), rows)


def _held_by(roles: frozenset[Role]) -> str:
    if roles == EVERYONE:
        return OPEN_GRANT
    return ", ".join(role for role in Role if role in roles)


def roles() -> str:
    """What each role holds beyond what everyone may."""
    rows = (
        (f"`{role}`", str(len(own)), ", ".join(f"`{p}`" for p in own))
        for role in Role
        if (own := [p for p in Permission if role in p.roles and p.roles != EVERYONE])
    )
    return table(("role", "n", "permissions"), rows)


TABLES: Final[Mapping[str, Callable[[], str]]] = {
    "feeds": feeds,
    "readers": readers,
    "clients": clients,
    "permissions": permissions,
    "roles": roles,
    **{f"fields of {service}": partial(fields, service) for service in Service},
}


def renewed(page: str) -> str:
    """The page with every table as the code has it now."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{TABLES[block[2]]()}\n{block[3]}", page)


def main() -> int:
    """Renew the pages, or with --check tell which have moved."""
    moved = [page for page in PAGES if renewed(kept := page.read_text("utf-8")) != kept]
    if "--check" in sys.argv:
        sys.stdout.writelines(f"{page} has moved: python -m tools.reference\n" for page in moved)
        return len(moved)
    for page in moved:
        page.write_text(renewed(page.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
