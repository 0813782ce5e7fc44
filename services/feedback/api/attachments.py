"""Attachments over HTTP: sent as a form, read back as they came, never shown in place."""

from pathlib import PureWindowsPath
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, File, Request, Response, UploadFile

from common.auth.actor import Actor
from common.auth.edge import needs
from common.auth.permissions import Permission
from common.contracts import feedback_attachments as contracts
from common.edge import KeyRing, Now, Session
from common.errors import NotFound, TooLarge, problems
from common.route import TransactionRoute
from common.rules import NoRule, RuleNotSet
from feedback.domain import attachments as rules
from feedback.settings import Settings
from feedback.usecases import attachments as usecases

router = APIRouter(
    prefix="/v1/cases/{case_id}/attachments", tags=["cases"], route_class=TransactionRoute
)

Writer = Annotated[Actor, needs(Permission.ATTACHMENT_WRITE)]
Reader = Annotated[Actor, needs(Permission.COMPLAINT_READ)]
_REFUSED = (
    *(NotFound, TooLarge, NoRule, RuleNotSet, usecases.CaseEnded),
    *(rules.WrongKindOfFile, rules.EmptyAttachment, rules.TooManyAttachments),
)
# A file of strangers is downloaded, never opened by the browser as something of ours.
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Disposition": "attachment",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


def _name(told: str | None) -> str:
    """The last part of what the sender calls a file: who saves it by its name stays in a place."""
    name = PureWindowsPath(told or "").name[-200:]  # of either kind of path
    return name if name.strip(".") else "file"


@router.post("", status_code=201, responses=problems(*_REFUSED))
async def attach(
    case_id: UUID,
    file: Annotated[UploadFile, File(description="照片、录音、文件 / picture, sound, document")],
    request: Request,
    session: Session,
    actor: Writer,
    keys: KeyRing,
    now: Now,
) -> contracts.Attachment:
    """Add a file; its kind is told by its bytes, not by its name."""
    return await usecases.attach(
        session,
        case_id,
        _name(file.filename),
        await file.read(),
        keys=keys,
        by=actor,
        now=now,
        directory=cast(Settings, request.state.settings).attachment_dir,
    )


@router.get("", responses=problems(NotFound))
async def list_attachments(
    case_id: UUID, session: Session, actor: Reader, keys: KeyRing
) -> list[contracts.Attachment]:
    """The files of a case."""
    return list(await usecases.listed(session, case_id, keys=keys, by=actor))


@router.get(
    "/{attachment_id}",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "文件 / the file"},
        **problems(NotFound),
    },
)
async def read_attachment(
    case_id: UUID,
    attachment_id: UUID,
    request: Request,
    session: Session,
    actor: Reader,
    keys: KeyRing,
) -> Response:
    """The file as it came; that it was read is written down."""
    media_type, content = await usecases.content(
        session,
        case_id,
        attachment_id,
        keys=keys,
        by=actor,
        directory=cast(Settings, request.state.settings).attachment_dir,
    )
    return Response(content, headers=_SAFE, media_type=media_type)
