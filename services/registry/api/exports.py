"""Exports over HTTP: the same headings as the templates, so that a table can go round."""

import tempfile
from typing import Annotated

from fastapi import APIRouter, Query

from common.auth.actor import Actor, OutOfArea
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts.registry import imports as contracts
from common.edge import Cipher, Now, Session
from common.errors import problems
from common.route import TransactionRoute
from registry.api.files import FILES, file_answer
from registry.api.parameters import AreaPrefix
from registry.domain.forms import FORMS
from registry.importing.exporting import export

router = APIRouter(prefix="/v1", tags=["exports"], route_class=TransactionRoute)


@router.get("/exports/{kind}.{format_}", response_class=FILES, responses=problems(OutOfArea))
async def read_export(
    session: Session,
    actor: Annotated[Actor, needs(Permission.EXPORT_RUN)],
    cipher: Cipher,
    kind: contracts.TableKind,
    format_: contracts.FileFormat,
    now: Now,
    area: AreaPrefix = None,
    status: Annotated[str | None, Query(pattern=r"^[a-z_]{1,20}$", description="状态代码")] = None,
) -> FILES:
    """A kind's records under an area, the caller's own when none is given."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  # the answer closes it
    try:
        await export(
            session,
            file,
            kind=kind,
            format_=format_,
            area=area,
            status=status,
            cipher=cipher,
            by=actor,
            now=now,
        )
    except BaseException:
        file.close()
        raise
    return file_answer(file, format_, FORMS[kind].title.zh)
