"""Judges a configuration without a broker: settings, plug-in parameters, arithmetic of brackets, calendar coverage."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import plugins
from bot.cli.doubting import model_faults
from bot.config import BotFile, InstrumentFile, StrategyFile, instrument, load_instruments, read_bot
from bot.config.hours import hours_of
from bot.config.instruments import instruments_of
from bot.config.lint import notes
from bot.config.loader import judge_strategy
from bot.config.places import (
    HOURS_FILE,
    INSTRUMENTS_FILE,
    find_bot,
    find_strategy,
    hours_files,
    instrument_files,
    shown,
)
from bot.config.placing import Path as KeyPath
from bot.config.placing import Placing
from bot.config.reading import parse, read_text
from bot.domain.instrument import Instrument
from bot.errors import ConfigError, DataDamaged, Fault, InputMissing, UsageError
from bot.ports import Strategy
from bot.resources import shipped
from bot.tape.find import DEMO

if TYPE_CHECKING:
    from bot.risk.calendar import EventCalendar

WEEK_NS = 7 * 86_400 * 10**9


class Judge:
    """Collects what is wrong (`faults`) and what is worth knowing (`notes`) about the files that it is given."""

    def __init__(self, config: Path | None, sets: Sequence[str], now_ns: int) -> None:
        self.files: dict[str, str] = {}  # as shown → text
        self.faults: list[Fault] = []
        self.notes: list[str] = []
        self._config, self._sets, self._now_ns = config, sets, now_ns
        self._beside = config.parent if config else None  # where else instruments.toml may stand
        self._tapes = [DEMO]  # on which bar lengths may be measured
        self._made: list[tuple[Placing, Strategy, StrategyFile]] = []  # strategies that would be asked, and their files
        self._flow: dict[str, list[str]] = {}  # product → kinds that its strategies hear and that need order flow

    @property
    def refused(self) -> bool:
        """Whether there is anything worse than a warning."""
        return any(fault.level == "error" for fault in self.faults)

    def everything(self, strategies: Sequence[str] = ()) -> None:
        """The bot.toml in force and all that it leads to; `strategies` stand in for those that it names.

        Raises InputMissing when a named file is not there.
        """
        path = find_bot(self._config)
        self._beside = path.parent
        for instruments in instrument_files(path.parent):
            self._instruments(instruments)
        for hours in hours_files(path.parent):
            with self._keeping(Placing(shown(hours))):
                hours_of(self._read(hours), shown(hours))
        bot = self._bot(path)
        if bot is None or self.refused:
            return
        place = Placing(shown(path), self.files[shown(path)])
        calendar = self._calendar(bot, place)
        self._tapes = [*_tapes(bot), *self._tapes]
        named = [find_strategy(name) for name in strategies] or [Path(name) for name in bot.strategies]
        specs = [self._strategy(path, calendar) for path in named]
        known = [spec for spec in specs if spec is not None]
        self._names(known, place)
        with self._keeping(place, ("adapter",)):
            self.faults += plugins.findings(bot, place, path.parent, self._flow)
            hedged = any(spec.hedge for _, _, spec in self._made)
            products = plugins.products(bot, place, path.parent) if hedged else None
            for its, made, spec in self._made:
                self._hedge(its, made, spec, products)
                if why := plugins.unquoted(made, bot.adapter, path.parent):
                    self.faults.append(its.fault(("strategy",), why, allowed="adapter replay or synthetic"))
        if bot.risk.account_usd is None:
            self.notes.append("risk.account_usd is not set: where the broker does not tell it, nobody judges margin")
        if calendar is not None:
            self._coverage(calendar, {spec.instrument for spec in known}, path.parent, place)

    def _hedge(self, place: Placing, made: Strategy, spec: StrategyFile, products: Sequence[str] | None) -> None:
        """Whether there is anything to hedge, and anything to hedge it by."""
        from bot.daemon.hedging import NO_DATA, unhedged

        if spec.hedge is not None and (why := unhedged(spec, made, products)):
            self.faults.append(place.fault(("hedge",), why, do=NO_DATA.format(spec.hedge.instrument)))

    def file(self, path: Path) -> None:
        """One file, whichever kind it is. Raises InputMissing when it is not there."""
        text = self._read(path)
        with self._keeping(Placing(shown(path))):
            match _kind(path, parse(text, shown(path))):
                case "instruments":
                    self._instruments(path)
                case "strategy":
                    self._strategy(path)
                case "hours":
                    hours_of(self.files[shown(path)], shown(path))
                case _:
                    self._bot(path)

    def _read(self, path: Path) -> str:
        if not path.is_file():
            raise InputMissing(f"{path} is not there")
        file = shown(path)
        self.files[file] = ""
        with self._keeping(Placing(file)):
            self.files[file] = read_text(path, file)
        return self.files[file]

    @contextmanager
    def _keeping(self, place: Placing, key: KeyPath = ()) -> Iterator[None]:
        """Faults raised inside become faults found, at `key` unless they know their own place."""
        try:
            yield
        except ConfigError as error:
            self.faults += error.faults or [place.fault(key, error.what, allowed=error.allowed, do=error.do)]
        except (InputMissing, DataDamaged, UsageError) as error:
            where = f"{error.where}: " if error.where else ""
            self.faults.append(place.fault(key, f"{where}{error.what}", allowed=error.allowed, do=error.do))

    def _instruments(self, path: Path) -> None:
        text = self._read(path)
        place = Placing(shown(path), text)
        known: Mapping[str, InstrumentFile] = {}
        with self._keeping(place):
            known = instruments_of(text, shown(path))
        if path.parent != shipped("config"):
            for product, facts in known.items():
                self._sessions(product, facts, place)

    def _sessions(self, product: str, facts: InstrumentFile, place: Placing) -> None:
        """The exchange's sessions now, and where its hours are overridden."""
        from bot.sessions import days

        hours = {"zone": facts.zone, "regular_open": facts.regular_open, "regular_close": facts.regular_close}
        edges = [datetime.fromisoformat(f"{table['from']}T12:00Z").timestamp() for table in facts.hours]
        with self._keeping(place, (product, "calendar")):
            for at in (self._now_ns, *(int(edge) * 10**9 for edge in edges)):
                days(facts.calendar, **hours, first_ns=at, last_ns=at + WEEK_NS, overrides=facts.hours)

    def _bot(self, path: Path) -> BotFile | None:
        text, file = self._read(path), shown(path)
        bot = None
        with self._keeping(Placing(file)):
            bot = read_bot(path, self._sets).value
        if bot is None:
            return None
        place = Placing(file, text)
        self.faults += plugins.part_faults(bot, place, path.parent)
        with self._keeping(place, ("journal", "url")):
            _judge_journal(bot)
        self._secrets(parse(text, file), (), path.parent, place)
        self._mqtt_secret(bot, path.parent, place)
        self._program(bot, place)
        return bot

    def _program(self, bot: BotFile, place: Placing) -> None:
        """Who is called by a program that is not there is not called."""
        name = next(iter(bot.notify.command), "")
        if name and shutil.which(name) is None:
            message, do = f"there is no program {name}", "paperpit doctor notify"
            self.faults.append(place.fault(("notify", "command"), message, level="warning", do=do))

    def _strategy(self, path: Path, calendar: "EventCalendar | None" = None) -> StrategyFile | None:
        text, file, before = self._read(path), shown(path), len(self.faults)
        place, spec = Placing(file, text), None
        with self._keeping(Placing(file)):
            spec, faults = judge_strategy(text, file, path.parent, self._beside)
            self.faults += faults
        if spec is None:
            return None
        one = _known(spec.instrument, self._beside)
        grid = (one.product, one.tick) if one else None
        self.faults += plugins.part_faults(spec, place, path.parent, grid)
        self.faults += model_faults(spec, path.parent, place)
        if one is None:
            return spec
        self._blackout(spec, one, calendar, place)
        if all(fault.level != "error" for fault in self.faults[before:]):
            made: Strategy | None = None
            # Its own constructor may want more than the models can say.
            with self._keeping(place, ("strategy",)):
                made = plugins.find("strategies", spec.strategy, path.parent)(spec, one)
                if spec.enabled:
                    self._made.append((place, made, spec))
                    _, others = plugins.detectors(spec.detectors, path.parent)
                    self._flow.setdefault(one.product, []).extend(plugins.order_flow(made, others))
            self.notes += [f"{spec.name}: {note}" for note in notes(spec, one)]
            if not plugins.quotes(made):  # the bars of one that quotes are how often it looks
                self._timeframe(spec, one, place)
        return spec

    def _timeframe(self, spec: StrategyFile, one: Instrument, place: Placing) -> None:
        from bot.cli.suiting import suits

        faults, told = suits(spec, one, load_instruments(self._beside)[one.product], self._tapes, place)
        self.faults += faults
        self.notes += told

    def _secrets(self, table: Mapping[str, Any], prefix: KeyPath, folder: Path, place: Placing) -> None:
        """Files of secrets have to be there, and nobody else's to read."""
        for key, value in table.items():
            if isinstance(value, dict):
                self._secrets(value, (*prefix, key), folder, place)
            elif key.endswith("_file") and isinstance(value, str):
                path = folder / Path(value).expanduser()
                if not path.is_file():
                    do = f"umask 077 && cat > {shown(path)}"
                    self.faults.append(place.fault((*prefix, key), f"{shown(path)} is not there", do=do))
                elif path.stat().st_mode & 0o077 and key not in _FOR_ALL:
                    message, do = f"others may read {shown(path)}", f"chmod 600 {shown(path)}"
                    self.faults.append(place.fault((*prefix, key), message, level="warning", do=do))

    def _mqtt_secret(self, bot: BotFile, folder: Path, place: Placing) -> None:
        """What commands are signed with is more than a word."""
        from bot.mqtt.signing import secret

        name = bot.mqtt.commands.secret_file
        if name is not None and (path := folder / Path(name).expanduser()).is_file():
            with self._keeping(place, ("mqtt", "commands", "secret_file")):
                secret(path)

    def _blackout(self, spec: StrategyFile, one: Instrument, calendar: "EventCalendar | None", place: Placing) -> None:
        from bot.risk.blackout import Blackout
        from bot.risk.calendar import EventCalendar
        from bot.risk.events import members

        with self._keeping(place, ("blackout",)):
            Blackout(calendar or EventCalendar.load(None), one.events, spec.blackout)
        mine = {*one.events, *members(one.events)}
        for key in ("before", "after"):
            for kind in set(getattr(spec.blackout, key)) - mine:
                message = f"{kind} does not close {one.product}: this window is never used"
                allowed = ", ".join(one.events)
                self.faults.append(place.fault(("blackout", key, kind), message, level="warning", allowed=allowed))

    def _names(self, specs: Sequence[StrategyFile], place: Placing) -> None:
        seen: set[str] = set()
        for index, spec in enumerate(specs):
            if spec.name in seen:
                message = f"two strategies are called {spec.name}; the journal could not tell them apart"
                self.faults.append(place.fault(("strategies", index), message, do="give one another name"))
            seen.add(spec.name)

    def _calendar(self, bot: BotFile, place: Placing) -> "EventCalendar | None":
        from bot.risk.calendar import EventCalendar

        with self._keeping(place, ("calendar",)):
            calendar = EventCalendar.load(bot.calendar)
            if calendar.state == "none":
                message = "no calendar is wanted: entries are allowed through every piece of news"
                self.faults.append(place.fault(("calendar",), message, level="warning"))
            elif calendar.state == "absent":
                self.faults.append(place.fault(("calendar",), f"{calendar.why}: no entry is ever allowed"))
            return calendar
        return None

    def _coverage(self, calendar: "EventCalendar", products: set[str], folder: Path, place: Placing) -> None:
        from bot.risk.calendar_check import reach

        if calendar.state != "given":
            return
        known = [one for product in sorted(products) if (one := _known(product, folder)) is not None]
        kinds = tuple(dict.fromkeys(kind for one in known for kind in one.events))
        for problem in reach(calendar, kinds, self._now_ns):
            self.faults.append(place.fault(("calendar",), problem.message, level="warning", do=problem.do))
        dated = [event for event in calendar.events if event.ts is not None and event.ts >= self._now_ns]
        if dated:
            newest = max(dated, key=lambda event: event.ts or 0)
            self.notes.append(f"calendar: newest event is {newest.kind} on {newest.date}, {calendar.source}")
        else:
            self.notes.append(f"calendar: nothing ahead is known, {calendar.source}")


_FOR_ALL = ("ca_file", "certificate_file")
"""Files that are no secret."""


def _tapes(bot: BotFile) -> list[str]:
    """The tapes that the settings name."""
    named = bot.adapters.get("replay", {}).get("tape", DEMO)
    return [named] if isinstance(named, str) else list(named)


def _kind(path: Path, raw: Mapping[str, Any]) -> str:
    if path.name == INSTRUMENTS_FILE or (raw and all(isinstance(one, dict) and "tick" in one for one in raw.values())):
        return "instruments"
    if path.name == Path(HOURS_FILE).name:
        return "hours"
    return "strategy" if {"strategy", "instrument"} & set(raw) else "bot"


def _known(name: str, folder: Path | None) -> Instrument | None:
    return instrument(name, folder=folder) if name in load_instruments(folder) else None


def _judge_journal(bot: BotFile) -> None:
    from bot.journal.place import place

    if bot.journal.url is not None and bot.journal.url_file is not None:
        raise ConfigError("url and url_file both say where the journal is", do="keep one of the two")
    if bot.journal.url is not None:
        place(bot.journal.url)
