"""Other settings while a run lasts: judged as a whole, and swapped between two batches or not at all.

Strategies, detectors and the event calendar may change, and `[risk]` may become tighter. What would need another market
or another journal is refused with the keys that want it. Whoever is unchanged keeps its object and its state; whoever
is new is made; whoever has gone sends nothing more, and what it left is looked after as before.

A run that is repeated does the same at the same place (`Asked.revisions`); its calendar follows by its renewals.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from bot.config import ManageSettings, StrategyFile
from bot.config.bot_file import RiskSettings
from bot.config.places import hours_files, instrument_files, shown
from bot.daemon import doubting
from bot.daemon.asked import Asked, Read
from bot.daemon.doubting import Models
from bot.daemon.hedging import hedges_of
from bot.daemon.listening import RESTART, Listeners, Listening
from bot.daemon.making import blackout_of, own_nonce, strategy_of, watched_of
from bot.daemon.opening import Opened, flow_of, hash_of, idle_of, latency_ns, named, readers_of
from bot.desk import Seat
from bot.domain.command import Command
from bot.errors import ConfigError, PaperpitError, UsageError
from bot.journal.first_rows import CALENDAR, MOMENT
from bot.orders.manager import OrderManager
from bot.orders.throttle import Throttle
from bot.ports import Journal, Strategy
from bot.risk.blackout import Blackout
from bot.risk.calendar import EventCalendar
from bot.risk.gate import Gate
from bot.risk.schedule import Agenda, Watched

UNCHANGED = "nothing has changed: every file says what it said before"
_MAY_CHANGE = ("strategies", "calendar", "detectors", "risk.")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be put in force."""

    asked: Asked
    calendar: EventCalendar
    specs: list[StrategyFile]
    strategies: list[Strategy]
    """One for each of `specs`."""
    listening: Listening
    anew: frozenset[str]
    """Names of the strategies that are made anew."""
    blackouts: Mapping[str, Blackout]
    order_flow: frozenset[str]
    models: doubting.Read


class Reloading:
    """Swaps the settings of one run. `read` has what was read for a command, by its nonce."""

    def __init__(
        self,
        opened: Opened,
        journal: Journal,
        gate: Gate,
        orders: OrderManager,
        throttle: Throttle,
        agenda: Agenda,
        seats: list[Seat],
        blackouts: MutableMapping[str, Blackout],
        manages: MutableMapping[str, ManageSettings],
        models: Models,
    ) -> None:
        self._opened, self._journal, self._gate, self._agenda = opened, journal, gate, agenda
        self._orders, self._throttle = orders, throttle
        self._seats, self._blackouts, self._manages = seats, blackouts, manages
        self._listeners = Listeners(opened)
        self.models = models
        """Who may abstain for its strategies."""
        self.asked = opened.asked
        """What is in force."""
        self.specs = opened.specs
        """Its strategies whose product is on the market."""
        self.read: dict[str, Read | PaperpitError] = {
            own_nonce(opened.run, nonce): Read(asked, None) for nonce, asked in opened.asked.revisions.items()
        }
        self._files = _fixed_files(opened.asked)

    async def obey(self, command: Command, now: int) -> str:
        """Put in force what was read for a command as of `now` (ns UTC); what has changed, in words.

        Raises PaperpitError, and then everything stays as it was.
        """
        found = self.read.pop(command.nonce, None)
        if found is None:
            raise UsageError("no settings were read for it", do="paperpit reload")
        if isinstance(found, PaperpitError):
            raise found
        plan = self._planned(found, command.nonce, now)
        in_force = self._opened.in_force
        told = list(self.models.changes(plan.models))
        if plan.asked.texts == self.asked.texts and plan.calendar == in_force.calendar and not told:
            return UNCHANGED
        told = [*self._changes(plan), *told]
        if found.calendar is not None:
            renewal = in_force.follow(found.calendar, plan.asked.bot.value.calendar)
            if renewal is not None:
                told.append(renewal.why)
                self._journal.control(CALENDAR, renewal.text or False, now, renewal.why)
                self._agenda.follow(in_force.calendar, now)
        await self._put_in(plan, now, "; ".join(told) or "other words, the same settings", command.who)
        return f"reloaded: {'; '.join(told) or 'other words, the same settings'}"

    async def _put_in(self, plan: _Plan, now: int, why: str, who: str) -> None:
        texts, names = plan.asked.texts, [spec.name for spec in plan.specs]
        config = {**texts, CALENDAR: plan.calendar.text}
        if plan.listening.changes:
            config[MOMENT] = str(plan.listening.moment)
        self._journal.config_revision(config, hash_of(texts), names, named(plan.calendar), now, why, who)
        self._journal.commit()
        self._listeners.change(plan.listening)
        gone = [seat.strategy.name for seat in self._seats if seat.strategy.name not in names]
        risk = plan.asked.bot.value.risk
        self._blackouts.update(plan.blackouts)
        watched = self._watched(plan, risk)
        for name in set(self._blackouts) - {one.strategy for one in watched}:
            del self._blackouts[name]
        self._manage(plan)
        self.models.put_in(plan.models)
        self._gate.revise(
            settings=risk,
            blackouts=self._blackouts,
            hours={spec.name: spec.hours for spec in plan.specs},
            order_flow=plan.order_flow,
            models=self.models.judges,
        )
        self._orders.on_operator_cancel = risk.on_operator_cancel
        self._throttle.tighten(risk.max_order_messages_per_minute)
        self._agenda.revise(watched, now)
        wanted = zip(plan.strategies, plan.listening.where, self._listeners.heard(plan.listening), strict=True)
        self._seats[:] = [Seat(one, at, heard) for one, (at, _), heard in wanted]
        self.asked, self.specs = plan.asked, plan.specs
        for name in gone:
            await self._orders.cancel_entries(now, "command", strategy=name)

    def _planned(self, found: Read, nonce: str, now: int) -> _Plan:
        """All that may refuse, before anything is changed."""
        try:
            return self._plan(found, nonce, now)
        except PaperpitError:
            raise
        except Exception as error:  # a stranger's code must not take the desk and its positions along
            raise ConfigError(f"a strategy cannot be made: {type(error).__name__}: {error}") from error

    def _plan(self, found: Read, nonce: str, now: int) -> _Plan:
        asked, opened = found.asked, self._opened
        calendar = opened.in_force.calendar
        if found.calendar is not None:
            looser = _loosened(self.asked.bot.value.risk, asked.bot.value.risk)
            files, dates = self._other_files(asked), self._other_calendar(found.calendar)
            _refuse([*_keys(self.asked, asked), *looser, *files, *dates])
            calendar = calendar.joined(found.calendar)
        flow = flow_of(asked)
        idle = idle_of(asked, opened.adapter, flow)
        _refuse([f"strategy {name} ({why})" for name, why in idle.items() if name not in opened.idle])
        specs = [spec for spec in asked.specs if spec.name not in idle]
        hedges = hedges_of(specs, opened.adapter.market.instruments)
        others = {name for name in hedges | opened.hedges if hedges.get(name) != opened.hedges.get(name)}
        # What is held stands on two legs: neither may be forgotten, nor measured by another ratio.
        _refuse([f"[hedge] of {name}" for name in sorted(others)])
        margin = asked.bot.value.risk.flatten_before_close != self.asked.bot.value.risk.flatten_before_close
        anew = frozenset(spec.name for spec in specs if margin or self._seat(asked, spec) is None)
        return _Plan(
            asked,
            calendar,
            specs,
            [self._strategy(asked, spec) for spec in specs],
            self._listeners.of(nonce, asked, specs, now),
            anew,
            {spec.name: blackout_of(opened, spec, calendar) for spec in specs if spec.name in anew},
            readers_of(asked, flow),
            doubting.read(asked, specs),
        )

    def _strategy(self, asked: Asked, spec: StrategyFile) -> Strategy:
        """A strategy: its own object where it is unchanged."""
        seat, opened = self._seat(asked, spec), self._opened
        if seat is not None:
            return seat.strategy
        return strategy_of(asked, spec, opened.adapter.market.instruments[opened.products.index(spec.instrument)])

    def _seat(self, asked: Asked, spec: StrategyFile) -> Seat | None:
        """The seat of an unchanged strategy; None of one that is new, or another than before."""
        before = next((one for one in self.asked.strategies if one.value.name == spec.name), None)
        after = asked.loaded(spec)
        if before is None or (before.text, before.path.name) != (after.text, after.path.name):
            return None
        return next((seat for seat in self._seats if seat.strategy.name == spec.name), None)

    def _watched(self, plan: _Plan, risk: RiskSettings) -> list[Watched]:
        """Whose hours are watched: also of who has gone, as long as something of it lives."""
        before, names = {one.strategy: one for one in self._agenda.watched}, {spec.name for spec in plan.specs}
        watched = [
            watched_of(self._opened, spec, self._blackouts[spec.name], risk)
            if spec.name in plan.anew
            else before[spec.name]
            for spec in plan.specs
        ]
        return [*watched, *(one for one in before.values() if one.strategy not in names and self._lives(one.strategy))]

    def _manage(self, plan: _Plan) -> None:
        names = {spec.name for spec in plan.specs}
        for name in [name for name in self._manages if name in names or not self._lives(name)]:
            del self._manages[name]
        self._manages.update({spec.name: spec.manage for spec in plan.specs if spec.manage.moves})

    def _lives(self, strategy: str) -> bool:
        return self._orders.open_brackets(strategy) > 0

    def _changes(self, plan: _Plan) -> Iterator[str]:
        """What is different, in words."""
        before = {seat.strategy.name for seat in self._seats}
        for spec in plan.specs:
            if spec.name not in before:
                yield f"strategy {spec.name} is new"
            elif self._seat(plan.asked, spec) is None:
                yield f"strategy {spec.name} has changed"
        for name in sorted(before - {spec.name for spec in plan.specs}):
            yield f"strategy {name} has gone"
        yield from plan.listening.told()
        if plan.asked.bot.value.risk != self.asked.bot.value.risk:
            yield "[risk] has changed"

    def _other_files(self, asked: Asked) -> list[str]:
        after = _fixed_files(asked)
        return sorted(name for name in self._files.keys() | after.keys() if self._files.get(name) != after.get(name))

    def _other_calendar(self, newer: EventCalendar) -> list[str]:
        """Trading without any calendar is nothing that begins or ends while a session lasts."""
        states = {newer.state, self._opened.in_force.calendar.state}
        return ["calendar"] if "none" in states and len(states) > 1 else []


def refuse_other_process(before: Asked, after: Asked) -> None:
    """Raises ConfigError where settings have changed that hold as long as the process does, naming each key."""
    _refuse(list(_keys(before, after)))


def _refuse(keys: list[str]) -> None:
    if keys:
        raise ConfigError(f"cannot change while a run lasts: {', '.join(keys)}", do=RESTART)


def _keys(before: Asked, after: Asked) -> Iterator[str]:
    """Keys of bot.toml that have changed and that hold as long as the process does."""
    one, other = (dict(_flat(asked.bot.value.model_dump())) for asked in (before, after))
    for key in sorted(one.keys() | other.keys()):
        if one.get(key) != other.get(key) and not key.startswith(_MAY_CHANGE):
            yield key
    latencies = [latency_ns(asked.bot.value, [one.value for one in asked.strategies]) for asked in (before, after)]
    if latencies[0] != latencies[1] and before.bot.value.replay == after.bot.value.replay:
        yield "replay.latency_ms of a strategy"


def _loosened(before: RiskSettings, after: RiskSettings) -> Iterator[str]:
    """Keys of `[risk]` that would let more pass than before: a limit is only tightened while a session lasts."""
    for key in RiskSettings.model_fields:
        one, other = getattr(before, key), getattr(after, key)
        if one == other or key == "exposure":
            continue
        if key == "on_operator_cancel":
            if other == "yield":
                yield f"risk.{key} (looser than before)"
            continue
        less = one is not None and (other is None or (other > one if _is_most(key) else other < one))
        if less:
            yield f"risk.{key} (looser than before)"
    for name, group in before.exposure.items():
        then = after.exposure.get(name)
        # Other weights measure another thing: nobody can say which of the two lets more pass.
        if then is None or then.weights != group.weights or then.max_usd > group.max_usd:
            yield f"risk.exposure.{name} (looser than before, or other weights)"


def _is_most(key: str) -> bool:
    """Whether a limit is the tighter the smaller it is."""
    return key.startswith("max_") or key in ("signal_ttl", "account_usd")


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _fixed_files(asked: Asked) -> dict[str, bytes]:
    """The files of instruments and hours, as they are now; none where somebody has read them for many runs."""
    if asked.known is not None:
        return {}
    folder = asked.bot.path.parent
    return {shown(path): path.read_bytes() for path in (*instrument_files(folder), *hours_files(folder))}
