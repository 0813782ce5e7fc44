"""Characters that nobody sees: what no text may hold, and texts that hold nothing else.

XML and workbooks cannot carry control characters, a terminal obeys them, and marks that turn the
direction of writing make `gnp.exe` of `exe.png`. So they are refused wherever text comes in.
"""

import re
from typing import Final

CONTROL: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
# What JSON holds wherever it holds one of them, or another mark that nobody sees; or what no JSON
# holds: half a character, no number, and the NUL of each text in UTF-16 and UTF-32.
_TRACES: Final = (
    *(b"\\u00", b"\\u20", b"\\uf", b"\\uF", b"\\b", b"\\f", b"\\ud", b"\\uD"),
    *(b"\0", b"NaN", b"Infinity"),
    *(b"\x7f", b"\xc2", b"\xe2\x80", b"\xe2\x81", b"\xed", b"\xef\xbb", b"\xef\xbf"),
)
_TRACE: Final = re.compile(b"|".join(map(re.escape, _TRACES)))


def may_hold_some(raw: bytes) -> bool:
    """Whether JSON may hold such characters. Quick; where it says no there are none."""
    return _TRACE.search(raw) is not None


def shows_nothing(text: str) -> bool:
    """Whether a text that is more than blank has nothing to see."""
    return bool(text.strip()) and not any(
        character.isprintable() and not character.isspace() for character in text
    )
