"""Adapters, strategies and detectors of others: found by entry point, or in a Python file that a TOML file names.

    [project.entry-points."paperpit.strategies"]        or, in TOML:  strategy = "code/mine.py:Mine"
    mine = "my_package:Mine"

Nothing is imported but what is asked for. Two distributions that offer one name are refused, never chosen between; a
plug-in that cannot be imported is named with its distribution, its target and the cause.
"""

import difflib
import hashlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal

from bot.config import BotFile, Loaded, Params, StrategyFile, read_params
from bot.config.explain import Grid
from bot.config.places import shown
from bot.config.placing import Placing
from bot.domain.instrument import Instrument
from bot.domain.order import NO_QUOTES
from bot.errors import ConfigError, Fault
from bot.ports import Strategy

if TYPE_CHECKING:
    from bot.signals.roster import Wish

Group = Literal["adapters", "strategies", "detectors"]
GROUPS: tuple[Group, ...] = ("adapters", "strategies", "detectors")
USER_PACKAGE = "paperpit_user"

# What the import of a stranger's file may raise. Wider would also catch our own faults.
_IMPORT_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A plug-in that a distribution offers, not imported yet."""

    name: str
    target: str
    """`module:attribute`."""
    distribution: str
    """Name and version."""


@dataclass(frozen=True, slots=True)
class Found:
    """A plug-in, imported."""

    name: str
    object: Any
    distribution: str


def offers(group: Group) -> list[Offer]:
    """Every plug-in of `group` that is installed, by name. Nothing is imported; a name may come twice."""
    found = {_offer(point) for point in _points(group, tuple(sys.path))}
    return sorted(found, key=_by_owner)


def every(group: Group) -> list[Found]:
    """Every installed plug-in of `group`. Raises ConfigError when one is broken or offered twice."""
    names = dict.fromkeys(offer.name for offer in offers(group))
    return [_installed(group, name) for name in names]


def find(group: Group, name: str, base: Path | None = None) -> Any:
    """The class (an adapter's: the function that opens it) called `name`, or `path/file.py:Class` relative to `base`.

    Raises ConfigError when there is none, when two distributions offer it, or when it cannot be imported.
    """
    file, colon, attribute = name.rpartition(":")
    if colon and file.endswith(".py"):
        return _from_file((base or Path()) / Path(file).expanduser(), attribute)
    return _installed(group, name).object


def params_of(plugin: Any) -> type[Params] | None:
    """The settings model of a plug-in: its attribute `Params`, else that of its module; None when it has none."""
    model = getattr(plugin, "Params", None) or getattr(sys.modules.get(plugin.__module__), "Params", None)
    return model if isinstance(model, type) and issubclass(model, Params) else None


def judge(loaded: Loaded[BotFile] | Loaded[StrategyFile]) -> None:
    """See that every part that a file names is there and takes what the file gives it. Raises ConfigError."""
    place = Placing(shown(loaded.path), loaded.text)
    faults = part_faults(loaded.value, place, loaded.path.parent)
    if faults:
        raise ConfigError.of(tuple(faults))


def part_faults(
    file: BotFile | StrategyFile, place: Placing, base: Path | None, grid: Grid | None = None
) -> list[Fault]:
    """Every fault in the tables of a file's adapters, strategy and detectors."""
    faults: list[Fault] = []
    for group, name, table, prefix, named_at in _parts(file):
        try:
            model = _model(group, name, base)
        except ConfigError as error:
            faults.append(place.fault(named_at, error.what, allowed=error.allowed, do=error.do))
            continue
        try:
            read_params(model, table, place, prefix=prefix, grid=grid)
        except ConfigError as error:
            faults += error.faults
    return faults


def detectors(
    tables: Mapping[str, Mapping[str, Any]], base: Path | None = None
) -> tuple[dict[str, Mapping[str, Any]], tuple[type, ...]]:
    """`[detectors.NAME]` tables as an engine wants them: parameters by kind, and the classes that are not its own.

    A detector of others runs when its name, or its `path/file.py:Class`, has a table, be it empty.
    Raises ConfigError as `find` does.
    """
    from bot.signals.roster import DETECTORS, GUARDS

    params: dict[str, Mapping[str, Any]] = {}
    others: list[type] = []
    for name, table in tables.items():
        if name in DETECTORS or name in GUARDS:
            params[name] = table
        else:
            detector = find("detectors", name, base)
            others.append(detector)
            params[detector.kind] = table
    return params, tuple(others)


def wishes(bot: Loaded[BotFile], specs: Sequence[Loaded[StrategyFile]], one: Instrument) -> "list[Wish]":
    """What an instrument's strategies want to hear; without any, what suits the product.

    The desk's own detectors, a strategy's parameters over theirs, and those of others that either names. Raises
    ConfigError as `find` does.
    """
    from bot.signals.roster import Wish

    everybody, extra = detectors(bot.value.detectors, bot.path.parent)
    asked = []
    for spec in specs:
        own, more = detectors(spec.value.detectors, spec.path.parent)
        others = tuple(dict.fromkeys((*extra, *more)))
        asked.append(Wish(spec.value.timeframe, spec.value.context, {**everybody, **own}, others))
    return asked or [replace(Wish.default(one, everybody), extra=extra)]


def order_flow(strategy: Strategy, others: Sequence[type] = ()) -> tuple[str, ...]:
    """The kinds that a strategy wants and that are read out of single prints and quotes: sampled data hides them.

    Those are all but bars and guards, and but those of a detector of `others` whose attribute `order_flow` is False.
    """
    content = {kind for one in others if not getattr(one, "order_flow", True) for kind in getattr(one, "kinds", ())}
    return tuple(sorted(strategy.wants - {"bar", "guard"} - content))


def beside(factory: Any, name: str) -> Any:
    """What an adapter offers beside its factory, as an attribute of it or of its module; None when it does not."""
    return getattr(factory, name, None) or getattr(sys.modules.get(factory.__module__), name, None)


def quotes(strategy: Strategy | None) -> bool:
    """Whether a strategy sends quotes: its attribute `QUOTES`."""
    return bool(getattr(strategy, "QUOTES", False))


def unquoted(strategy: Strategy, adapter: str, base: Path | None = None) -> str:
    """Why a strategy that quotes is not run at an adapter; empty where nothing is in the way.

    One that fills quotes by a queue says so by `TAKES_QUOTES = True` beside its factory.
    """
    if not quotes(strategy) or beside(find("adapters", adapter, base), "TAKES_QUOTES"):
        return ""
    return f"adapter {adapter} {NO_QUOTES}"


def products(bot: BotFile, place: Placing, base: Path | None) -> Sequence[str] | None:
    """What the adapter in force will have data of, by its function `products(params)`; None where it does not tell."""
    factory = find("adapters", bot.adapter, base)
    tells = beside(factory, "products")
    if tells is None:
        return None
    prefix = ("adapters", bot.adapter)
    model = params_of(factory) or Params
    told: Sequence[str] = tells(read_params(model, bot.adapters.get(bot.adapter, {}), place, prefix=prefix))
    return told


def findings(bot: BotFile, place: Placing, base: Path | None, wanted: Mapping[str, Sequence[str]]) -> list[Fault]:
    """What the adapter in force has to say about the products of `wanted` without asking anybody.

    `wanted` is product → kinds that need order flow. An adapter that wants a say has, beside its factory, a function
    `examine(params, wanted)` that returns Faults with keys of its own table.
    """
    factory = find("adapters", bot.adapter, base)
    examine = beside(factory, "examine")
    if examine is None:
        return []
    prefix = ("adapters", bot.adapter)
    params = read_params(params_of(factory) or Params, bot.adapters.get(bot.adapter, {}), place, prefix=prefix)
    return [
        place.fault((*prefix, one.key), one.message, level=one.level, allowed=one.allowed, do=one.do)
        for one in examine(params, wanted)
    ]


def _parts(
    file: BotFile | StrategyFile,
) -> Iterator[tuple[Group, str, Mapping[str, Any], tuple[str, ...], tuple[str, ...]]]:
    """Group, name and table of each part that a file names, where that table stands and where the name does."""
    if isinstance(file, StrategyFile):
        yield "strategies", file.strategy, file.params, ("params",), ("strategy",)
    else:
        if file.adapter not in file.adapters:
            yield "adapters", file.adapter, {}, ("adapters", file.adapter), ("adapter",)
        for name, table in file.adapters.items():
            prefix = ("adapters", name)
            yield "adapters", name, table, prefix, ("adapter",) if name == file.adapter else prefix
    for name, table in file.detectors.items():
        yield "detectors", name, table, ("detectors", name), ("detectors", name)


def _model(group: Group, name: str, base: Path | None) -> type[Params]:
    if group == "detectors":
        from bot.signals.roster import GUARDS

        if name in GUARDS:
            model: type[Params] = GUARDS[name].Params
            return model
    return params_of(find(group, name, base)) or Params


def _by_owner(offer: Offer) -> tuple[str, str]:
    return offer.name, offer.distribution


def _offer(point: EntryPoint) -> Offer:
    owner = f"{point.dist.name} {point.dist.version}" if point.dist else "an unknown distribution"
    return Offer(point.name, point.value, owner)


@lru_cache
def _points(group: Group, folders: tuple[str, ...]) -> EntryPoints:
    """What the distributions in those folders offer: all of them are read once, not once a name."""
    return entry_points(group=f"paperpit.{group}")


@lru_cache
def _offered(group: Group, name: str, folders: tuple[str, ...]) -> list[Offer]:
    """Who offers a plug-in of that name, in those folders."""
    # By name: to tell whose a plug-in is takes its distribution's metadata, and those of the others are not asked for.
    return sorted({_offer(point) for point in _points(group, folders).select(name=name)}, key=_by_owner)


def _installed(group: Group, name: str) -> Found:
    offered = _offered(group, name, tuple(sys.path))
    if not offered:
        names = [offer.name for offer in offers(group)]
        near = difflib.get_close_matches(name, names, 1)
        raise ConfigError(
            f'"{name}" is not among the installed {group}',
            allowed=", ".join(names) + ', or "path/file.py:Class"',
            do=f'did you mean "{near[0]}"?' if near else "",
        )
    if len(offered) > 1:
        both = " and ".join(f"{offer.distribution} ({offer.target})" for offer in offered)
        raise ConfigError(f'"{name}" is offered by {both}', do="uninstall one of the two distributions")
    (offer,) = offered
    point = EntryPoint(name, offer.target, f"paperpit.{group}")
    with _blaming(f'"{name}" of {offer.distribution}', offer.target):
        return Found(name, point.load(), offer.distribution)


def _from_file(path: Path, attribute: str) -> Any:
    if not path.is_file():
        raise ConfigError(f"{path} is not there", do='write it as "path/file.py:Class", relative to the TOML file')
    with _blaming(str(path), f"{path.name}:{attribute}"):
        return getattr(_module(path.resolve()), attribute)


def _module(path: Path) -> ModuleType:
    source = path.read_bytes()
    name = f"{USER_PACKAGE}.m{hashlib.sha256(str(path).encode() + source).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(USER_PACKAGE, ModuleType(USER_PACKAGE))
    # Before execution: annotations of its Params are resolved through sys.modules.
    sys.modules[name] = module
    try:
        # Not through the loader: its bytecode cache takes a file of the same length and second for the same file.
        exec(compile(source, str(path), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _blaming(what: str, target: str) -> Iterator[None]:
    try:
        yield
    except _IMPORT_FAULTS as error:
        cause = f"{type(error).__name__}: {error}"
        raise ConfigError(f"{what} cannot be imported from {target}: {cause}", do="mend or uninstall it") from error
