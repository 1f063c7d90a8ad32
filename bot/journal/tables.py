"""The journal's tables as SQLAlchemy metadata, made from `rows`: types from the annotations, keys from the lists here.

On SQLite the tables are STRICT, so that no float ever lands in a price. PostgreSQL refuses that by itself.
"""

from types import NoneType
from typing import Any, get_args, get_type_hints

from sqlalchemy import (
    REAL,
    BigInteger,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from bot.journal.rows import TABLES
from bot.journal.sweep_rows import NAMED_BY, SWEEPS

UNIQUE: dict[str, tuple[tuple[str, ...], ...]] = {
    "run": (("run",),),
    "instrument": (("run", "position"),),
    "signal": (("id",),),
    "candidate": (("id",),),
    "decision": (("id",),),
    "bracket": (("id",),),
    "order": (("client_order_id",),),
    "fill": (("id",), ("exec_id",)),
    "adjustment": (("id",),),
    "command": (("nonce",),),
}
"""Columns that name one row for ever."""

PARENTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "footprint": (("signal_id", "signal", "id"),),
    "bracket": (("decision_id", "decision", "id"),),
    "bracket_event": (("bracket_id", "bracket", "id"),),
    "order": (("bracket_id", "bracket", "id"),),
    "amendment": (("client_order_id", "order", "client_order_id"),),
    "broker_order": (("client_order_id", "order", "client_order_id"),),
    "order_event": (("client_order_id", "order", "client_order_id"),),
    "fill": (("client_order_id", "order", "client_order_id"), ("bracket_id", "bracket", "id")),
    "excursion": (("bracket_id", "bracket", "id"),),
}
"""Table → (column, parent table, parent column). Every table but `run` also points at its run."""

LOOKED_UP: dict[str, tuple[str, ...]] = {
    "footprint": ("signal_id",),
    "bracket_event": ("bracket_id",),
    "order": ("bracket_id",),
    "amendment": ("client_order_id",),
    "order_event": ("client_order_id",),
    "fill": ("bracket_id",),
    "commission": ("exec_id",),
    "excursion": ("bracket_id",),
    "note": ("subject",),
    "tag": ("subject",),
}
"""Columns by which readers find children; one index each."""

INTEGER: TypeEngine[Any] = BigInteger().with_variant(Integer, "sqlite")
FLOAT: TypeEngine[Any] = Double().with_variant(REAL, "sqlite")
TYPES: dict[type, TypeEngine[Any]] = {int: INTEGER, float: FLOAT, str: Text()}


def build() -> MetaData:
    """All tables with their keys and indexes; naming is fixed so that migrations can name what they drop."""
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_name)s",
        }
    )
    for name, row in TABLES.items():
        columns = [_column(key, hint) for key, hint in get_type_hints(row).items()]
        Table(name, metadata, *columns, *_keys(name), sqlite_strict=True)
        for column in LOOKED_UP.get(name, ()):
            Index(None, metadata.tables[name].c[column])
    for name, found in SWEEPS.items():
        columns = [_column(key, hint) for key, hint in get_type_hints(found).items()]
        Table(name, metadata, *columns, PrimaryKeyConstraint(*NAMED_BY[name]), sqlite_strict=True)
    trials = metadata.tables["sweep_trial"]
    trials.append_constraint(ForeignKeyConstraint(["sweep"], ["sweep.id"]))
    Index(None, trials.c["tape"])
    return metadata


def _column(name: str, hint: object) -> Column[object]:
    members = get_args(hint) or (hint,)
    kind = next(member for member in members if member is not NoneType)
    if name == "seq":
        return Column(name, TYPES[int], primary_key=True, autoincrement=False)
    return Column(name, TYPES[kind], nullable=NoneType in members)


def _keys(name: str) -> list[UniqueConstraint | ForeignKeyConstraint]:
    keys: list[UniqueConstraint | ForeignKeyConstraint] = [
        UniqueConstraint(*columns) for columns in UNIQUE.get(name, ())
    ]
    if name != "run":
        keys.append(ForeignKeyConstraint(["run"], ["run.run"]))
    keys += [ForeignKeyConstraint([column], [f"{parent}.{target}"]) for column, parent, target in PARENTS.get(name, ())]
    return keys


metadata = build()
