"""Shape errors in the reader's language: what pydantic found, said with field, value and remedy."""

from typing import Any

from common.errors import FieldError, Text

# pydantic's error type -> the sentence in Chinese; `{ctx}` names are pydantic's own.
_CHINESE = {
    "missing": "缺少必填项",
    "extra_forbidden": "没有这个字段，请检查拼写",
    "json_invalid": "不是有效的 JSON",
    "string_type": "应为文本",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不符，应匹配 {pattern}",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数，不能带小数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "bool_parsing": "应为 true 或 false",
    "bool_type": "应为 true 或 false",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "enum": "应为其中之一：{expected}",
    "literal_error": "应为其中之一：{expected}",
    "uuid_parsing": "应为 UUID",
    "uuid_type": "应为 UUID",
    "date_from_datetime_parsing": "应为日期，如 2026-09-18",
    "date_parsing": "应为日期，如 2026-09-18",
    "date_type": "应为日期，如 2026-09-18",
    "time_parsing": "应为时间，如 09:00",
    "datetime_parsing": "应为带时区的时间，如 2026-09-18T09:00:00+08:00",
    "datetime_from_date_parsing": "应为带时区的时间，如 2026-09-18T09:00:00+08:00",
    "timezone_aware": "时间须带时区，如 +08:00",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_attributes_type": "应为对象",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "url_parsing": "应为网址",
    "value_error": "{error}",
}


def field_error(fault: dict[str, Any]) -> FieldError:
    """One pydantic error as a field error. Bodies are addressed from `/`, parameters by name."""
    place = [str(part) for part in fault["loc"]]
    if place and place[0] in {"body", "query", "path", "header", "cookie"}:
        place = place[1:]
    pointer = "/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)
    return FieldError(pointer, fault.get("input"), sentence(fault))


def sentence(fault: dict[str, Any]) -> Text:
    """What is wrong, in both languages."""
    context = fault.get("ctx") or {}
    inner = context.get("error")
    told = getattr(inner, "text", None)
    if isinstance(told, Text):
        return told
    english = str(fault["msg"]).removeprefix("Value error, ")
    template = _CHINESE.get(fault["type"])
    if template is None:
        return Text(f"内容不符合要求（{english}）", english)
    return Text(template.format_map(_Context(context)), english)


class _Context(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"
