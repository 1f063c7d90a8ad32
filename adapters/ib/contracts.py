"""Products become contracts: what the gateway lists is asked for, one is chosen, and its facts are held against ours.

The broker's facts win at run time: where they are not ours nothing is traded, for every price would be wrong.
Source: message 9 / 10 / 52 (contract details), 91 / 93 (market rules), 20 / 17 (yesterday's volume).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from ib_async.contract import Contract, ContractDetails
from ib_async.objects import BarData

from adapters.ib.grid import Step, exact, range_of, rule_of, steps
from adapters.ib.hours import intervals
from adapters.ib.link import Link
from adapters.ib.roll import VOLUME, Candidate, Chosen, Expired, choose
from bot.domain.expiry import MONTH_CODES
from bot.domain.instrument import Instrument
from bot.domain.order import Known, Unavailable
from bot.errors import ConfigError, Unreachable
from bot.ports import AdapterNeeds

SECOND_NS = 1_000_000_000
Hours = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A product as it is traded in this run."""

    instrument: Instrument
    contract: Contract
    """With the broker's number for it; what orders and subscriptions name."""
    min_tick: Decimal | None = None
    """The smallest step that the broker told of."""
    rolls: str = ""
    """ISO date from which no entry is sent in it; empty for a stock."""
    liquid: Hours = ()
    trading: Hours = ()
    notes: tuple[str, ...] = ()


class Bars:
    """Hears the answers to questions for history."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def historicalData(self, number: int, bar: BarData) -> None:
        """Message 17, one bar of it."""
        self._link.asking.heard(("history", number), bar)

    def historicalDataEnd(self, number: int, start: str, end: str) -> None:
        """Message 17, its end."""
        self._link.asking.ended(("history", number))


async def resolve(link: Link, needs: AdapterNeeds, product: str, now_ns: int) -> Resolved:
    """The contract of `product` for a run that starts at `now_ns` (the market's time).

    Raises ConfigError when the gateway does not know it or says other facts than instruments.toml, Unreachable when it
    does not answer.
    """
    try:
        return await _resolve(link, needs, product, now_ns)
    except (ValueError, ArithmeticError) as error:
        raise ConfigError(
            f"what the gateway says of {product} cannot be read: {error}",
            where=link.where,
            do="nothing was sent; look at the contract in TWS, and report it with the gateway's version",
        ) from error


async def _resolve(link: Link, needs: AdapterNeeds, product: str, now_ns: int) -> Resolved:
    facts = needs.instrument(product, None)
    listed = await _listed(link, facts)
    today = datetime.fromtimestamp(now_ns // SECOND_NS, UTC).astimezone(ZoneInfo(facts.zone)).date()
    if facts.kind == "stock":
        if len({one.contract.conId for one in listed if one.contract}) > 1:
            raise ConfigError(
                f"the gateway knows several stocks {product}",
                allowed=", ".join(sorted({one.contract.primaryExchange for one in listed if one.contract})),
                do=f"name its home: primary_exchange under [{product}] of an instruments.toml beside bot.toml",
            )
        details, chosen, name = listed[0], None, product
    else:
        details, chosen = await _front(link, facts, listed, needs.rolls.get(product, "8d"), today, needs.held)
        name = chosen.candidate.contract
    rows = await _steps(link, details, facts)
    notes = [*(chosen.notes if chosen else ()), *_check(details, facts, rows)]
    hours = {}
    for kind, text in (("liquid", details.liquidHours), ("trading", details.tradingHours)):
        try:
            hours[kind] = intervals(text, details.timeZoneId)
        except ValueError as error:
            notes.append(f"{product}: the gateway's {kind} hours cannot be read ({error}); the calendar's hold")
            hours[kind] = ()
    assert details.contract is not None
    return Resolved(
        needs.instrument(name, facts.tick),
        details.contract,
        exact(details.minTick) if details.minTick else None,
        chosen.rolls.isoformat() if chosen else "",
        hours["liquid"],
        hours["trading"],
        tuple(notes),
    )


async def _listed(link: Link, facts: Instrument) -> Sequence[ContractDetails]:
    """Every contract of a product; at least one."""
    stock = facts.kind == "stock"
    spec = Contract(
        symbol=facts.product,
        secType="STK" if stock else "FUT",
        exchange=facts.exchange,
        primaryExchange=facts.primary_exchange if stock else "",
        currency=facts.currency,
    )
    answer = await link.contract_details(spec)
    if isinstance(answer, Known) and answer.value:
        return answer.value
    what = f"{'stock' if stock else 'future'} {facts.product} at {facts.exchange} in {facts.currency}"
    if isinstance(answer, Known) or answer.reason == "rejected":
        said = f" ({answer.detail})" if isinstance(answer, Unavailable) else ""
        raise ConfigError(
            f"the gateway knows no {what}{said}",
            where=facts.product,
            do=f"correct exchange and currency of [{facts.product}] in an instruments.toml beside bot.toml",
        )
    raise Unreachable(
        f"the gateway did not say which {what} there is: {answer.detail or answer.reason}",
        where=link.where,
        do="look whether the gateway is logged in and connected to IB, then start again",
    )


async def _front(
    link: Link, facts: Instrument, listed: Sequence[ContractDetails], rule: str, today: date, held: Any
) -> tuple[ContractDetails, Chosen]:
    """The contract month that is traded."""
    wanted = {index + 1 for index, code in enumerate(MONTH_CODES) if not facts.months or code in facts.months}
    months = {_month(one): one for one in listed if _month(one)[1] in wanted}
    by_name: dict[str, ContractDetails] = {}
    candidates = []
    for year, month in sorted(months):
        name = f"{facts.product}{MONTH_CODES[month - 1]}{year}"
        by_name[name] = months[year, month]
        gap = min(((month - other - 1) % 12) + 1 for other in wanted)
        candidates.append(Candidate(name, _last_day(months[year, month]), gap))
    kept = held.get(facts.product, "")
    try:
        volumes = None
        if rule == VOLUME and not kept:
            volumes = await _volumes(link, [one for one in candidates if one.last >= today][:2], by_name, today)
        chosen = choose(candidates, rule, today, held=kept, volumes=volumes)
    except Expired as error:
        raise ConfigError(
            f"{facts.product}: {error}",
            do="see what became of it at the broker; paperpit status and journal orders say what the journal knows"
            if kept
            else f"look whether [{facts.product}] of instruments.toml names the right months and exchange",
        ) from error
    return by_name[chosen.candidate.contract], chosen


async def _volumes(
    link: Link, nearest: Sequence[Candidate], by_name: dict[str, ContractDetails], today: date
) -> dict[str, float] | None:
    """What the nearest contracts traded on the last day that is over; None when that was not told of all of them."""
    found = {}
    for one in nearest:
        number, contract = link.next_question(), by_name[one.contract].contract

        def ask(number: int = number, contract: Contract | None = contract) -> None:
            link.tell(
                lambda wire: wire.reqHistoricalData(number, contract, "", "3 D", "1 day", "TRADES", False, 1, False, [])
            )

        answer = await link.asking.ask(("history", number), ask, link.waits.answer)
        if isinstance(answer, Unavailable):
            return None
        over = [bar for bar in answer.value if _digits(bar.date) < f"{today:%Y%m%d}"]
        if not over:
            return None
        found[one.contract] = float(over[-1].volume)
    return found


async def _steps(link: Link, details: ContractDetails, facts: Instrument) -> Sequence[Step]:
    """The price steps by the market rule of the contract's exchange; by `minTick` where there is no rule."""
    rule = rule_of(details, facts.exchange)
    if rule is not None:
        answer = await link.market_rule(rule)
        if isinstance(answer, Known) and answer.value and answer.value[0]:
            return steps(answer.value[0])
    return (Step(Decimal(0), exact(details.minTick)),)


def _check(details: ContractDetails, facts: Instrument, rows: Sequence[Step]) -> list[str]:
    """Hold the broker's facts against ours. Raises ConfigError with every difference; returns what should be known."""
    contract = details.contract or Contract()
    ours = facts.tick_value / facts.tick
    try:
        theirs = Decimal(contract.multiplier or "1")
    except InvalidOperation:
        raise ValueError(f"a multiplier of {contract.multiplier!r}") from None
    differences = []
    if theirs != ours:
        differences.append(f"multiplier: the gateway says {theirs:f}, instruments.toml {ours:f}")
    if contract.currency and contract.currency != facts.currency:
        differences.append(f"currency: the gateway says {contract.currency}, instruments.toml {facts.currency}")
    if contract.exchange and contract.exchange != facts.exchange:
        differences.append(f"exchange: the gateway says {contract.exchange}, instruments.toml {facts.exchange}")
    if details.priceMagnifier not in (0, 1):
        differences.append(f"prices: the gateway counts in 1/{details.priceMagnifier}, instruments.toml in whole ones")
    within = range_of(rows, facts.tick)
    if within is None:
        told = ", ".join(f"{row.tick:f} from {row.low:f} on" if row.low else f"{row.tick:f}" for row in rows)
        differences.append(f"tick: the gateway says {told}, instruments.toml {facts.tick:f}")
    if differences:
        raise ConfigError(
            f"{facts.product} is not what instruments.toml says:\n  " + "\n  ".join(differences),
            do=f"correct [{facts.product}] in an instruments.toml beside bot.toml; nothing was sent",
        )
    assert within is not None
    low, high = within
    if low == 0 and high is None:
        return []
    bounds = f"from {low:f} on" if high is None else f"from {low:f} to {high:f}"
    return [f"{facts.product}: the tick of {facts.tick:f} holds {bounds}; an order beyond that is refused"]


def _month(details: ContractDetails) -> tuple[int, int]:
    """Year and month of a contract."""
    text = details.contractMonth or (details.contract.lastTradeDateOrContractMonth if details.contract else "")
    return int(text[:4]), int(text[4:6])


def _last_day(details: ContractDetails) -> date:
    text = details.realExpirationDate or (details.contract.lastTradeDateOrContractMonth if details.contract else "")
    if len(text) < len("20261218"):  # a month alone would be read as a day of it
        raise ValueError(f"no last trading day is told, only {text!r}")
    return datetime.strptime(text[:8], "%Y%m%d").replace(tzinfo=UTC).date()


def _digits(day: Any) -> str:
    return str(day).replace("-", "")[:8]
