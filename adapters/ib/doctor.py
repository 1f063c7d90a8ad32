"""What `paperpit doctor` asks a gateway: nothing is ordered, and a client id of its own is used.

Each part that cannot be looked at because an earlier one failed is left out, not called good.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Literal

from adapters.ib.contracts import SECOND_NS, Bars, Resolved, resolve
from adapters.ib.link import Link, Waits
from adapters.ib.market import IbMarket
from adapters.ib.offset import clock_offset, tell_tape_time
from adapters.ib.params import Params
from adapters.ib.plan import plan
from bot.domain.finding import Finding
from bot.domain.order import FeedReport
from bot.errors import ConfigError, NotPaper, PaperpitError, Unreachable
from bot.ports import AdapterNeeds

BESIDE = 1_000
"""Added to the client id: a desk that is running keeps its own."""
WARN_NS, FAIL_NS = SECOND_NS, 2 * SECOND_NS
LISTEN_S = 5.0
_GO_ON = "until that is right, nothing further can be looked at"


async def doctor(params: Params, needs: AdapterNeeds, waits: Waits | None = None) -> AsyncIterator[Finding]:
    """Gateway, account, clock, contracts, tick rules and market data, one after the other."""
    link = Link(params.model_copy(update={"client_id": params.client_id + BESIDE}), waits)
    try:
        try:
            await link.open()
        except NotPaper as error:
            yield Finding("gateway", "ok", f"{link.where} answers")
            yield Finding("account", "fail", error.what, error.do)
            return
        except PaperpitError as error:
            yield Finding("gateway", "fail", f"{link.where}: {error.what}", error.do or error.allowed or _GO_ON)
            return
        yield _greeted(link)
        yield Finding("account", "ok", f"{link.account} is a paper account")
        await tell_tape_time(link)  # silent, it is told of by what follows
        now = link.clock.now_ns()
        yield await _clock(link)
        contracts = []
        for product in needs.products:
            found, told = await _contract(link, needs, product, now)
            contracts += [found] if found is not None else []
            for finding in told:
                yield finding
        for finding in await _market_data(link, params, needs, contracts):
            yield finding
    finally:
        link.close()


def _greeted(link: Link) -> Finding:
    assert link.greeting is not None
    playing = ", and plays a tape" if link.tape else ""
    return Finding("gateway", "ok", f"{link.where} speaks version {link.greeting.server_version}{playing}")


async def _clock(link: Link) -> Finding:
    if link.tape:
        return Finding("clock", "ok", "the gateway's tape sets the time")
    offset = await clock_offset(link)
    if offset is None:
        return Finding("clock", "warn", "the gateway did not say what time it is", "ask again in a minute")
    said = f"the gateway's clock is {offset / SECOND_NS:+.1f} s from ours"
    if abs(offset) >= FAIL_NS:
        return Finding(
            "clock", "fail", f"{said}: entries stay closed from 2 s on", "set the clock: timedatectl set-ntp true"
        )
    if abs(offset) >= WARN_NS:
        return Finding("clock", "warn", said, "timedatectl set-ntp true")
    return Finding("clock", "ok", said)


async def _contract(
    link: Link, needs: AdapterNeeds, product: str, now: int
) -> tuple[Resolved | None, Sequence[Finding]]:
    link.data = Bars(link)
    try:
        found = await resolve(link, needs, product, now)
    except ConfigError as error:
        part = "tick-rules" if "tick" in error.what else "contracts"
        return None, [Finding(part, "fail", error.what, error.do or error.allowed)]
    except Unreachable as error:
        return None, [Finding("contracts", "fail", error.what, error.do)]
    rolls = f", entries until {found.rolls}" if found.rolls else ""
    return found, [
        Finding("contracts", "ok", f"{product}: {found.instrument.contract}{rolls}"),
        *(Finding("contracts", "warn", note) for note in found.notes),
        Finding("tick-rules", "ok", f"{product}: tick {found.instrument.tick} at IB and in instruments.toml"),
    ]


async def _market_data(link: Link, params: Params, needs: AdapterNeeds, contracts: Sequence[Resolved]) -> list[Finding]:
    wanted = {one.instrument.product: needs.order_flow.get(one.instrument.product, ()) for one in contracts}
    shared = plan(wanted, tick_by_tick=params.tick_by_tick, lines=params.lines)
    counted = shared.short or f"{shared.needed} of {shared.has} tick-by-tick subscriptions are needed"
    told = [Finding("market-data", "ok", counted)]
    if any(line.idle for line in shared.lines):
        told = [Finding("market-data", "warn", counted, "fewer strategies, or a booster pack")]
    if link.tape or not contracts:
        return told  # a tape begins when somebody listens: that is the desk's to do
    market = IbMarket(link, contracts, shared, first_ns=link.now_ns())
    heard = await _listened(link, market, len(contracts))
    for index, one in enumerate(contracts):
        told.append(heard.get(index) or _silent(one.instrument.product))
    return told


def _silent(product: str) -> Finding:
    message = f"{product}: no tick within {LISTEN_S:g} s"
    return Finding(
        "market-data", "warn", message, "is its market open? is the data subscribed, and shared with the paper user?"
    )


def _closed(report: FeedReport) -> Finding:
    level: Literal["warn", "fail"] = "warn" if report.state in ("sampled", "stale") else "fail"
    return Finding("market-data", level, report.why, "docs/ib-paper-account.md, market data")


async def _listened(link: Link, market: IbMarket, instruments: int) -> dict[int, Finding]:
    """What each instrument's subscription came to within some seconds: a tick, or words why there is none."""
    found: dict[int, Finding] = {}
    await market.subscribe()
    try:
        async with asyncio.timeout(LISTEN_S), aclosing(market.batches()) as batches:
            async for batch in batches:
                for index in {int(index) for index in batch.ticks["instrument"]} - found.keys():
                    product = market.instruments[index].product
                    found[index] = Finding("market-data", "ok", f"{product}: live ticks come")
                while link.reports:
                    _, report = link.reports.popleft()
                    if isinstance(report, FeedReport) and report.state != "live":
                        found[report.instrument] = _closed(report)
                if len(found) == instruments:
                    break
    except TimeoutError:
        return found
    return found
