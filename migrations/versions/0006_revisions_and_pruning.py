"""What a daemon that runs for weeks needs: settings that changed while a run lasted, and rows that are let go.

`pruned` announces which rows of a table may go; the triggers let those go and no others. Going down keeps revisions and
announcements among the modes under a mark, and going up again fetches them.

Revision ID: 0006
Revises: 0005
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
COLUMNS = {
    "config_revision": ("ts", "config", "config_hash", "strategies", "calendar", "why", "who"),
    "pruned": ("ts", "kind", "up_to", "rows"),
}
NUMBERS = ("ts", "up_to", "rows")
PRUNED = ("footprint", "link_event")

REFUSE = """
CREATE FUNCTION paperpit_prunable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND OLD.seq <= (SELECT COALESCE(MAX(up_to), 0) FROM pruned WHERE kind = TG_TABLE_NAME) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the journal is append-only: % on %', TG_OP, TG_TABLE_NAME;
END $$
"""


def upgrade() -> None:
    """Make room, fetch what an earlier step down had put elsewhere, and let announced rows go."""
    for table, names in COLUMNS.items():
        op.create_table(
            table,
            sa.Column("seq", INTEGER, primary_key=True, autoincrement=False),
            sa.Column("run", sa.Text(), nullable=False),
            *(sa.Column(name, INTEGER if name in NUMBERS else sa.Text(), nullable=False) for name in names),
            sa.ForeignKeyConstraint(["run"], ["run.run"]),
            sqlite_strict=True,
        )
        for seq, run, kept in _rows("SELECT seq, run, causes FROM mode_change WHERE mode = :mark", mark=table):
            values = dict(zip(names, json.loads(kept), strict=True))
            _execute(f"INSERT INTO {table} VALUES (:seq, :run, :{', :'.join(names)})", seq=seq, run=run, **values)
    _append_only("mode_change", False)
    for table in COLUMNS:
        _execute("DELETE FROM mode_change WHERE mode = :mark", mark=table)
    for table in ("mode_change", *COLUMNS):
        _append_only(table, True)
    if _postgres():
        op.execute(REFUSE)
    for table in PRUNED:
        _prunable(table, True)


def downgrade() -> None:
    """Put them where the older schema can hold them."""
    for table in PRUNED:
        _prunable(table, False)
    if _postgres():
        op.execute("DROP FUNCTION paperpit_prunable()")
    for table, names in COLUMNS.items():
        for seq, run, *values in _rows(f"SELECT seq, run, {', '.join(names)} FROM {table}"):
            kept = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
            row = "INSERT INTO mode_change VALUES (:seq, :run, :mark, :kept, NULL, NULL, NULL, NULL)"
            _execute(row, seq=seq, run=run, mark=table, kept=kept)
        op.drop_table(table)


def _rows(query: str, **values: str) -> list[sa.Row[tuple[object, ...]]]:
    return list(op.get_bind().execute(sa.text(query), values))


def _execute(statement: str, **values: object) -> None:
    op.get_bind().execute(sa.text(statement), values)


def _postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _prunable(table: str, on: bool) -> None:
    """Whether announced rows of a table may go."""
    if _postgres():
        function = "paperpit_prunable" if on else "paperpit_append_only"
        op.execute(f'DROP TRIGGER {table}_append_only ON "{table}"')
        op.execute(
            f'CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON "{table}" '
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
        return
    announced = f"OLD.seq > (SELECT COALESCE(MAX(up_to), 0) FROM pruned WHERE kind = '{table}')"
    op.execute(f"DROP TRIGGER {table}_no_delete")
    op.execute(
        f'CREATE TRIGGER {table}_no_delete BEFORE DELETE ON "{table}" {f"WHEN {announced} " if on else ""}'
        f"BEGIN SELECT RAISE(ABORT, 'the journal is append-only: DELETE on {table}'); END"
    )


def _append_only(table: str, on: bool) -> None:
    """The triggers of revision 0002; only a step of the schema takes them off."""
    if _postgres():
        for name, when, each in (("append_only", "UPDATE OR DELETE", "ROW"), ("no_truncate", "TRUNCATE", "STATEMENT")):
            made = f'BEFORE {when} ON "{table}" FOR EACH {each} EXECUTE FUNCTION paperpit_append_only()'
            op.execute(f"CREATE TRIGGER {table}_{name} {made}" if on else f'DROP TRIGGER {table}_{name} ON "{table}"')
        return
    for change in ("update", "delete"):
        words = f"the journal is append-only: {change.upper()} on {table}"
        made = f"BEFORE {change.upper()} ON \"{table}\" BEGIN SELECT RAISE(ABORT, '{words}'); END"
        op.execute(f"CREATE TRIGGER {table}_no_{change} {made}" if on else f"DROP TRIGGER {table}_no_{change}")
