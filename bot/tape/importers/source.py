"""What every importer is: a file opened as a Source of Chunks, and what the person wished about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.errors import DataDamaged
from bot.tape.grid import Chunk
from bot.tape.reader import BARS

CHUNK_ROWS = 131_072


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person said about the source; None where it should speak for itself."""

    instrument: str | None = None
    """A product or a contract."""
    tick: Decimal | None = None
    maps: Mapping[str, str] = field(default_factory=dict)
    """Tape column → source column, for tables."""
    zone: ZoneInfo | None = None
    """Of times that carry none."""
    decimal: str = "."
    scale: Decimal | None = None
    """What stored prices are to be multiplied with."""


@dataclass(frozen=True, slots=True)
class Source:
    """An opened source. `chunks` may be walked once; it raises DataDamaged where the file breaks."""

    chunks: Iterator[Chunk]
    origin: str
    """Kind and file name, for the tape's `source`."""
    total: int
    """How much there is to read, in `unit`; chunks say how far they are."""
    unit: str
    symbol: str = ""
    """What the file calls the instrument."""
    tick: Decimal | None = None
    resolution_ns: int | None = None
    scaled: bool = False
    """Prices of this format may carry a multiplier that the file does not tell."""


def bars(path: Path) -> DataDamaged:
    """The refusal of a file of price bars."""
    return DataDamaged(BARS, where=str(path), do="import ticks; a replay needs every print")
