"""Dictionaries 数据字典: words that staff extend. Entries end, they are never deleted."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.contracts.registry.dictionaries import Dictionary
from registry.tables.base import Record, forward, one_of


class DictionaryEntry(Record):
    """One word. Other tables carry its code; the code never changes."""

    __tablename__ = "dictionary_entry"
    __table_args__ = (
        one_of("dictionary", Dictionary),
        UniqueConstraint("dictionary", "code"),
        ForeignKeyConstraint(
            ["dictionary", "parent_code"], ["dictionary_entry.dictionary", "dictionary_entry.code"]
        ),
        CheckConstraint("parent_code <> code", name="not_its_own_parent"),
        forward(),
        Index("ix_dictionary_entry_shown", "dictionary", "sort", "code"),
        {"comment": "数据字典词条；随系统提供的与工作人员增补的"},
    )

    dictionary: Mapped[str] = mapped_column(comment="字典")
    code: Mapped[str] = mapped_column(comment="词条代码，不可更改")
    name_zh: Mapped[str] = mapped_column(comment="中文名")
    name_en: Mapped[str] = mapped_column(comment="英文名")
    parent_code: Mapped[str | None] = mapped_column(comment="上级词条，同一字典")
    path: Mapped[str] = mapped_column(comment="自根起的代码路径，以 / 分隔")
    description: Mapped[str | None] = mapped_column(comment="说明")
    sort: Mapped[int] = mapped_column(comment="显示顺序，小者在前")
    valid_from: Mapped[date] = mapped_column(comment="启用日期")
    valid_to: Mapped[date | None] = mapped_column(comment="停用日期，不含当日")
    is_seed: Mapped[bool] = mapped_column(comment="随系统提供")
