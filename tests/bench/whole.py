"""A whole replay of the common task: detectors, strategy, gate, orders, and a journal in a new file each time."""

import tempfile
from dataclasses import replace
from pathlib import Path

from bot.config import BotFile, Loaded, StrategyFile, read_bot, read_strategy
from bot.daemon import Asked, Outcome
from bot.journal.canonical import journal_hash
from tests.playing import UNLIMITED, traded

HERE = Path(__file__).parent
MEMORY = f"{HERE}/memory_adapter.py:open_memory"
BOT = f"""
adapter = '{{adapter}}'
strategies = ["task.toml"]
calendar = "none"
[adapters.'{{adapter}}']
{{key}} = '{{source}}'
{UNLIMITED}[replay]
fill_model = "touch"
latency_ms = 0
"""
TASK = f"""
name = "common-task"
strategy = '{HERE}/common_task.py:CommonTask'
instrument = "ES"
[bracket]
stop_ticks = 6
target_ticks = 12
contracts = 1
[hours]
session = "any"
[detectors.'{HERE}/common_task.py:TailWithAbsorption']
"""


class Replay:
    """The task over a tape (`.parquet`) or rows in memory (`.npy`), ready to be run again and again."""

    def __init__(self, folder: Path, source: Path, batch: int = 65_536) -> None:
        self._folder = folder / f"whole-{source.stem}-{source.suffix[1:]}"
        self._folder.mkdir(exist_ok=True)
        adapter, key = (MEMORY, "rows") if source.suffix == ".npy" else ("replay", "tape")
        (self._folder / "bot.toml").write_text(BOT.format(adapter=adapter, key=key, source=source))
        (self._folder / "task.toml").write_text(TASK)
        bot = read_bot(self._folder / "bot.toml")
        # Not in the file, whose text is in the journal: how rows are cut must not show there.
        cut = bot.value.replay.model_copy(update={"batch": batch})
        self._bot: Loaded[BotFile] = replace(bot, value=bot.value.model_copy(update={"replay": cut}))
        self._specs: list[Loaded[StrategyFile]] = [read_strategy("task.toml", self._folder)]

    def run(self) -> Outcome:
        """One replay from an absent journal to a finished one."""
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            return self._run(f"sqlite:///{place}/journal.db")

    def hash(self) -> str:
        """What is in the journal of one."""
        with tempfile.TemporaryDirectory(dir=self._folder) as place:
            url = f"sqlite:///{place}/journal.db"
            return journal_hash(url, self._run(url).run)

    def _run(self, url: str) -> Outcome:
        return traded(Asked(self._bot, self._specs, url, "replay"))

    def rate(self) -> float:
        """Rows per second of one."""
        outcome = self.run()
        return outcome.tally.rows / outcome.seconds
