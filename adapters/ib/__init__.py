"""Interactive Brokers: a paper account behind TWS or IB Gateway, over ib_async's wire and our own books."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.ib.broker import IbBroker
from adapters.ib.contracts import Bars, Resolved, resolve
from adapters.ib.doctor import doctor
from adapters.ib.feeds import FEED_OF
from adapters.ib.link import Link, Waits
from adapters.ib.market import IbMarket
from adapters.ib.offset import tell_tape_time
from adapters.ib.params import Params
from adapters.ib.plan import Plan, examine, plan
from bot.errors import ConfigError, Unreachable, UsageError
from bot.ports import Adapter, AdapterNeeds

__all__ = ["Params", "doctor", "examine", "open_ib"]


async def open_ib(params: Params, needs: AdapterNeeds, waits: Waits | None = None) -> Adapter:
    """Connect, prove the account to be paper, resolve contracts, share out the data, and stand market and broker up.

    `waits` is for those in a hurry.
    Raises Unreachable, NotPaper, ConfigError; UsageError when it is given tapes.
    """
    if needs.tapes:
        raise UsageError(
            f"Interactive Brokers reads no tape, and got {', '.join(needs.tapes)}",
            do="paperpit gateway --tape TAPE plays one over the wire; --set adapter=replay reads it",
        )
    # What is held is watched to its end, also when no strategy trades it any more.
    products = tuple(dict.fromkeys((*needs.products, *needs.held)))
    if not products:
        raise ConfigError("no strategy says what is traded", do="enable a strategy under strategies of bot.toml")
    link = Link(params, waits)
    try:
        await link.open()
        now = await _now(link)
        link.data = Bars(link)
        contracts = [await resolve(link, needs, product, now) for product in products]
    except BaseException:
        link.close()
        raise
    shared = plan(
        {product: needs.order_flow.get(product, ()) for product in products},
        tick_by_tick=params.tick_by_tick,
        lines=params.lines,
    )
    market = IbMarket(link, contracts, shared, first_ns=now, delayed=needs.dry)
    broker = IbBroker(
        link,
        market.instruments,
        [one.contract for one in contracts],
        broker_ids=needs.broker_ids,
        last_broker_id=needs.last_broker_id,
    )
    return Adapter(
        name="ib",
        market=market,
        broker=broker,
        fill_model=link.greeting.fill_model if link.greeting else "",
        tapes=[_described(one, link, now) for one in contracts],
        clock=link.clock,
        feeds={line.product: FEED_OF[line.how] for line in shared.lines if line.how != "tick-by-tick"},
        open_hours={one.instrument.product: one.liquid for one in contracts if one.liquid},
        trading_hours={one.instrument.product: one.trading for one in contracts if one.trading},
        rolls={one.instrument.product: one.rolls for one in contracts if one.rolls},
        notes=_notes(contracts, shared),
        wake=link.wake.set,
    )


async def _now(link: Link) -> int:
    """The market's time, ns UTC: a tape's as the gateway tells it, else the wall's."""
    silence = await tell_tape_time(link)
    if silence is not None:
        raise Unreachable(f"the gateway did not say what time it is: {silence.detail or silence.reason}")
    return link.clock.now_ns()


def _notes(contracts: Sequence[Resolved], shared: Plan) -> list[str]:
    told = [note for one in contracts for note in one.notes]
    return [*told, *([shared.short] if shared.short else [])]


def _described(one: Resolved, link: Link, now: int) -> Mapping[str, Any]:
    """What a tape would say; without rows or a hash, because it has not happened yet."""
    return {
        "name": f"{one.instrument.contract} at {link.where}",
        "instrument": one.instrument.product,
        "contract": one.instrument.contract,
        "tick_size": f"{one.instrument.tick:f}",
        "hash": "",
        "rows": 0,
        "first_ns": now,
        "last_ns": None,
        "source": f"played for {link.account}" if link.tape else f"ib {link.account}",
    }
