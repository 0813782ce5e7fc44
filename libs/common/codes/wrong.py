"""What every wrong code has in common, and the one place where typed codes are cleaned."""

import unicodedata
from typing import ClassVar

from common.errors import Invalid, Text

# Excel's text marker, the byte-order mark and zero-width characters travel along with pasted codes.
_INVISIBLE = dict.fromkeys(map(ord, "'’\ufeff\u200b\u200c\u200d\u2060"))


class WrongCode(Invalid, ValueError):
    """A code that breaks its own rule.

    It is a `ValueError` as well, so a pydantic validator may raise it: the field then carries
    `text` as its message; raised elsewhere it is a 422 of its own.
    """

    slug = "wrong-code"
    title = Text("代码有误", "Wrong code")
    detail: ClassVar[Text] = Text("{reason}", "{reason}")

    def __init__(self, reason: Text) -> None:
        self.text = reason
        super().__init__(reason=reason)


def clean_code(typed: str) -> str:
    """A code as it was meant: half-width, upper case, without spaces or invisible characters."""
    plain = unicodedata.normalize("NFKC", typed).translate(_INVISIBLE)
    return "".join(plain.split()).upper()
