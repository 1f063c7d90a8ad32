"""What the command line asked for, and what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bot.config import BotFile, InstrumentFile, Loaded, StrategyFile, load_instruments
from bot.desk import Tally
from bot.domain.command import Command
from bot.journal.first_rows import BOT, STRATEGIES
from bot.log import without_secrets
from bot.ports import Adapter, Renewal
from bot.risk.calendar import EventCalendar
from bot.warm import Wanted


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for; everything has been found and judged already."""

    bot: Loaded[BotFile]
    strategies: Sequence[Loaded[StrategyFile]]
    journal: str
    durability: Literal["power", "process", "replay"]
    tapes: Sequence[str] = ()
    dry: bool = False
    calendar: EventCalendar | None = None
    """A recorded run's calendar; None: the one that the settings name."""
    warm: Wanted = field(default_factory=Wanted)
    """What the detectors start with, and whether they are saved."""
    record_to: Path | None = None
    """The folder in which a live market is recorded, where the settings say so; None: never."""
    broker: str = ""
    """What a recorded run's broker said of hours and data; empty: as the adapter has it."""
    commands: Sequence[Command] = ()
    """What a person told the run that is repeated, each with the moment at which it was done."""
    renewals: Sequence[tuple[int, Renewal]] = ()
    """What became of the calendar while that run lasted, and when (ns UTC)."""
    known: Mapping[str, InstrumentFile] | None = None
    """Every product, where somebody has read instruments.toml for many runs; None: it is read when it is asked for."""

    again: "Callable[[], Read] | None" = None
    """Reads and judges all of it once more, by the same command line. Raises PaperpitError."""
    revisions: "Mapping[str, Asked]" = field(default_factory=dict)
    """The settings that a run which is repeated went on with, by the nonce of the command that brought them."""
    moment: int = 0
    """Of such settings: when the detectors that they want took over, ns UTC; 0 = none did."""

    @property
    def texts(self) -> dict[str, str]:
        """The exact texts of its files, by the names under which a run keeps them."""
        return {BOT: self.bot.text, **{f"{STRATEGIES}{one.path.name}": one.text for one in self.strategies}}

    @property
    def products(self) -> Mapping[str, InstrumentFile]:
        """Every known product. Raises ConfigError."""
        return load_instruments(self.bot.path.parent) if self.known is None else self.known

    @property
    def specs(self) -> list[StrategyFile]:
        """The strategies that are enabled."""
        return [one.value for one in self.strategies if one.value.enabled]

    def loaded(self, spec: StrategyFile) -> Loaded[StrategyFile]:
        """The file that a strategy was read from."""
        return next(found for found in self.strategies if found.value is spec)


@dataclass(frozen=True, slots=True)
class Read:
    """Settings that were read while a run lasts."""

    asked: Asked
    calendar: EventCalendar | None
    """None: what became of the calendar is told apart, in a repetition."""


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    run: str
    adapter: Adapter
    journal: str
    idle: Mapping[str, str]  # strategies that were not asked, and why
    tally: Tally = field(default_factory=Tally)
    seconds: float = 0.0
    round_trips: int = 0
    net_ticks: int = 0
    anomalies: Mapping[str, int] = field(default_factory=dict)
    ended: str = "market"  # what ended it: "market", "session", "stop"
    stopped_by: int | None = None  # number of the signal that stopped it; None: nothing did, or a command
    warm: str = ""  # SHA-256 of the snapshot that the detectors started with
    trouble: str = ""  # why the newest snapshot could not be written
    recorded: Sequence[str] = ()  # what is to be said about the recording

    def summary(self) -> dict[str, Any]:
        """The object that `replay --json` prints."""
        tally = self.tally
        return {
            "run": self.run,
            "tape": ", ".join(str(tape["contract"]) for tape in self.adapter.tapes),
            "tapes": list(self.adapter.tapes),
            "rows": tally.rows,
            "seconds": round(self.seconds, 3),
            "bars": tally.bars,
            "signals": tally.signals.total(),
            "candidates": tally.candidates.total(),
            "approved": tally.approved,
            "blocked": tally.blocked,
            "round_trips": self.round_trips,
            "net_ticks": self.net_ticks,
            "anomalies": sum(self.anomalies.values()),
            "anomaly_kinds": dict(self.anomalies),
            "failed": dict(tally.failed),
            "fill_model": self.adapter.fill_model,
            "warm": self.warm or None,
            "journal": without_secrets(self.journal),
        }

    def kept(self) -> dict[str, Any]:
        """The summary as the run's last row keeps it; what the tapes are stands in its first row."""
        summary = self.summary()
        del summary["tapes"]
        return {**summary, "stopped_by": self.stopped_by}
