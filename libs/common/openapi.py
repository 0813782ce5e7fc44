"""The OpenAPI document: the problem schema, who may call what, and how to authenticate."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from common.auth.edge import SECURITY_SCHEMES
from common.problem_details import ProblemBody, ProblemField

_UNNAMED = {
    "400": "请求格式有误 / the request cannot be read",
    "401": "未登录或凭证无效 / not authenticated",
    "403": "没有权限 / not allowed",
    "404": "未找到 / not found",
    "413": "内容过大 / too large",
    "422": "内容不符合要求 / not acceptable",
    "503": "暂不可用，稍后重试 / not available, try again",
}


def install_openapi(app: FastAPI) -> None:
    """Make `app.openapi()` complete; it is built once, on first use."""

    def openapi() -> dict[str, Any]:
        if not app.openapi_schema:
            app.openapi_schema = _complete(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    description=app.description,
                    routes=app.routes,
                    servers=app.servers,
                )
            )
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented seam


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add what every operation shares."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    _, made = models_json_schema(
        [(ProblemBody, "serialization"), (ProblemField, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    schemas.update(made["$defs"])
    schemas["Problem"] = schemas.pop("ProblemBody")
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    components["securitySchemes"] = SECURITY_SCHEMES
    for path in document["paths"].values():
        for operation in path.values():
            _finish(operation)
    return document


def _finish(operation: dict[str, Any]) -> None:
    """Every operation may refuse with a problem, and says who may call it."""
    responses = operation["responses"]
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, meaning in _UNNAMED.items():
        known = responses.get(status)
        if known is None or "HTTPValidationError" in str(known):
            responses[status] = {"description": meaning, "content": problem}
    if "public" not in operation.get("x-roles", ["public"]):
        operation["security"] = [{name: []} for name in SECURITY_SCHEMES]
