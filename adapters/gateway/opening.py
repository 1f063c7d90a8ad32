"""Puts a gateway together: market, contracts, exchange, server."""

from collections.abc import Sequence

from adapters.gateway.contracts import Contracts
from adapters.gateway.exchange import Exchange
from adapters.gateway.options import Options, speed_of
from adapters.gateway.play import Play
from adapters.gateway.seam import Rules
from adapters.gateway.server import Gateway
from adapters.gateway.source import Silence, Source, Synthetic, Tapes
from adapters.gateway.timing import HAND, Driven, Paced, Timing, Wall
from bot.clock import WallClock
from bot.config.instruments import instrument, load_instruments
from bot.domain.instrument import Instrument
from bot.errors import InputMissing, UsageError
from bot.tape import find_tape, open_tape


def open_gateway(options: Options) -> Gateway:
    """A gateway that only has to be started. Raises UsageError, InputMissing, DataDamaged, ConfigError."""
    for path in (options.state, options.ledger, options.control):
        if path is not None and not path.absolute().parent.is_dir():
            raise InputMissing("there is no such folder", where=str(path.absolute().parent))
    source = _source(options)
    timing = _timing(options, source)
    contracts = Contracts(load_instruments(), source.instruments, timing.now_ns)
    gateway = Gateway(options, contracts, source.instruments)
    rules = Rules(options.fill_model, options.latency_ms * 1_000_000, options.state, options.ledger)
    gateway.exchange = Exchange(gateway, rules)
    gateway.play = Play(source, timing, gateway.exchange, gateway.feed, gateway.tape_ended)
    for fault in options.faults:
        name, _, arg = fault.partition(":")
        try:
            answer = gateway.control({"do": "fault", "name": name, "arg": arg})
        except ValueError as wrong:
            raise UsageError(str(wrong), where="--fault") from None
        if "error" in answer:
            raise UsageError(str(answer["error"]), where="--fault", do="docs/gateway.md lists them")
    return gateway


def _source(options: Options) -> Source:
    if options.tapes:
        readers = [open_tape(find_tape(name)) for name in options.tapes]
        facts = [reader.facts for reader in readers]
        return Tapes(readers, [instrument(one.contract or one.instrument, one.tick) for one in facts])
    clock = WallClock()
    found = _front(options.instruments, clock.now_ns())
    return Silence(found, clock.now_ns()) if options.silent else Synthetic(found, options.seed, clock.now_ns)


def _front(names: Sequence[str], now: int) -> list[Instrument]:
    """Products as the contracts that are traded now."""
    plain = [instrument(name) for name in names]
    listed = Contracts(load_instruments(), plain, lambda: now)
    found = {one.index: one.instrument for one in listed.all() if one.index is not None}
    return [found[index] for index in range(len(plain))]


def _timing(options: Options, source: Source) -> Timing:
    speed = speed_of(options.speed)
    if not options.tapes:
        if speed != 1 and options.speed != HAND:
            raise UsageError("a market without a tape goes by the wall's time", where="--speed", allowed="1")
        return Wall()
    return Driven(source.first_ns) if speed is None else Paced(source.first_ns, source.last_ns, speed)
