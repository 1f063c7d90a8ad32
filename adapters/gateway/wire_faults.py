"""What can go wrong on the wire, by name; docs/gateway.md publishes the names, with the exchange's own faults."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Protocol

from adapters.gateway.contracts import Contracts
from adapters.gateway.feed import Feed
from adapters.gateway.seam import Field
from adapters.gateway.session import Connection

WIRE_FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "drop": "cut every connection now; with SECONDS nobody is let in for so long",
        "half-message": "send half a message, then cut",
        "garbage": "send bytes that are no message",
        "mute-handshake": "accept connections and never answer them",
        "mute": "read everything, answer nothing",
        "mute-end": "never send an end marker: NAME of contract-details, open-orders, account, executions, positions, "
        "summary, account-multi, completed-orders; all of them when absent",
        "1100": "the gateway has lost IB: no ticks, no reports",
        "1101": "it is back, subscriptions are lost",
        "1102": "it is back, subscriptions are kept",
        "farm-broken": "2103 for the market-data farm of PRODUCT (all when absent): its ticks stop",
        "farm-ok": "2104: they go on",
        "history-broken": "2105 for the historical data farm; nothing else changes",
        "nightly": "the gateway restarts: connections are cut, nobody is let in for SECONDS (30)",
        "id-held": "the client id is in use (326) for SECONDS (30)",
        "delayed": "data is delayed: type 3 (10167), no tick-by-tick (10189)",
        "no-permission": "market data is refused with CODE (354)",
        "competing-login": "another login has the data (10197): ticks stop",
        "data-ok": "ends delayed, no-permission and competing-login",
        "too-soon": "an instrument's second tick-by-tick stream of one kind within SECONDS (15) is refused with 10190",
        "read-only": "the API is read-only: orders are refused with 321",
        "pacing": "more than 50 messages within a second are refused with 100; ONCE refuses the next one",
        "clock-skew": "the gateway's clock is off by SECONDS",
        "tick-size": "PRODUCT comes in twice its tick; PRODUCT=TICK for another one",
        "live-account": "after the next connection the account is ID (U1234567)",
        "account": "after the next connection the account is ID (DU7654321)",
        "clear": "end all faults of the wire that last",
    }
)
END_MARKERS = {
    "contract-details": 52,
    "open-orders": 53,
    "account": 54,
    "executions": 55,
    "positions": 62,
    "summary": 64,
    "account-multi": 74,
    "completed-orders": 102,
}
RATE_MAX = 50
"""Messages a client may send within a second."""
SECOND_NS = 1_000_000_000
_GARBAGE = b"\xff\xfe\xfd\xfc garbage \x00\x01"


class Site(Protocol):
    """What faults reach into."""

    account: str
    lost_ib_ns: int | None
    feed: Feed
    contracts: Contracts

    @property
    def connections(self) -> list[Connection]:
        """Every open one, oldest first."""

    def wall_ns(self) -> int:
        """ns UTC."""


class WireFaults:
    """The faults that are on."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.shut_until_ns = 0
        self.held_until_ns = 0
        self.mute = False
        self.mute_handshake = False
        self.muted: set[str] = set()
        """Ids of messages that are never sent."""
        self.refused: tuple[int, str] | None = None
        """Code and text with which data is refused."""
        self.delayed = False
        self.read_only = False
        self.pacing = False
        self.paced_once = False
        self.soon_ns = 0
        self.skew_ns = 0
        self.next_account = ""

    def do(self, name: str, arg: str = "") -> bool:
        """Let it happen; False when it is none of the wire's. Raises ValueError for an argument that it cannot take."""
        if name not in WIRE_FAULTS:
            return False
        method: Callable[[str], None] = getattr(self, f"_do_{name.replace('-', '_')}")
        method(arg)
        return True

    def passes(self, session: Connection, fields: tuple[Field, ...]) -> bool:
        """Whether a message may go out."""
        return not self.mute and str(fields[0]) not in self.muted

    def too_fast(self, now_ns: int, earlier: list[int]) -> bool:
        """Whether a message that comes now is refused; `earlier` are the times of those before it, and is kept up."""
        while earlier and earlier[0] <= now_ns - SECOND_NS:
            earlier.pop(0)
        earlier.append(now_ns)
        if self.paced_once:
            self.paced_once = False
            return True
        return self.pacing and len(earlier) > RATE_MAX

    def _everybody(self, code: int, text: str) -> None:
        for session in self._site.connections:
            session.error(-1, code, text)

    def _do_drop(self, arg: str) -> None:
        if arg:
            self.shut_until_ns = self._until(arg, 0)
        for session in self._site.connections:
            session.cut("fault: drop")

    def _do_half_message(self, arg: str) -> None:
        for session in self._site.connections:
            session.send_bytes([b"\x00\x00\x00\x40" + b"3\x001\x00Submi"])
            session.end("fault: half a message")

    def _do_garbage(self, arg: str) -> None:
        for session in self._site.connections:
            session.send_bytes([_GARBAGE])

    def _do_mute_handshake(self, arg: str) -> None:
        self.mute_handshake = True

    def _do_mute(self, arg: str) -> None:
        self.mute = True

    def _do_mute_end(self, arg: str) -> None:
        if arg and arg not in END_MARKERS:
            raise ValueError(f"mute-end: {arg!r} is none of {', '.join(END_MARKERS)}")
        self.muted |= {str(marker) for name, marker in END_MARKERS.items() if arg in ("", name)}

    def _do_1100(self, arg: str) -> None:
        self._everybody(1100, "Connectivity between IB and Trader Workstation has been lost.")
        self._site.lost_ib_ns = self._site.wall_ns()
        self._site.feed.dark |= set(range(len(self._site.feed.standing)))

    def _do_1101(self, arg: str) -> None:
        self._back()
        self._site.feed.forget()
        self._everybody(1101, "Connectivity between IB and Trader Workstation has been restored - data lost.")

    def _do_1102(self, arg: str) -> None:
        self._back()
        self._everybody(
            1102,
            "Connectivity between IB and Trader Workstation has been restored - data maintained.",
        )

    def _back(self) -> None:
        self._site.lost_ib_ns = None
        self._site.feed.dark.clear()

    def _do_farm_broken(self, arg: str) -> None:
        self._site.feed.dark |= self._indexes(arg)
        self._everybody(2103, "Market data farm connection is broken:usfarm")

    def _do_farm_ok(self, arg: str) -> None:
        self._site.feed.dark -= self._indexes(arg)
        self._everybody(2104, "Market data farm connection is OK:usfarm")

    def _do_history_broken(self, arg: str) -> None:
        self._everybody(2105, "HMDS data farm connection is broken:ushmds")

    def _do_nightly(self, arg: str) -> None:
        self.shut_until_ns = self._until(arg, 30)
        for session in self._site.connections:
            session.cut("fault: nightly restart")

    def _do_id_held(self, arg: str) -> None:
        self.held_until_ns = self._until(arg, 30)

    def _do_delayed(self, arg: str) -> None:
        self.delayed = True
        for line in self._site.feed.lines.values():
            line.delayed = True
            line.session.error(line.request_id, *DELAYED_SHOWN)
            line.session.send(58, 1, line.request_id, 3)
        self._refuse_streams(*NO_TICKS)

    def _do_no_permission(self, arg: str) -> None:
        code = int(arg or 354)
        self.refused = (code, "Requested market data is not subscribed.")
        self._refuse_all(*self.refused)

    def _do_competing_login(self, arg: str) -> None:
        self.refused = (10197, "No market data during competing live session")
        feed, (code, text) = self._site.feed, self.refused
        asked = [(one.session, one.request_id) for one in feed.streams.values()]
        for session, request_id in (*asked, *((line.session, line.request_id) for line in feed.lines.values())):
            session.error(request_id, code, text)
        self._site.feed.dark |= self._indexes("")

    def _do_data_ok(self, arg: str) -> None:
        self.delayed, self.refused = False, None
        self._site.feed.dark.clear()
        for line in self._site.feed.lines.values():
            if line.delayed:
                line.delayed = False
                line.session.send(58, 1, line.request_id, 1)

    def _do_too_soon(self, arg: str) -> None:
        self.soon_ns = int(_number("too-soon", arg, 15) * SECOND_NS)

    def _do_read_only(self, arg: str) -> None:
        self.read_only = True

    def _do_pacing(self, arg: str) -> None:
        if arg and arg.lower() != "once":
            raise ValueError(f"pacing: {arg!r} is not ONCE")
        self.pacing, self.paced_once = not arg, bool(arg)

    def _do_clock_skew(self, arg: str) -> None:
        self.skew_ns = int(_number("clock-skew", arg, 0) * SECOND_NS)

    def _do_tick_size(self, arg: str) -> None:
        product, _, tick = arg.partition("=")
        known = {one.symbol: one.instrument.tick for one in self._site.contracts.all()}
        if product not in known:
            raise ValueError(f"tick-size: {product!r} is none of {', '.join(known)}")
        self._site.contracts.coarser[product] = Decimal(tick) if tick else 2 * known[product]
        for line in self._site.feed.lines.values():
            if line.listed.symbol == product:
                line.parameters(self._site.contracts.coarser[product])

    def _do_live_account(self, arg: str) -> None:
        self.next_account = arg or "U1234567"

    def _do_account(self, arg: str) -> None:
        self.next_account = arg or "DU7654321"

    def _do_clear(self, arg: str) -> None:
        self.shut_until_ns = self.held_until_ns = self.soon_ns = self.skew_ns = 0
        self.mute = self.mute_handshake = self.read_only = self.pacing = self.paced_once = False
        self.muted.clear()
        self._site.contracts.coarser.clear()
        self._site.lost_ib_ns = None
        self.next_account = ""
        self._do_data_ok("")

    def _refuse_streams(self, code: int, text: str) -> None:
        for one in list(self._site.feed.streams.values()):
            self._site.feed.cancel(one.session, one.request_id)
            one.session.error(one.request_id, code, text)

    def _refuse_all(self, code: int, text: str) -> None:
        self._refuse_streams(code, text)
        for line in list(self._site.feed.lines.values()):
            self._site.feed.cancel(line.session, line.request_id)
            line.session.error(line.request_id, code, text)

    def _indexes(self, product: str) -> set[int]:
        listed = [one for one in self._site.contracts.all() if one.index is not None]
        found = {one.index for one in listed if product in ("", one.symbol) and one.index is not None}
        if not found:
            raise ValueError(f"the market plays no {product!r}; it plays {', '.join(one.symbol for one in listed)}")
        return found

    def _until(self, arg: str, default: int) -> int:
        return self._site.wall_ns() + int(_number("seconds", arg, default) * SECOND_NS)


DELAYED_SHOWN = (10167, "Requested market data is not subscribed. Displaying delayed market data.")
NO_TICKS = (10189, "Failed to request tick-by-tick data.No market data permissions.")
READ_ONLY = (
    321,
    "Error validating request.-'bO' : cause - The API interface is currently in Read-Only mode.",
)


def _number(name: str, text: str, default: int) -> Decimal:
    try:
        return Decimal(text) if text else Decimal(default)
    except InvalidOperation:
        raise ValueError(f"{name}: {text!r} is no number") from None
