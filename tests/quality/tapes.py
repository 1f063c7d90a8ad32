"""The tapes of a report, each made when it is first asked for and found again in a folder that is kept."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np

from adapters.synthetic import synth
from bot.domain.market import Ticks
from bot.tape import TapeWriter, open_tape
from bot.tape.labels import labels_path
from tests.second_market.tape import broker_like
from tests.second_market.tape import write_tape as write_second

MARKETS = ("ours", "second")
PRODUCTS = ("ES", "NQ", "CL", "GC", "SPY", "AAPL", "TSLA")


@dataclass(frozen=True)
class Job:
    """One day of one market."""

    market: str
    product: str
    seed: int
    hours: float
    null: bool = False
    broker: bool = False
    """As a broker delivers it: whole-second stamps, late prints, no sides."""
    share: float = 0.5
    """Of buying, the whole day; other than one half on the second market only, and nothing is planted then."""

    @property
    def name(self) -> str:
        """What its file is called."""
        tail = "-null" if self.null else f"-share{self.share}" if self.share != 0.5 else ""
        return f"{self.market}-{self.product}-{self.seed}-{self.hours:g}h{tail}{'-broker' if self.broker else ''}"

    def tape(self, folder: Path) -> Path:
        """The tape with its labels beside it."""
        path = folder / f"{self.name}.parquet"
        if path.exists() and labels_path(path).exists():
            return path
        if self.broker:
            native = Job(self.market, self.product, self.seed, self.hours, self.null, share=self.share).tape(folder)
            _blur(native, path, self.seed)
        elif self.market == "second":
            write_second(path, product=self.product, seed=self.seed, hours=self.hours, null=self.null, share=self.share)
        else:
            assert self.share == 0.5, "only the second market has a base share"
            synth.write_tape(path, product=self.product, seed=self.seed, hours=self.hours, null=self.null)
        return path


def rows_of(path: Path) -> Ticks:
    """All rows of a tape."""
    with open_tape(path) as tape:
        return np.concatenate([ticks.copy() for ticks, _ in tape.blocks()])


def _blur(native: Path, path: Path, seed: int) -> None:
    with open_tape(native) as tape:
        facts = tape.facts
    with TapeWriter(
        path,
        instrument=facts.instrument,
        contract=facts.contract,
        tick=Decimal(facts.tick),
        source=f"{facts.source}, as a broker delivers it",
        side_known=False,
    ) as out:
        out.append(broker_like(rows_of(native), seed))
    labels_path(path).write_bytes(labels_path(native).read_bytes())
