"""Importing: any known recording becomes a tape, or one clear refusal and no file.

The kind of a source is recognised from its first bytes, never from its name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from pathlib import Path

import numpy as np

from bot.errors import DataDamaged, InputMissing, UsageError
from bot.tape.facts import TapeFacts
from bot.tape.grid import NONE, Chunk, Grid, Losses, to_rows
from bot.tape.importers.source import Source, Wishes
from bot.tape.naming import full_contract, is_contract, product_of
from bot.tape.writer import TapeWriter

__all__ = ["Grid", "Imported", "Losses", "Source", "Wishes", "import_source", "open_source"]

Grids = Callable[[str], Grid | None]
"""Tick and kind of a known product; None when it has no entry."""

_ZSTD = b"\x28\xb5\x2f\xfd"
_ARCHIVES = {b"PK\x03\x04": "zip", b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"7z\xbc\xaf": "7z"}
_WIDE_TEXT = (b"\xff\xfe", b"\xfe\xff")
# A price multiplier of 100 puts every price on a multiple of a hundred ticks, which real prices do not do.
_SCALE = 100


@dataclass(frozen=True, slots=True)
class Imported:
    """A finished import."""

    facts: TapeFacts
    losses: Losses


def open_source(path: Path, wishes: Wishes) -> Source:
    """Open any known recording. Raises InputMissing, DataDamaged (empty, truncated, foreign, bars) or UsageError."""
    module = import_module(f"bot.tape.importers.{_recognised(path)}")
    source: Source = module.open_source(path, wishes)
    return source


def _recognised(path: Path) -> str:
    if not path.exists():
        raise InputMissing("there is no such file", where=str(path))
    if path.is_dir():
        raise DataDamaged("is a folder; import its files one by one", where=str(path))
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise DataDamaged(f"cannot be read: {error.strerror}", where=str(path)) from None
    if not head:
        raise DataDamaged("is empty", where=str(path))
    if head.startswith(b"PAR1"):
        return "normalised"
    if head.startswith((b"DBN", _ZSTD)):
        return "dbn"
    if head.startswith(b"SCID"):
        return "scid"
    for magic, name in _ARCHIVES.items():
        if head.startswith(magic):
            raise DataDamaged(f"is a {name} archive", where=str(path), do="unpack it and import what is inside")
    if b"\x00" in head and not head.startswith(_WIDE_TEXT):
        raise DataDamaged(
            "is of no kind that can be imported",
            where=str(path),
            allowed="normalised Parquet, CSV or text, Databento DBN, Sierra Chart .scid (docs/tapes.md)",
        )
    return "text"


def import_source(
    source: Source,
    out: Path,
    wishes: Wishes,
    grids: Grids,
    advance: Callable[[int], None] = lambda by: None,
) -> Imported:
    """Write all of `source` as a tape to `out`. `advance` hears of progress in the source's unit.

    Raises UsageError when instrument or tick are not known or contradict, DataDamaged where the source breaks; then
    nothing is left at `out`.
    """
    leading = _until_timed(source)
    first_ns = int(leading[-1].ts[leading[-1].ts != NONE][0])
    product, contract = _names(source, wishes, first_ns, grids)
    grid = _grid(product, contract, source, wishes, grids(product))
    if source.scaled and wishes.scale is None:
        _look_for_scale(leading[-1], grid)
    losses = Losses()
    with TapeWriter(
        out,
        instrument=product,
        contract=contract,
        tick=grid.tick,
        source=source.origin,
        resolution_ns=source.resolution_ns,
    ) as writer:
        for chunk in chain(leading, source.chunks):
            writer.append(*to_rows(chunk, grid, losses))
            advance(chunk.advanced)
    return Imported(writer.facts, losses)


def _until_timed(source: Source) -> list[Chunk]:
    """The first chunks, up to one that has a time: it decides in which year the contract expires."""
    leading = []
    for chunk in source.chunks:
        leading.append(chunk)
        if (chunk.ts != NONE).any():
            return leading
    raise DataDamaged("holds no ticks", where=source.origin)


def _names(source: Source, wishes: Wishes, first_ns: int, grids: Grids) -> tuple[str, str]:
    """Product and contract of what the file says and what the person says; they must not contradict."""
    known = [name.upper() for name in (wishes.instrument, source.symbol) if name]
    if not known:
        raise UsageError(
            "the source does not say what was traded", where=source.origin, do="--instrument ES, or a contract: ESH4"
        )
    pairs = [(name, name) if grids(name) else (product_of(name), full_contract(name, first_ns)) for name in known]
    contracts = {contract for product, contract in pairs if contract != product}
    if len({product for product, _ in pairs}) > 1 or len(contracts) > 1:
        raise UsageError(f"holds {known[1]}, not {known[0]}", where=source.origin, do=f"--instrument {known[1]}")
    return pairs[0][0], contracts.pop() if contracts else pairs[0][0]


def _grid(product: str, contract: str, source: Source, wishes: Wishes, entry: Grid | None) -> Grid:
    tick = wishes.tick or source.tick or (entry.tick if entry else None)
    if tick is None:
        raise UsageError(
            f"the price step of {product} is not known",
            where=source.origin,
            do="--tick-size 0.01, or a table for it in instruments.toml",
        )
    if entry and tick != entry.tick:
        raise UsageError(
            f"{product} steps by {entry.tick} points, not by {tick}",
            where=source.origin,
            allowed=f"--tick-size {entry.tick}",
            do="change the tick in instruments.toml if the exchange has changed it",
        )
    return Grid(tick, entry.future if entry else is_contract(contract))


def _look_for_scale(chunk: Chunk, grid: Grid) -> None:
    prices = chunk.price[chunk.price != NONE]
    if len(prices) < 8 or len(np.unique(prices)) < 3 or (prices % (grid.units * _SCALE)).any():
        return
    example = prices[0] // grid.units * grid.tick
    raise UsageError(
        f"prices like {example:f} look {_SCALE} times too large: every one is a multiple of {_SCALE} ticks",
        do="--price-multiplier 0.01, or --price-multiplier 1 when they are right",
    )
