"""`paperpit sweep` as the tests ask it: in this process, with a folder of its own."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.search.space import read_space
from bot.search.sweep import Trial

DRILL = """
name = "drill-es"
strategy = "drill"
instrument = "ES"
timeframe = "1m"
time_stop = "10m"
[params]
every = {every}
[bracket]
stop_ticks = {stop}
target_ticks = {target}
contracts = 1
[hours]
session = "any"
"""


@dataclass(frozen=True)
class Answer:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """Its JSON."""
        return json.loads(self.out)

    @property
    def errors(self) -> list[str | None]:
        """Of each trial."""
        return [trial["error"] for trial in self.told["trials"]]


Ask = Callable[..., Answer]


def asking(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs `paperpit …` in this process."""

    def ask(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["paperpit", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Answer(int(ended.value.code or 0), said.out, said.err)

    return ask


def drill(folder: Path, every: str = "3", stop: str = "8", target: str = "12", more: str = "") -> Path:
    """A sweep file of the drill, which trades whatever the market does."""
    path = folder / "drill.toml"
    path.write_text(DRILL.format(every=every, stop=stop, target=target) + more)
    return path


def trials_of(columns: dict[Any, list[float]], name: str = "x") -> list[Trial]:
    """Trials by the value of one setting, with what each made in one session after the other."""
    return [
        Trial(number, {name: value}, round_trips=len(made), days={20260101 + day: r for day, r in enumerate(made)})
        for number, (value, made) in enumerate(columns.items())
    ]


def faults(text: str) -> str:
    """What is wrong with a sweep file."""
    from bot.errors import ConfigError

    with pytest.raises(ConfigError) as refused:
        read_space(text, "mine.toml")
    return str(refused.value)
