"""What a file may cost us: bytes, rows, columns. Checked before and while reading."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for one uploaded file.

    The ratio bound stands between real sheets (measured: 12 to 60 times) and deflate bombs
    (about 1,000 times); it is looked at only where an entry is large enough to hurt.
    """

    file_bytes: int = 128 * MIB
    entry_bytes: int = 1024 * MIB
    total_bytes: int = 1536 * MIB
    ratio: int = 250
    ratio_from_bytes: int = 8 * MIB
    entries: int = 1000
    directory_bytes: int = MIB
    sheets: int = 50
    rows: int = 500_000
    columns: int = 100
    cell_chars: int = 32_767
    merges: int = 10_000
