"""A live run and its repetition with one thing made different: the diff names that first, and the rest as following.

Both are real runs: of the synthetic market, or at the simulated gateway, recorded and replayed.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.cli.again import Wishes, differences, recorded
from bot.daemon import Outcome
from bot.domain.command import Command
from bot.domain.market import PRINT
from bot.journal import rows
from bot.journal.first_rows import BROKER
from bot.journal.place import place
from bot.journal.reading import reading
from bot.review.moment import moment
from bot.review.when import Asked
from bot.risk.calendar import EventCalendar
from bot.tape import TapeWriter, open_tape
from bot.tape.keeping import of_run
from bot.warm import NONE, Wanted
from tests.stories.test_a_recorded_run import asked, traded
from tests.stories.test_recorded_over_the_wire import at_the_gateway
from tests.tapes import lesson

ROWS, PAUSED_AFTER, RESUMED_AFTER, LOST_ROW = 60_000, 12_000, 20_000, 3_000
START = "adapters.synthetic.start=2026-11-17T10:00"
MINUTES = "event,date_local,time_local,tz,ts_utc,status\n" + "".join(
    f"{kind},2026-11-17,{at},America/New_York,,scheduled\n"
    for kind, at in (
        ("fomc_minutes", "10:20"),
        *((kind, "18:00") for kind in ("fomc_statement", "fomc_press_conference", "cpi", "nfp", "ppi")),
    )
)

TOMORROW = 1_795_000_000 * 1_000_000_000

Found = list[Mapping[str, Any]]


@dataclass(frozen=True)
class Recorded:
    """A live run, and the folder with its tapes and its journal."""

    folder: Path
    live: Outcome

    def again(self, wishes: Wishes | None = None, **otherwise: Any) -> Found:
        """What its repetition comes to differently, where that is asked for otherwise."""
        what, found_in, name = recorded(self.live.run, replace(wishes or Wishes(), journal=self.live.journal))
        outcome = asyncio.run(traded(replace(what, **otherwise)))
        found = differences(found_in, name, outcome.journal, outcome.run)
        back = differences(place(outcome.journal), outcome.run, found_in.url, name)
        assert [one["kind"] for one in back] == [one["kind"] for one in found], "whichever is named first"
        return found

    @property
    def tape(self) -> Path:
        """What it recorded."""
        (found,) = of_run(self.folder / "tapes", self.live.run).values()
        return found


@pytest.fixture(scope="module")
def patch() -> Iterator[pytest.MonkeyPatch]:
    """Of the whole module."""
    with pytest.MonkeyPatch.context() as patched:
        yield patched


@pytest.fixture(scope="module")
def folder(patch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for all runs of the synthetic market."""
    found = tmp_path_factory.mktemp("differ")
    patch.setattr("bot.resources.data_folder", lambda: found)
    return found


@pytest.fixture(scope="module")
def made(folder: Path) -> Recorded:
    """Twenty minutes of the synthetic market, with a pause, and with the minutes of a central bank at their end."""
    told = {PAUSED_AFTER: Command("pause", "n1", 0, "lunch"), RESUMED_AFTER: Command("resume", "n2", 0, "back")}
    what = asked(folder, START, calendar=EventCalendar.parse(MINUTES, "told.csv"))
    found = Recorded(folder, asyncio.run(traded(what, rows_seen=ROWS, told=told)))
    assert found.live.tally.approved > 5
    assert {"pause", "blackout"} <= found.live.tally.refusals.keys()
    assert found.again() == [], "the repetition itself comes to the same"
    return found


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder for a run at the gateway: what an account did before counts there."""
    monkeypatch.setattr("bot.resources.data_folder", lambda: tmp_path)
    lesson().write(tmp_path / "lesson.parquet", contract="ESM2023")
    return tmp_path


def is_named(found: Found, kind: str, words: str, *, follow: bool = True) -> None:
    """That kind is the only one, the first says so in these words, and whatever is not the first follows from one."""
    assert [one["kind"] for one in found] == [kind] * len(found), found
    assert words in found[0]["why"]
    assert "follows" not in found[0]
    assert any("follows" in one for one in found) is follow
    assert all(f"a consequence of {one['follows']}" in one["why"] for one in found if "follows" in one)


def test_a_late_fill(apart: Path) -> None:
    # given a broker that takes ten seconds to have an order on the market
    made = Recorded(apart, asyncio.run(at_the_gateway(apart, "touch", latency_ms=10_000)))
    found = made.again(Wishes(fill_model="touch"))
    is_named(found, "late-fill", "entry 1 at 4200.50", follow=False)


def test_a_fill_that_is_late_in_a_made_market(made: Recorded) -> None:
    found = made.again(Wishes(latency_ms=1_500))
    is_named(found, "late-fill", "by the model queue in B")


def test_a_missed_tick(made: Recorded) -> None:
    # given a recording without one of the prints
    whole = made.tape.read_bytes()
    _without_a_print(made.tape, LOST_ROW)
    found = made.again()
    made.tape.write_bytes(whole)
    is_named(found, "missed-tick", " ticks in A, ")
    assert found[0]["a"]["rows"] == found[0]["b"]["rows"] + 1
    assert found[1]["follows"] == "the 1 tick that B did not see"


def test_a_pause(made: Recorded) -> None:
    found = made.again(commands=())
    is_named(found, "pause", "the pause at")
    assert "(lunch), which only A was told" in found[0]["why"]
    assert "refused by pause in A and let through in B" in found[1]["why"]


def test_another_setting(made: Recorded) -> None:
    found = made.again(Wishes(sets=("risk.max_brackets_per_strategy=5",)))
    is_named(found, "config", "risk.max_brackets_per_strategy is None in A, 5 in B")


def test_another_calendar(made: Recorded) -> None:
    found = made.again(calendar=EventCalendar.load("none"))
    is_named(found, "calendar", "calendar is 'told.csv")
    assert "FOMC minutes" in found[1]["why"]


def test_another_memory(folder: Path) -> None:
    asyncio.run(traded(asked(folder, warm=Wanted(keep=True)), rows_seen=6_000))
    live = asyncio.run(traded(asked(folder, START, warm=Wanted("auto", keep=True)), rows_seen=6_000))
    found = Recorded(folder, live).again(warm=Wanted(NONE))
    is_named(found, "warm", f"warm is '{live.warm}' in A, '' in B")


def test_another_roll(apart: Path) -> None:
    # given a broker of whom it is told again that the contract was rolled the day before
    made = Recorded(apart, asyncio.run(at_the_gateway(apart, "ib-paper")))
    with reading(place(made.live.journal)) as reader:
        (row,) = reader.where(rows.Run, "run", made.live.run)
    said = json.loads(json.loads(row.config)[BROKER])
    found = made.again(broker=json.dumps({**said, "rolls": {"ES": "2023-05-24"}}))
    is_named(found, "roll", "broker")
    assert "takes no entries since its roll date 2023-05-24" in found[1]["why"]


def test_another_fill_model(made: Recorded) -> None:
    found = made.again(Wishes(fill_model="touch"))
    is_named(found, "fill-model", "by the model touch in B", follow=False)


@pytest.mark.parametrize(
    ("clock", "words"),
    [
        ("10:02", "2 entries were sent"),
        ("10:05", "The desk's mode was no-entries since 10:04:55.335: every entry is paused: lunch"),
        ("10:16", "Blackout: FOMC minutes 2026-11-17 10:20 New York"),
        ("10:45", "No desk was there: the run before it had ended at 2026-11-17 10:20:"),
    ],
)
def test_one_look_says_why_there_was_no_trade(made: Recorded, clock: str, words: str) -> None:
    with reading(place(made.live.journal)) as reader:
        found = moment(reader, reader.choose(made.live.run), Asked(clock, now_ns=TOMORROW))
    assert words in " ".join(found["answer"])


def _without_a_print(tape: Path, row: int) -> None:
    """The tape anew, without its first print from some row on."""
    with open_tape(tape) as reader:
        facts, (ticks, remainder) = reader.facts, next(reader.blocks())
    assert len(ticks) == facts.rows
    row += int((ticks["kind"][row:] == PRINT).argmax())
    with TapeWriter(
        tape,
        instrument=facts.instrument,
        contract=facts.contract,
        tick=facts.tick,
        source=facts.source,
        run=facts.run,
        from_ns=facts.from_ns,
        until_ns=facts.until_ns,
    ) as writer:
        writer.append(np.delete(ticks, row), np.delete(remainder, row))
