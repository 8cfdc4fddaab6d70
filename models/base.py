"""What all models share: Base, the names of constraints, the types, the column vocabulary."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    Double,
    FetchedValue,
    Identity,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    Text,
    Time,
    Uuid,
    func,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, mapped_column

# The names that PostgreSQL itself would choose, so that nothing is named twice.
NAMING_CONVENTION: dict[Any, str] = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    ExcludeConstraint: "%(table_name)s_%(column_0_N_name)s_excl",
}


class Base(DeclarativeBase):
    """The base of every model; its metadata is the schema."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy's own spelling
        str: Text(),
        int: BigInteger(),
        float: Double(),
        bool: Boolean(),
        bytes: LargeBinary(),
        decimal.Decimal: Numeric(),
        dt.datetime: TIMESTAMP(timezone=True),
        dt.date: Date(),
        dt.time: Time(),
        dt.timedelta: Interval(),
        uuid.UUID: Uuid(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


# A number that the server gives: most tables' primary key.
Id = Annotated[int, mapped_column(BigInteger(), Identity(), primary_key=True)]

# When the row came, by the server's clock.
CreatedAt = Annotated[dt.datetime, mapped_column(server_default=func.now())]

# When the row last changed; needs a trigger on its table, whose value is read after an update.
UpdatedAt = Annotated[
    dt.datetime, mapped_column(server_default=func.now(), server_onupdate=FetchedValue())
]

# A flag that is set unless somebody says otherwise.
DefaultTrue = Annotated[bool, mapped_column(server_default=true())]
