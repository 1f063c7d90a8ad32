"""Strategies, gate, orders and agenda of what has been opened, put together to a desk."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.clock import WallClock
from bot.daemon.doubting import Models, read
from bot.daemon.making import blackout_of, own_nonce, strategy_of, watched_of
from bot.daemon.opening import Opened
from bot.daemon.reloading import Reloading
from bot.desk import Desk, Parts, Seat
from bot.domain.command import Command
from bot.domain.instrument import Instrument
from bot.domain.order import AccountFacts
from bot.orders.manager import OrderManager
from bot.orders.sound import Band
from bot.orders.throttle import Throttle
from bot.ports import Clock, Journal
from bot.risk.blackout import Blackout
from bot.risk.gate import Gate
from bot.risk.schedule import Agenda, Watched, given_again, session_ends, session_flattens


def desk_of(opened: Opened, writer: Journal, account: AccountFacts) -> tuple[Desk, OrderManager, Reloading]:
    """The desk of a run whose account is proven and whose journal is open, the manager of its orders, and who swaps."""
    instruments, products = opened.adapter.market.instruments, opened.products
    blackouts = blackouts_of(opened)
    models = Models(read(opened.asked, opened.specs))
    gate = _gate(opened, account, blackouts, models)
    contracts = [one.contract or one.product for one in instruments]
    live = opened.adapter.market.last_ns is None
    manages = {spec.name: spec.manage for spec in opened.specs if spec.manage.moves}
    throttle = Throttle(opened.asked.bot.value.risk.max_order_messages_per_minute)
    orders = OrderManager(
        opened.adapter.broker,
        writer,
        gate,
        contracts,
        products,
        bands=[_band(one) for one in instruments],
        on_operator_cancel=opened.asked.bot.value.risk.on_operator_cancel,
        throttle=throttle,
        manages=manages,
        # Only a broker that is somewhere else can leave an order without an answer.
        **({"wall_ns": _steady(opened.clock)} if live else {}),
    )
    seats = [
        Seat(strategy_of(opened.asked, spec, instruments[at := products.index(spec.instrument)]), at, heard)
        for spec, heard in zip(opened.specs, opened.hears, strict=True)
    ]
    agenda = agenda_of(opened, blackouts)
    reloading = Reloading(opened, writer, gate, orders, throttle, agenda, seats, blackouts, manages, models)
    parts = Parts(
        instruments=instruments,
        market=opened.adapter.market,
        broker=opened.adapter.broker,
        engine=opened.engine,
        seats=seats,
        gate=gate,
        orders=orders,
        journal=writer,
        schedule=agenda,
        clock=opened.clock,
        reload=reloading.obey,
        hedges=opened.hedges,
        later=opened.engine.internal if opened.asked.revisions else frozenset(),
        dry=opened.asked.dry,
        account=account.account,
        rolls=opened.adapter.rolls,
    )
    return Desk(parts), orders, reloading


def _band(one: Instrument) -> Band:
    """Prices that can be. A future may trade below zero, a stock may not."""
    return Band(one.band_low if one.band_low is not None else 1 if one.kind == "stock" else None, one.band_high)


def _steady(clock: Clock) -> Callable[[], int]:
    """By what it is told how long no answer came: by a clock that nobody sets, where the wall's rules."""
    return clock.steady_ns if isinstance(clock, WallClock) else clock.wall_ns


def _gate(opened: Opened, account: AccountFacts, blackouts: Mapping[str, Blackout], models: Models) -> Gate:
    gate = Gate(
        instruments=opened.adapter.market.instruments,
        days=[opened.hours[product] for product in opened.products],
        settings=opened.asked.bot.value.risk,
        account=account,
        blackouts=blackouts,
        hours={spec.name: spec.hours for spec in opened.specs},
        health=opened.clock.health,
        order_flow=opened.order_flow,
        rolls=opened.adapter.rolls,
        models=models.judges,
    )
    for at, product in enumerate(opened.products):
        if (feed := opened.adapter.feeds.get(product, "live")) != "live":
            gate.feed(at, feed, "as the market was opened")
    for at, one in enumerate(opened.engine.engines):
        # What was on when the memory was saved is on still; the gate has not heard of it.
        for number in one.standing:
            gate.guard(at, number, True, {"number": number})
    return gate


def _again(opened: Opened) -> list[Command]:
    """Commands of the run that is repeated. A nonce is unique in a journal, where both may stand."""
    return [replace(one, nonce=own_nonce(opened.run, one.nonce)) for one in opened.asked.commands]


def blackouts_of(opened: Opened) -> dict[str, Blackout]:
    """Strategy → its blackouts by the calendar in force."""
    return {spec.name: blackout_of(opened, spec, opened.calendar) for spec in opened.specs}


def agenda_of(opened: Opened, blackouts: dict[str, Blackout]) -> Agenda:
    """When the desk ends entries and positions by the clock, and what it is told again."""
    market, risk = opened.adapter.market, opened.asked.bot.value.risk
    watched = [watched_of(opened, spec, blackouts[spec.name], risk) for spec in opened.specs]
    # A position is flat before the close, also when its strategy is asked no more.
    for name, product in opened.left.items():
        blackouts[name] = Blackout(opened.calendar, ())
        at = opened.products.index(product)
        watched.append(Watched(name, at, opened.hours[product], blackouts[name], risk.flatten_before_close))
    # Of a hedge nobody is asked: the strategy's own hours are those of its inventory.
    hedging = {hedge.by for hedge in opened.hedges.values()}
    closes = [
        edge
        for at in sorted(hedging)
        for edge in session_flattens(at, opened.hours[opened.products[at]], risk.flatten_before_close)
    ]
    more = closes + given_again(_again(opened), opened.asked.renewals)
    if opened.live:
        more += [edge for at, product in enumerate(opened.products) for edge in session_ends(at, opened.hours[product])]
    agenda = Agenda(
        watched,
        market.first_ns,
        opened.last_ns + 1,
        more,
        blackouts=blackouts,
        in_force=opened.in_force,
        looking=opened.live and opened.calendar.state != "none",
    )
    clock = opened.clock
    if isinstance(clock, WallClock) and opened.adapter.wake is not None:
        # A quiet market must not delay an edge. What the edge does is decided when the desk has walked to it.
        agenda.changed = lambda: clock.wake_at(agenda.moments)
        agenda.changed()
    return agenda
