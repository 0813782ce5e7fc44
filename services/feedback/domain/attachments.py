"""What may be attached: by the bytes, the size and the number, as rules allow. Pure."""

from typing import Final

import puremagic

from common.errors import Conflict, Invalid, Text, TooLarge
from common.rules import RulesInForce

MIB: Final = 1024 * 1024


class WrongKindOfFile(Invalid):
    """The bytes are not of a kind that is taken; what the file claims to be does not count."""

    slug = "wrong-kind-of-file"
    title = Text("不接受此类文件", "Wrong kind of file")
    detail = Text(
        "按内容识别为 {found}，可上传：{allowed}（规则 {rule}）。",
        "By its bytes the file is {found}; taken are {allowed} (rule {rule}).",
    )


class EmptyAttachment(Invalid):
    """A file without a byte."""

    slug = "empty-attachment"
    title = Text("文件为空", "Empty file")
    detail = Text("上传的文件没有内容。", "The file has no content.")


class TooManyAttachments(Conflict):
    """A case carries as many files as the rule allows."""

    slug = "too-many-attachments"
    title = Text("附件过多", "Too many attachments")
    detail = Text("每件工单至多 {most} 个附件。", "A case carries {most} files at most.")


def kind_of(content: bytes) -> str:
    """The media type that the bytes tell; empty when they tell none."""
    try:
        found: str = puremagic.from_string(content, mime=True)
    except (puremagic.PureError, ValueError):
        return ""
    return found


def check(content: bytes, already: int, rules: RulesInForce) -> str:
    """The media type of a file that may be attached. Raises what stands in its way."""
    if not content:
        raise EmptyAttachment
    largest = rules.rule("attachment.size").number * MIB
    if len(content) > largest:
        raise TooLarge(limit=largest)
    most = rules.rule("attachment.count")
    if not most.admits(already + 1):
        raise TooManyAttachments(most=most.number)
    kinds, found = rules.rule("attachment.kinds"), kind_of(content)
    if not kinds.admits(found):
        raise WrongKindOfFile(found=found or "?", allowed=", ".join(kinds.words), rule=kinds.code)
    return found
