"""Refusals that a caller can act on: four families and their relatives, RFC 9457 on the wire.

A leaf names the fact (`WrongCreditCode`), its slug is contract, its sentence is for people, in
Chinese and English. Nothing here knows HTTP beyond the status number.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple


class Text(NamedTuple):
    """One sentence in the two languages that staff and developers read."""

    zh: str
    en: str

    def format(self, facts: dict[str, object]) -> "Text":
        """Both sentences with the facts filled in; a `Text` among the facts speaks its language."""
        return Text(
            self.zh.format(**{k: v.zh if isinstance(v, Text) else v for k, v in facts.items()}),
            self.en.format(**{k: v.en if isinstance(v, Text) else v for k, v in facts.items()}),
        )

    def within(self, language: str) -> str:
        """The sentence in `language` ("zh" or "en")."""
        return self.en if language == "en" else self.zh


class FieldError(NamedTuple):
    """One fault of the input: where (JSON pointer), what stood there, what would be right."""

    pointer: str
    value: object
    message: Text


class Problem(Exception):
    """A refusal the caller can act on. Subclasses name the fact, not the status."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "problem"
    title: ClassVar[Text] = Text("请求未能完成", "The request was not completed")
    detail: ClassVar[Text] = Text("请求未能完成。", "The request was not completed.")
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, *, errors: Sequence[FieldError] = (), **facts: object) -> None:
        self.facts = facts
        self.errors = tuple(errors)
        super().__init__(self.sentence().en)

    def __reduce__(self) -> tuple[Any, ...]:
        """It may be raised in a process of its own (`common.processes`)."""
        return _again, (type(self), self.args), self.__dict__

    def sentence(self) -> Text:
        """What is true, with the facts in it."""
        return self.detail.format(self.facts)

    def answer_headers(self) -> dict[str, str]:
        """Headers that belong to the refusal, such as Retry-After."""
        return dict(self.headers)


def _again(kind: type[Problem], told: tuple[Any, ...]) -> Problem:
    """A refusal whose facts come with its state."""
    return kind.__new__(kind, *told)


class BadRequest(Problem):
    """400: the request cannot be read as HTTP intends."""

    status, slug = 400, "bad-request"
    title = Text("请求格式有误", "Bad request")
    detail = Text("{reason}", "{reason}")


class Unauthenticated(Problem):
    """401: who asks is not known."""

    status, slug = 401, "unauthenticated"
    title = Text("未登录或凭证无效", "Not authenticated")
    detail = Text("请提供有效的访问令牌或签名。", "A valid access token or signature is needed.")
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}


class Forbidden(Problem):
    """403: who asks is known, and may not."""

    status, slug = 403, "forbidden"
    title = Text("没有权限", "Forbidden")
    detail = Text("当前身份不能执行此操作。", "This caller may not do that.")


class NotFound(Problem):
    """404: there is no such thing, or not for this reader."""

    status, slug = 404, "not-found"
    title = Text("未找到", "Not found")
    detail = Text("没有找到{what}：{key}。", "There is no {what} {key}.")


class Conflict(Problem):
    """409: the state of things does not allow it."""

    status, slug = 409, "conflict"
    title = Text("与现状冲突", "Conflict")
    detail = Text("与当前状态冲突。", "This conflicts with the present state.")


class Gone(Problem):
    """410: what was asked for existed once and is not kept."""

    status, slug = 410, "gone"
    title = Text("已不保留", "Gone")
    detail = Text("所请求的内容已不再保留。", "What was asked for is no longer kept.")


class PreconditionFailed(Problem):
    """412: the record changed since the caller read it."""

    status, slug = 412, "stale-version"
    title = Text("记录已被他人修改", "The record has changed")
    detail = Text(
        "记录当前版本为 {current}，您提交的版本为 {given}；请重新读取后再修改。",
        "The record is at version {current}, the request names {given}; read it again, then edit.",
    )


class TooLarge(Problem):
    """413: the body is over the limit."""

    status, slug = 413, "too-large"
    title = Text("内容过大", "Too large")
    detail = Text("上传内容超过上限 {limit} 字节。", "The body is over the limit of {limit} bytes.")


class Invalid(Problem):
    """422: readable, but its meaning is not acceptable."""

    status, slug = 422, "invalid"
    title = Text("内容不符合要求", "Not acceptable")
    detail = Text("提交的内容有误，详见 errors。", "The content has faults; see errors.")


class PreconditionRequired(Problem):
    """428: an edit must say which version it edits."""

    status, slug = 428, "if-match-missing"
    title = Text("缺少版本号", "If-Match is missing")
    detail = Text(
        '修改记录须带 If-Match 请求头，取值为读取时的 ETag（如 "v3"）。',
        'An edit needs the header If-Match with the ETag that was read, such as "v3".',
    )


class TooMany(Problem):
    """429: more calls than agreed."""

    status, slug = 429, "too-many-requests"
    title = Text("请求过于频繁", "Too many requests")
    detail = Text("超过调用配额，请稍后再试。", "The quota is used up; try again later.")
    headers: ClassVar[dict[str, str]] = {"Retry-After": "60"}


class Unavailable(Problem):
    """503: something we depend on does not answer; the same call may succeed soon."""

    status, slug = 503, "unavailable"
    title = Text("服务暂不可用", "Unavailable")
    detail = Text("{what}暂不可用，请稍后重试。", "{what} is not available; try again shortly.")
    headers: ClassVar[dict[str, str]] = {"Retry-After": "2"}


def problems(*families: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: each status with the slugs that can come with it."""
    by_status: dict[int | str, list[type[Problem]]] = {}
    for family in families:
        by_status.setdefault(family.status, []).append(family)
    return {
        status: {
            "description": "；".join(f"`{p.slug}` {p.title.zh} / {p.title.en}" for p in group),
            "content": {"application/problem+json": {"schema": {"$ref": PROBLEM_SCHEMA}}},
        }
        for status, group in by_status.items()
    }


PROBLEM_SCHEMA = "#/components/schemas/Problem"
