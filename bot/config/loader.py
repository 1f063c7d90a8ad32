"""Loads bot.toml and strategies: found, read, `--set` applied, judged; every fault is said at once."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from bot.config.bot_file import BotFile
from bot.config.hedging import hedge_faults
from bot.config.instrument_file import InstrumentFile
from bot.config.instruments import instrument, load_instruments, product_of
from bot.config.lint import lint_strategy
from bot.config.params import Params
from bot.config.places import find_bot, find_strategy, journal_named, shown
from bot.config.placing import Placing
from bot.config.reading import parse, read_text, validate
from bot.config.secrets import read_secret
from bot.config.services import mqtt_faults
from bot.config.sets import apply_sets
from bot.config.strategy_file import StrategyFile
from bot.domain.instrument import Instrument
from bot.errors import ConfigError, Fault, InputMissing

__all__ = [
    "Loaded",
    "instrument",
    "journal_url",
    "judge_strategy",
    "load_bot",
    "load_instruments",
    "load_strategy",
    "read_bot",
    "read_strategy",
]

Model = TypeVar("Model", bound=Params)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[Model]):
    """A file as it was read: its model, its place, and its exact text (`--set` applied) for journal and hash."""

    value: Model
    path: Path
    text: str

    @property
    def hash(self) -> str:
        """Short hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def load_bot(path: Path | None = None, sets: Sequence[str] = ()) -> BotFile:
    """The bot.toml in force (`path`: the flag), with `--set KEY=VALUE` applied.

    Relative paths in it have become absolute. Raises ConfigError with every fault, InputMissing when the file named by
    flag or PAPERPIT_CONFIG is not there, UsageError for a `--set` that is none.
    """
    return read_bot(path, sets).value


def load_strategy(path_or_name: str | Path, folder: Path | None = None) -> StrategyFile:
    """One strategy, by path (also from `folder`) or by file name. Raises ConfigError with every fault, InputMissing."""
    return read_strategy(path_or_name, folder).value


def read_bot(path: Path | None = None, sets: Sequence[str] = (), *, text: str | None = None) -> Loaded[BotFile]:
    """As `load_bot`, with place and text.

    `text` stands in for the file's own (a recorded run's); the strategies that it names are not looked for then.
    """
    found = find_bot(path) if text is None else path or find_bot()
    file = shown(found)
    own = read_text(found, file) if text is None else text
    parse(own, file)
    changed, paths = apply_sets(own, sets)
    raw = _absolute_paths(parse(changed, file), found.parent)
    place = Placing(file, own, paths)
    bot = validate(BotFile, raw, place)
    if unsafe := mqtt_faults(bot.mqtt, place):
        raise ConfigError.of(unsafe)
    if text is not None:
        return Loaded(bot, found, changed)
    if unknown := list(_unknown_weights(bot, found.parent, place)):
        raise ConfigError.of(tuple(unknown))
    update = {
        "strategies": _strategy_paths(bot.strategies, found.parent, place),
        "calendar": _calendar_path(bot.calendar, found.parent),
    }
    return Loaded(bot.model_copy(update=update), found, changed)


def read_strategy(
    path_or_name: str | Path,
    folder: Path | None = None,
    *,
    instruments: Path | None = None,
    text: str | None = None,
    known: Mapping[str, InstrumentFile] | None = None,
) -> Loaded[StrategyFile]:
    """As `load_strategy`, with place and text.

    `instruments` is the folder of bot.toml where that is not `folder`, `known` the products where somebody has loaded
    them. `text` stands in for the file's own (a recorded run's).
    """
    found = find_strategy(str(path_or_name), folder) if text is None else Path(path_or_name)
    file = shown(found)
    own = read_text(found, file) if text is None else text
    known = load_instruments(instruments or folder) if known is None else known
    spec, faults = _judged(own, Placing(file), found.parent, known)
    if spec is None or any(fault.level == "error" for fault in faults):
        # Where keys stand is looked for only now: it takes longer than all the rest.
        _, faults = _judged(own, Placing(file, own), found.parent, known)
        raise ConfigError.of(tuple(fault for fault in faults if fault.level == "error"))
    return Loaded(spec, found, own)


def journal_url(bot: BotFile, sets: Sequence[str] = ()) -> str | None:
    """The journal's URL where no `--journal` tells it: that of `--set`, of the environment, of bot.toml.

    None when nobody tells it. `sets` are those that `bot` was read with. Raises InputMissing when a file that should
    hold it is not there.
    """
    flags = {one.partition("=")[0].replace(" ", "") for one in sets}
    if "journal.url" in flags:
        return bot.journal.url
    if "journal.url_file" not in flags and (named := journal_named()):
        return named
    return read_secret(Path(bot.journal.url_file)) if bot.journal.url_file else bot.journal.url


def judge_strategy(
    text: str, file: str, folder: Path, instruments: Path | None = None
) -> tuple[StrategyFile | None, tuple[Fault, ...]]:
    """A strategy's model (None when it has no shape) and all its faults, warnings too.

    `folder` is the file's own, `instruments` that of bot.toml. Raises ConfigError for what is no TOML.
    """
    return _judged(text, Placing(file, text), folder, load_instruments(instruments))


def _judged(
    text: str, place: Placing, folder: Path, products: Mapping[str, InstrumentFile]
) -> tuple[StrategyFile | None, tuple[Fault, ...]]:
    raw = _absolute_paths(parse(text, place.file), folder)
    known = _known_instrument(raw.get("instrument"), products)
    grid = (known.product, known.tick) if known else None
    try:
        spec = validate(StrategyFile, raw, place, grid=grid)
    except ConfigError as error:
        return None, error.faults
    faults = lint_strategy(spec, known, place)
    if spec.hedge is not None:
        by = _known_instrument(spec.hedge.instrument, products)
        faults += hedge_faults(spec, known, by, place, products)
    if known is not None and known.product != spec.instrument:
        message = f"INSTRUMENT a strategy names a product, {spec.instrument} is a contract of {known.product}"
        faults.append(place.fault(("instrument",), message, do=f'write instrument = "{known.product}"'))
    if known is None:
        message = f"INSTRUMENT {spec.instrument} is not in instruments.toml: the tape's tick and a stock's facts hold"
        faults.append(place.fault(("instrument",), message, level="warning", allowed=", ".join(products)))
    return spec, tuple(faults)


def _known_instrument(name: object, known: Mapping[str, InstrumentFile]) -> Instrument | None:
    return instrument(name, known=known) if isinstance(name, str) and product_of(name, known) in known else None


def _unknown_weights(bot: BotFile, folder: Path, place: Placing) -> Iterator[Fault]:
    """A product that nobody knows would be left out of its group without a word."""
    known = load_instruments(folder)
    for name, group in bot.risk.exposure.items():
        for product in group.weights:
            if product not in known:
                key = ("risk", "exposure", name, "weights", product)
                yield place.fault(key, f"{product} is no product of instruments.toml", allowed=", ".join(known))


def _strategy_paths(names: Sequence[str], folder: Path, place: Placing) -> tuple[str, ...]:
    paths: list[str] = []
    faults: list[Fault] = []
    for index, name in enumerate(names):
        try:
            paths.append(str(find_strategy(name, folder).resolve()))
        except InputMissing as error:
            faults.append(place.fault(("strategies", index), error.what, allowed=error.allowed, do=error.do))
    if faults:
        raise ConfigError.of(tuple(faults))
    return tuple(paths)


def _calendar_path(name: str | None, folder: Path) -> str | None:
    # Only a path beside the file is settled here; names are looked up by whoever reads the calendar.
    beside = folder / name if name and name != "none" else None
    return str(beside.resolve()) if beside is not None and beside.exists() else name


def _absolute_paths(raw: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Relative paths made absolute from the file that they stand in: `*_file` keys and `path/file.py:Class`."""
    return {
        _absolute_target(key, folder): _absolute(value, folder, from_file=key.endswith("_file"))
        for key, value in raw.items()
    }


def _absolute(value: Any, folder: Path, *, from_file: bool) -> Any:
    if isinstance(value, dict):
        return _absolute_paths(value, folder)
    if not isinstance(value, str):
        return value
    return str(folder.absolute() / Path(value).expanduser()) if from_file else _absolute_target(value, folder)


def _absolute_target(text: str, folder: Path) -> str:
    file, colon, name = text.rpartition(":")
    if colon and file.endswith(".py") and name.isidentifier():
        return f"{folder.absolute() / Path(file).expanduser()}:{name}"
    return text
