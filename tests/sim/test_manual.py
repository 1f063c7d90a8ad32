"""docs/reliability.md shows the invariants and mutants as they are, and names no test that is not there."""

from tests.sim.checkers import INVARIANTS
from tests.sim.manual import MANUAL, manual


def test_the_manual_shows_what_is_checked_and_what_was_killed() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    assert text == manual(text), "python -m tests.sim.manual writes the tables anew"


def test_every_invariant_is_checked_somewhere_and_every_place_is_there() -> None:
    root = MANUAL.parents[1]
    missing = [path for one in INVARIANTS for path in one.elsewhere if not (root / path).is_file()]
    assert missing == []
    looked_at = ("on_send", "on_writing", "on_row", "on_step", "compared", "at_rest", "on_word", "elsewhere")
    assert [one.number for one in INVARIANTS if not any(getattr(one, name) for name in looked_at)] == []
