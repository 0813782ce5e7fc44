"""Refusals as GeoReport tells them: an array of code and description, in the format asked for.

Source: GeoReport v2, Errors: 403 for a missing or wrong key, 404 for what is not there, 400 else.
"""

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Final

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from common.errors import FieldError, Forbidden, NotFound, Problem, Text
from common.problem_details import language_of
from common.route import TransactionRoute
from common.validation import field_error
from feedback.open311 import rendering
from feedback.open311.rendering import Format
from feedback.open311.shapes import Fault

_STATUS: Final = {401: 403, 403: 403, 404: 404}
_UNAVAILABLE: Final = 500


class KeyMissing(Forbidden):
    """A request is posted with a key."""

    slug = "api-key-missing"
    title = Text("缺少 api_key", "The api_key is missing")
    detail = Text(
        "提交须带 api_key（访问令牌）或 Authorization 请求头。",
        "Posting takes an api_key (an access token), or the header Authorization.",
    )


class OtherJurisdiction(NotFound):
    """There is one jurisdiction here."""

    slug = "other-jurisdiction"
    title = Text("不是本辖区", "Another jurisdiction")
    detail = Text("没有辖区 {given}，本接口为 {ours}。", "No jurisdiction {given}; this is {ours}.")


class NoPlace(Problem):
    """Nobody can be sent to a request without a place."""

    status, slug = 400, "no-place"
    title = Text("缺少地点", "No place")
    detail = Text(
        "须给出 lat 与 long，或地址 address_string，或居村、街镇的 12 位代码 address_id；"
        "该坐标附近没有已知地点。",
        "Give lat and long, or an address_string, or the 12-digit code of a neighbourhood or town "
        "as address_id; nothing that is known lies near the point.",
    )


class Open311Route(TransactionRoute):
    """A route of this face: its refusals are GeoReport's, its POST asks for no idempotency key."""

    asks_for_key: ClassVar[bool] = False

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, its refusals told as GeoReport does."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as fault:
                found = [field_error(each) for each in fault.errors()]
                return _answer(request, 400, [_of_field(each, request) for each in found])
            except Problem as fault:
                if fault.status >= _UNAVAILABLE:
                    raise
                status = _STATUS.get(fault.status, 400)
                return _answer(request, status, _told(fault, request))

        return told


def _told(fault: Problem, request: Request) -> list[str]:
    whole = fault.sentence().within(language_of(request))
    return [_of_field(each, request) for each in fault.errors] or [whole]


def _of_field(fault: FieldError, request: Request) -> str:
    return f"{fault.pointer.rpartition('/')[2]}: {fault.message.within(language_of(request))}"


def _answer(request: Request, status: int, sentences: list[str]) -> Response:
    form = Format.XML if request.url.path.endswith(".xml") else Format.JSON
    faults = [Fault(code=status, description=each) for each in sentences]
    return rendering.many(form, faults, root="errors", each="error", status=status)
