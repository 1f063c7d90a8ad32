"""A live run is one session: when it is over, the next run begins, until somebody stops it."""

import os
import signal
from dataclasses import replace
from pathlib import Path

from bot.cli.trading import trade_on
from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Outcome
from bot.journal.place import place
from bot.journal.reading import reading
from bot.resources import shipped
from tests.laws.markets import DRILL
from tests.playing import strategy
from tests.rooms.desk.live import ADAPTER
from tests.tapes import Tape, ns


def asked(folder: Path) -> Asked:
    """A market whose rows go past the end of their session, by the wall's clock."""
    tape = Tape(start="2026-05-27 16:59:50").quote("4200.50", "4200.75")
    while tape.now < ns("2026-05-27 17:10"):
        tape.wait(30)
    table = {"tape": str(tape.write(folder / "tape.parquet", contract="ESM2026")), "wall": True}
    bot = read_bot(shipped("config/bot.toml"), [f"desk=days-{folder.name[-12:]}"])
    settings = bot.value.model_copy(update={"adapter": ADAPTER, "adapters": {ADAPTER: table}, "calendar": "none"})
    specs = [read_strategy(strategy(folder, DRILL))]
    return Asked(replace(bot, value=settings), specs, f"sqlite:///{folder / 'journal.db'}", "process")


def test_the_next_run_begins_when_the_session_of_the_last_is_over(tmp_path: Path) -> None:
    ended: list[str] = []

    def tell(outcome: Outcome) -> None:
        ended.append(outcome.ended)
        if len(ended) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    one = asked(tmp_path)
    last = trade_on(one, once=False, tell=tell)
    assert last.stopped_by == signal.SIGTERM  # while it traded, or while it was put away
    assert len(ended) >= 2  # a signal is heard when the loop turns
    assert set(ended) == {"session"}
    with reading(place(one.journal)) as reader:
        assert [reader.state(run.run) for run in reader.runs] == ["finished"] * (len(ended) + 1)


def test_once_is_enough_where_it_was_asked_for(tmp_path: Path) -> None:
    outcome = trade_on(asked(tmp_path), once=True, tell=lambda outcome: None)
    assert outcome.ended == "session"
