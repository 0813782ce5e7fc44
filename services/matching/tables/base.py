"""What every table of the matching has in common. Times are aware UTC; ids are UUIDv7."""

from datetime import datetime

from sqlalchemy import DateTime, Text
from sqlalchemy.orm import DeclarativeBase

from common.db import service_metadata
from common.records import Edited


class Base(DeclarativeBase):
    """Base of the tables of the matching."""

    metadata = service_metadata()
    type_annotation_map = {datetime: DateTime(timezone=True), str: Text}


class Record(Edited, Base):
    """A record that people edit: who, when, and which version stands (the ETag)."""

    __abstract__ = True
