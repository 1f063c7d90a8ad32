"""One model per TOML file: bot.toml, instruments.toml, a strategy. Loading and errors: `bot.config.loader`."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from bot.config.params import MINUTE_NS, SECOND_NS, ClockTime, Duration, Exact, Params, clock_time
from bot.domain.expiry import Expires


class JournalSettings(Params):
    """[journal] of bot.toml."""

    url: str | None = None
    """`sqlite:///PATH` or `postgresql://…`; journal.db (run) or replay.db (replay) in the data folder when absent."""
    url_file: str | None = None
    """A file that holds the URL, where it has a password."""
    durability: Literal["power", "process"] = "power"
    """"power" survives a power cut; "process" survives a crash of the program and is faster."""
    backups: int = Field(7, ge=0)
    """Copies of a SQLite journal that are kept, one a day, made when a live run ends; 0: none are made."""


class RiskSettings(Params):
    """[risk] of bot.toml: limits of the whole account. Per-instrument limits stand in instruments.toml."""

    max_daily_loss_usd: Exact = Field(Decimal("300"), gt=0)
    """No entry that could bring the trading day's loss beyond this: lost so far, at risk already, its own risk."""
    max_daily_loss_r: Exact = Field(Decimal("6"), gt=0)
    """The same in R: what a bracket's units lose between entry and stop. Whichever limit is reached first holds."""
    max_drawdown_usd: Exact = Field(Decimal("300"), gt=0)
    """No entry that could bring the trading day's result further than this below its best."""
    max_losses_in_a_row: int = Field(3, ge=1)
    """So many losing round trips of one strategy in a row pause it, until a person resumes it."""
    max_losses_in_a_row_all: int = Field(5, ge=1)
    """So many of all strategies together pause everything."""
    cooldown: Duration = 5 * MINUTE_NS
    """No entry in an instrument for so long after a stop there filled at a loss."""
    max_brackets_per_minute: int = Field(4, ge=1)
    """Entries sent within one minute, all strategies together."""
    max_brackets_per_strategy: int = Field(10, ge=1)
    """Entries of one strategy sent in one trading day."""
    max_brackets_per_day: int = Field(20, ge=1)
    """Entries sent in one trading day, all strategies together."""
    max_open_brackets: int = Field(3, ge=1)
    """Entries working or positions held at one time, all strategies together."""
    account_usd: Exact | None = Field(None, gt=0)
    """What the account is worth, where the broker does not say; without either nobody judges its margin."""
    max_margin_percent: Exact = Field(Decimal("50"), gt=0, le=100)
    """Initial margin of everything held and working, in percent of what the account is worth."""
    min_days_to_expiry: int = Field(3, ge=0)
    """No entry in a contract that must be left in fewer days than this."""
    min_reward_risk: Exact = Field(Decimal("1.0"), ge=1)
    """Ticks to win for each tick at risk, at least."""
    signal_ttl: Duration = Field(2 * SECOND_NS, gt=0)
    """An entry is sent this soon after its signal was known, or never."""
    duplicate_window: Duration = 10 * SECOND_NS
    """An equal entry within this time is taken for a double."""
    no_entry_before_close: Duration = 15 * MINUTE_NS
    """No entry this close to the end of the strategy's hours."""
    max_order_messages_per_minute: int = Field(60, ge=3)
    """Order messages of entries in any minute (a bracket is three), and as many of what protects or ends orders. Beyond
    it entries are refused and the kill switch trips."""
    on_operator_cancel: Literal["reprotect", "flatten", "yield"] = "reprotect"
    """When somebody ends a position's stop at the broker: place it once more and leave at the second time, leave at
    once, or leave the position to that person, with its instrument closed to entries."""
    flatten_before_close: Duration = 5 * MINUTE_NS
    """Positions are closed this long before the end of the strategy's hours, or of the session."""


class ReplaySettings(Params):
    """[replay]: how a tape's market treats our orders."""

    fill_model: Literal["touch", "queue", "through", "ib-paper"] = "queue"
    """When a resting limit fills: at the first print there, after the size ahead of it, only beyond it."""
    latency_ms: int = Field(250, ge=0)
    """From sending an order to its being active at the exchange."""
    cancel_latency_ms: int | None = Field(None, ge=0)
    """The same for a cancellation; as latency_ms when absent."""
    batch: int = Field(65_536, ge=1)
    """Rows handed to the desk at once; changes nothing but speed."""


class RecordSettings(Params):
    """[record]: what a live market said is kept as tapes, to be replayed."""

    enabled: bool = True
    """Whether `run` records: one tape an instrument and session, in the tapes folder."""
    synthetic: bool = False
    """Whether a synthetic market is recorded as well: its seed makes it again without."""
    keep: Duration = Field(60 * 86_400 * SECOND_NS, gt=0)
    """Recorded tapes older than this are deleted; those of the last day never."""
    max_gb: int = Field(20, ge=1)
    """Beyond so much the oldest recorded tapes are deleted."""


class DaemonSettings(Params):
    """[daemon]: the process in which a desk runs."""

    wedged_after: Duration = Field(30 * SECOND_NS, gt=0)
    """Where nothing moves for this long (a strategy that does not return), the process starts itself again."""


class StrategyReplay(Params):
    """[replay] of a strategy: what may stand there."""

    latency_ms: int | None = Field(None, ge=0)
    """Latency of a replay in which this strategy is alone."""


class BotFile(Params):
    """bot.toml."""

    adapter: str = "replay"
    """The broker: a name from `paperpit adapters`, or `path/file.py:function`."""
    strategies: tuple[str, ...] = ("es-open-absorption.toml",)
    """Files beside this one, or names in the user's or the shipped `config/strategies`."""
    calendar: str | None = None
    """A calendar file or folder; the shipped calendar when absent; "none" trades through the news."""
    desk: str = "desk"
    """Name by which commands find this daemon."""
    seed: int = 1
    """Seed of everything random."""
    journal: JournalSettings = JournalSettings()
    risk: RiskSettings = RiskSettings()
    replay: ReplaySettings = ReplaySettings()
    record: RecordSettings = RecordSettings()
    daemon: DaemonSettings = DaemonSettings()
    adapters: dict[str, dict[str, Any]] = Field(default_factory=lambda: {"replay": {"tape": "demo"}})
    """`[adapters.NAME]`: what the adapter of that name takes, see below."""
    detectors: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """`[detectors.KIND]`: a detector's parameters for every strategy, see below."""


class BracketSettings(Params):
    """[bracket] of a strategy. Distances are ticks, always."""

    stop_ticks: int | Literal["cluster"] = "cluster"
    """Distance of the stop from the entry; "cluster" = one tick beyond the absorbed cluster."""
    target_ticks: int | Literal["zone"] = "zone"
    """Distance of the target from the entry; "zone" = the next liquidity zone."""
    contracts: int | None = Field(None, ge=1)
    """Contracts or shares of one entry. Either this or risk_usd."""
    risk_usd: Exact | None = Field(None, gt=0)
    """As many as lose at most this much at the stop, costs included."""
    min_target_ticks: int = Field(4, ge=1)
    """A zone nearer than this is no target."""


class EntrySettings(Params):
    """[entry] of a strategy."""

    ttl: Duration = 2 * MINUTE_NS
    """How long a resting entry may live."""
    offset_ticks: int = 1
    """Ticks from the signal's price towards the market at which the entry limit stands."""


class HoursSettings(Params):
    """[hours] of a strategy: when it may enter."""

    session: Literal["regular", "extended", "any"] = "regular"
    """Regular hours, the exchange's whole session, or no entry hours at all (the flatten before its close holds)."""
    start: ClockTime | None = None
    """No entry before, New York."""
    end: ClockTime | None = None
    """No entry from then on, New York."""


class ExpectSettings(Params):
    """[expect] of a strategy: what its author believes; refused where arithmetic says otherwise."""

    risk_ticks: int | None = None
    """Ticks from entry to stop."""
    reward_ticks: int | None = None
    """Ticks from entry to target."""
    reward_risk: Exact | None = None
    """reward_ticks ÷ risk_ticks."""
    spread_ticks: int | None = None
    """Ticks from bid to ask."""
    entry: Exact | None = None
    """An example's entry."""
    stop: Exact | None = None
    """Its stop."""
    target: Exact | None = None
    """Its target."""
    bid: Exact | None = None
    """The bid at that moment."""
    ask: Exact | None = None
    """The ask at that moment."""
    side: Literal["long", "short"] = "long"
    """The example's side."""


class ManageSettings(Params):
    """[manage] of a strategy: how the stop of an open position moves, towards protection only."""

    breakeven_after_ticks: int | None = Field(None, ge=1)
    """Once a print was this far in favour of the entry, the stop moves to the entry; never when absent."""
    breakeven_plus_ticks: int = Field(0, ge=0)
    """So many ticks beyond the entry instead of at it."""
    trail_after_ticks: int | None = Field(None, ge=1)
    """From this far in favour on the stop follows the best print; from the entry's fill on when absent."""
    trail_ticks: int | None = Field(None, ge=1)
    """Ticks behind the best print at which it follows; never when absent."""

    @property
    def moves(self) -> bool:
        """Whether anything is to be managed."""
        return self.breakeven_after_ticks is not None or self.trail_ticks is not None


class BlackoutSettings(Params):
    """[blackout] of a strategy: windows may only be wider than the calendar's."""

    before: dict[str, Duration] = Field(default_factory=dict)
    """Event kind → how long before the event entries close."""
    after: dict[str, Duration] = Field(default_factory=dict)
    """Event kind → how long after it they open again."""
    flatten_before: Duration | None = Field(None, gt=0)
    """With on_blackout = "flatten": leave so long before the event; where its window begins when absent."""


class StrategyFile(Params):
    """One strategy's TOML."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """Name in the journal: small letters, digits, `-` and `_`."""
    strategy: str
    """Entry-point name, or `path/to/file.py:Class`."""
    instrument: str
    """A product of instruments.toml (`ES`), never a contract."""
    timeframe: Duration = MINUTE_NS
    """Length of the bars that trigger, from 1 s."""
    context: Duration | None = None
    """Length of the bars that set the scene: a multiple of timeframe."""
    enabled: bool = True
    """False = listed, not traded."""
    time_stop: Duration | None = None
    """Leave this long after the entry's fill; never when absent."""
    flat_by: ClockTime | None = None
    """Leave by then, New York; the flatten before the close holds in any case."""
    on_blackout: Literal["hold", "flatten", "tighten"] = "hold"
    """What becomes of its open position when a blackout begins: kept under its stop, left, or its stop drawn near."""
    bracket: BracketSettings = BracketSettings()
    entry: EntrySettings = EntrySettings()
    manage: ManageSettings = ManageSettings()
    hours: HoursSettings = HoursSettings()
    blackout: BlackoutSettings = BlackoutSettings()
    expect: ExpectSettings | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    """`[params]`: what the strategy itself takes, see below."""
    detectors: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """`[detectors.KIND]`: a detector's parameters for this strategy, see below."""
    replay: StrategyReplay = StrategyReplay()


def _override(table: dict[str, Any]) -> dict[str, Any]:
    """One override of session hours, its dates as ISO text; checked here so that a wrong one has a line."""
    unknown = set(table) - {"from", "until", "open", "close", "closed"}
    if unknown or not {"from", "until"} <= set(table) or not {"open", "close", "closed"} & set(table):
        raise ValueError('hours are { from = "2013-01-01", until = "2015-09-18", close = "17:15" }, or with open')
    if "closed" in table and (table["closed"] is not True or {"open", "close"} & set(table)):
        raise ValueError("a day without trading is closed = true, without open and close")
    try:
        dates: dict[str, Any] = {key: date.fromisoformat(str(table[key])).isoformat() for key in ("from", "until")}
    except ValueError:
        raise ValueError('from and until are dates like "2013-01-01"') from None
    if dates["from"] > dates["until"]:
        raise ValueError(f"from {dates['from']} comes after until {dates['until']}")
    times = {key: clock_time(table[key]) for key in ("open", "close") if key in table}
    return dates | times | ({"closed": True} if "closed" in table else {})


def _zone(name: str) -> str:
    """The name of a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a zone is looked up as a file: `America` is a folder
        raise ValueError(f'a zone is an IANA name like "America/New_York"; got {name!r}') from None
    return name


def _roll(text: str) -> str:
    """A roll rule; a date is given back as ISO text."""
    if text == "volume" or re.match(r"^\d+d$", text):
        return text
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f'a roll is "8d" (before the last trading day), "volume" or a date; got {text!r}') from None


HoursOverride = Annotated[dict[str, Any], AfterValidator(_override)]


class InstrumentFile(Params):
    """One table of instruments.toml; the key is the product."""

    kind: Literal["future", "stock"]
    """A future has contracts with a month code, a stock is counted in shares."""
    exchange: str
    """As the broker calls it."""
    primary_exchange: str = ""
    """A stock's home exchange, where `exchange` is a router (SMART)."""
    currency: str = "USD"
    """Of its money."""
    tick: Exact = Field(gt=0)
    """Smallest price step, in points."""
    tick_value: Exact = Field(gt=0)
    """Money of one tick of one contract or share: tick × multiplier."""
    multiplier: Exact = Field(gt=0)
    """Money of one point."""
    calendar: str
    """Name of the exchange's session calendar in pandas_market_calendars."""
    zone: Annotated[str, AfterValidator(_zone)] = "America/New_York"
    """Zone of the clock times of this table."""
    regular_open: ClockTime = "09:30"
    """Where the regular hours begin and the statistics of a day anew."""
    regular_close: ClockTime = "16:00"
    """Where the regular hours end."""
    months: str = ""
    """Month codes that are traded."""
    expires: Expires = ""
    """How a contract's last trading day follows from its month; without a rule nobody minds its roll."""
    roll: Annotated[str, AfterValidator(_roll)] = "8d"
    """When a live run turns to the next contract: days before the last trading day, "volume", or a date."""
    commission: Exact = Field(Decimal("0"), ge=0)
    """Of one contract or share and one side, exchange fees included."""
    slippage_ticks: int = Field(1, ge=0)
    """What a stop pays beyond the opposite quote in a replay."""
    events: tuple[str, ...] = ()
    """Kinds of events that close entries; `fomc` is statement, press conference and minutes."""
    round_ticks: int = Field(ge=1)
    """Grid of round numbers."""
    major_round_ticks: int = Field(ge=1)
    """Grid of the great round numbers."""
    max_spread_ticks: int = Field(ge=1)
    """No entry while the spread is wider."""
    timeframe_min: Duration = Field(MINUTE_NS, gt=0)
    """No shorter bar is proposed for it, whatever is measured."""
    timeframe_max: Duration = Field(5 * MINUTE_NS, gt=0)
    """Bars from timeframe_min to this are as the lesson has them: `check` leaves them alone."""
    stale_after: Duration = Field(2 * SECOND_NS, gt=0)
    """No entry when nothing was heard of the market for so long."""
    max_order: int = Field(ge=1)
    """Contracts or shares of one entry, at most."""
    max_position: int = Field(ge=1)
    """Contracts or shares held, at most."""
    collar_ticks: int = Field(ge=1)
    """No entry limit further than this from the middle of the quotes."""
    min_stop_ticks: int = Field(ge=1)
    """Nearest stop that is allowed."""
    max_stop_ticks: int = Field(ge=1)
    """Furthest stop that is allowed."""
    max_bracket_risk_usd: Exact = Field(gt=0)
    """Money that one bracket may lose at its stop."""
    max_order_notional_usd: Exact | None = Field(None, gt=0)
    """Worth of one entry (price × multiplier × units), at most; absent: max_order alone bounds it."""
    max_position_notional_usd: Exact | None = Field(None, gt=0)
    """Worth of everything held and working on one side, at most; absent: max_position alone bounds it."""
    initial_margin_percent: Exact = Field(Decimal("100"), gt=0, le=100)
    """What the broker asks to be put down for it, in percent of its worth."""
    band_low: Exact | None = None
    """Lower price limit of the day, where known."""
    band_high: Exact | None = None
    """Upper price limit of the day, where known."""
    hours: tuple[HoursOverride, ...] = ()
    """Overrides of session hours by date range, both dates included: {from, until, open, close} or {…, closed}."""
