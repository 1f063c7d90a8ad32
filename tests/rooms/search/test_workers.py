"""Trials on threads and processes of this machine: who plays them, what a killed process costs, what is left behind."""

import gc
import os
from pathlib import Path

import pytest

from bot.config import instrument_texts, read_bot
from bot.desk import Desk
from bot.errors import InputMissing
from bot.risk.calendar import EventCalendar
from bot.search import here
from bot.search.processes import TRIES, on_processes
from bot.search.trial import Scene, Tape, play
from bot.search.units import Unit
from bot.tape import find_tape, open_tape
from tests.rooms.search.asking import Ask, drill

MINE = """
import os
from strategies.drill import Drill, Params as Base
class Params(Base):
    does: str
class Mine(Drill):
    Params = Params
    def __init__(self, spec, instrument):
        super().__init__(spec.model_copy(update={"params": {"every": 3}}), instrument)
        self.does = spec.params["does"]
        if self.does == "tell":
            raise RuntimeError(os.getpid())
    def decide(self, signal, desk):
        if self.does == "die":
            os.kill(os.getpid(), 9)
        return super().decide(signal, desk)
"""


def mine(folder: Path, does: str) -> Path:
    """A sweep of a strategy that does something that no strategy should."""
    (folder / "code.py").write_text(MINE)
    path = folder / "mine.toml"
    text = drill(folder).read_text().replace('"drill"', '"code.py:Mine"')
    path.write_text(text.replace("every = 3", f"does = {{ grid = [{does}] }}"))
    return path


def test_a_trial_that_kills_whoever_plays_it_is_one_failed_trial(ask: Ask, tmp_path: Path) -> None:
    answer = ask("sweep", mine(tmp_path, '"", "die"'), "--workers", "processes", "--jobs", 1, "--json")
    assert answer.code == 0, answer.err
    assert answer.errors == [None, f"every process that played it was killed ({TRIES} of them)"]
    assert answer.told["trials"][0]["round_trips"] > 0


def test_processes_play_where_there_is_much_to_play(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given trials that say which process plays them, and one that can be made: a sweep needs it
    told = ask("sweep", mine(tmp_path, '"tell", ""'), "--jobs", 2, "--json", "--journal", "a.db")
    assert told.errors[0] == f"RuntimeError: {os.getpid()}", "a demo is soon over"
    # when as much counts as much
    monkeypatch.setattr(here, "WORTH_PROCESSES", 1)
    told = ask("sweep", tmp_path / "mine.toml", "--jobs", 2, "--json", "--journal", "b.db")
    # then
    assert told.errors[0] != f"RuntimeError: {os.getpid()}"
    assert str(told.errors[0]).startswith("RuntimeError: ")


def test_what_a_tape_raises_is_raised_where_the_sweep_was_begun(tmp_path: Path) -> None:
    scene = Scene(read_bot(), drill(tmp_path), EventCalendar.load("none"), instrument_texts())
    gone = Tape("gone", tmp_path / "gone.parquet", "0" * 64)
    with pytest.raises(InputMissing, match="no such tape") as raised:
        list(on_processes(scene, [Unit(gone, ((0, drill(tmp_path).read_text()),))], 1))
    assert raised.value.do == "paperpit tape list"


def test_nothing_of_a_trial_outlives_it(tmp_path: Path) -> None:
    # given a collector that never looks of its own accord
    demo = find_tape("demo")
    with open_tape(demo) as reader:
        tape = Tape("demo", demo, reader.facts.hash)
    scene = Scene(read_bot(), drill(tmp_path), EventCalendar.load("none"), instrument_texts())
    gc.collect()
    gc.disable()
    try:
        # when
        part = play(scene, tape, 0, drill(tmp_path).read_text())
        left = [one for one in gc.get_objects() if isinstance(one, Desk)]
    finally:
        gc.enable()
        gc.unfreeze()
    # then
    assert part.round_trips > 0
    assert left == []
