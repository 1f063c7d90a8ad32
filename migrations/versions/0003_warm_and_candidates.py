"""What a run's detectors started with (`run.warm`), and a table for what was seen and falls short of a signal.

Going down keeps everything: the snapshot's hash goes into the run's versions, candidates go among the signals under a
mark, and going up again fetches both.

Revision ID: 0003
Revises: 0002
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MARK = "candidate:"
INTEGER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
FLOAT = sa.Double().with_variant(sa.REAL, "sqlite")
COLUMNS = "seq, run, id, ts, known, instrument, contract, timeframe, kind, side, price, strength, evidence"
CHANGES = ("update", "delete")


def upgrade() -> None:
    """Make room, and fetch what an earlier step down had put elsewhere."""
    op.add_column("run", sa.Column("warm", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "candidate",
        sa.Column("seq", INTEGER, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("run", "id")),
        *(sa.Column(name, INTEGER, nullable=False) for name in ("ts", "known")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("instrument", "contract", "timeframe", "kind")),
        sa.Column("side", INTEGER, nullable=False),
        sa.Column("price", INTEGER, nullable=True),
        sa.Column("strength", FLOAT, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("evidence", "params_hash")),
        sa.UniqueConstraint("id"),
        sa.ForeignKeyConstraint(["run"], ["run.run"]),
        sqlite_strict=True,
    )
    _open("run", "signal")
    after = f"substr(params_hash, {len(MARK) + 1})"
    op.execute(f"INSERT INTO candidate SELECT {COLUMNS}, {after} FROM signal WHERE params_hash LIKE '{MARK}%'")
    op.execute(f"DELETE FROM signal WHERE params_hash LIKE '{MARK}%'")
    for run, versions in _runs("versions"):
        kept = json.loads(versions)
        if "warm" in kept:
            _rewrite(run, warm=kept.pop("warm"), versions=_text(kept))
    _close("run", "signal", "candidate")


def downgrade() -> None:
    """Put both where the older schema can hold them."""
    _open("run", "signal")
    op.execute(f"INSERT INTO signal SELECT {COLUMNS}, '{MARK}' || params_hash FROM candidate")
    for run, versions, warm in _runs("versions, warm"):
        if warm:
            _rewrite(run, versions=_text({**json.loads(versions), "warm": warm}))
    _close("run", "signal")
    op.drop_table("candidate")
    op.drop_column("run", "warm")


def _runs(columns: str) -> list[sa.Row[tuple[str, ...]]]:
    return list(op.get_bind().execute(sa.text(f"SELECT run, {columns} FROM run")))


def _rewrite(run: str, **values: str) -> None:
    named = ", ".join(f"{name} = :{name}" for name in values)
    op.get_bind().execute(sa.text(f"UPDATE run SET {named} WHERE run = :run"), {**values, "run": run})


def _text(versions: dict[str, str]) -> str:
    return json.dumps(versions, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _open(*tables: str) -> None:
    """Let rows of these tables be changed until `_close`; only a step of the schema does that."""
    for table in tables:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
            continue
        for change in CHANGES:
            op.execute(f"DROP TRIGGER {table}_no_{change}")


def _close(*tables: str) -> None:
    """Rows once written never change: the triggers of revision 0002, also on a table that is new."""
    for table in tables:
        if op.get_bind().dialect.name == "postgresql":
            if table == "candidate":
                for name, when, each in (
                    ("append_only", "UPDATE OR DELETE", "ROW"),
                    ("no_truncate", "TRUNCATE", "STATEMENT"),
                ):
                    op.execute(
                        f'CREATE TRIGGER {table}_{name} BEFORE {when} ON "{table}" '
                        f"FOR EACH {each} EXECUTE FUNCTION paperpit_append_only()"
                    )
            else:
                op.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
            continue
        for change in CHANGES:
            op.execute(
                f'CREATE TRIGGER {table}_no_{change} BEFORE {change.upper()} ON "{table}" '
                f"BEGIN SELECT RAISE(ABORT, 'the journal is append-only: {change.upper()} on {table}'); END"
            )
