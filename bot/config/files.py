"""One model per TOML file: bot.toml, instruments.toml, a strategy. Loading and errors: `bot.config.loader`."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from bot.config.params import MINUTE_NS, SECOND_NS, ClockTime, Duration, Exact, Params, clock_time


class JournalSettings(Params):
    """[journal] of bot.toml."""

    url: str | None = None
    """SQLAlchemy URL; None = journal.db (run) or replay.db (replay) in the data folder."""
    url_file: str | None = None
    """A file that holds the URL, where it has a password."""
    durability: Literal["power", "process"] = "power"


class RiskSettings(Params):
    """[risk] of bot.toml: limits of the whole account. Per-instrument limits stand in instruments.toml."""

    max_daily_loss_usd: Exact = Decimal("300")
    max_brackets_per_day: int = Field(10, ge=1)
    max_open_brackets: int = Field(3, ge=1)
    min_reward_risk: Exact = Decimal("1.0")
    signal_ttl: Duration = 2 * SECOND_NS
    duplicate_window: Duration = 10 * SECOND_NS
    no_entry_before_close: Duration = 15 * MINUTE_NS
    flatten_before_close: Duration = 5 * MINUTE_NS


class ReplaySettings(Params):
    """[replay]: how a tape's market treats our orders."""

    fill_model: Literal["touch", "queue", "through", "ib-paper"] = "queue"
    latency_ms: int = Field(250, ge=0)
    cancel_latency_ms: int | None = Field(None, ge=0)
    """None = the same as latency_ms."""
    batch: int = Field(65_536, ge=1)


class StrategyReplay(Params):
    """[replay] of a strategy: what may stand there."""

    latency_ms: int | None = Field(None, ge=0)


class BotFile(Params):
    """bot.toml."""

    adapter: str = "replay"
    strategies: tuple[str, ...] = ("es-open-absorption.toml",)
    calendar: str | None = None
    """None = the shipped calendar folder; a file or folder path; "none" = no calendar is wanted."""
    desk: str = "desk"
    seed: int = 1
    journal: JournalSettings = JournalSettings()
    risk: RiskSettings = RiskSettings()
    replay: ReplaySettings = ReplaySettings()
    adapters: dict[str, dict[str, Any]] = Field(default_factory=lambda: {"replay": {"tape": "demo"}})
    detectors: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """[detectors.<kind>]: Params that hold for every strategy."""


class BracketSettings(Params):
    """[bracket] of a strategy. Distances are ticks, always."""

    stop_ticks: int | Literal["cluster"] = "cluster"
    target_ticks: int | Literal["zone"] = "zone"
    contracts: int | None = Field(None, ge=1)
    risk_usd: Exact | None = None
    min_target_ticks: int = Field(4, ge=1)


class EntrySettings(Params):
    """[entry] of a strategy."""

    ttl: Duration = 2 * MINUTE_NS
    offset_ticks: int = 1
    """Ticks from the signal's price towards the market at which the entry limit stands."""


class HoursSettings(Params):
    """[hours] of a strategy: when it may enter."""

    session: Literal["regular", "extended", "any"] = "regular"
    start: ClockTime | None = None
    end: ClockTime | None = None


class ExpectSettings(Params):
    """[expect] of a strategy: what its author believes; refused where arithmetic says otherwise."""

    risk_ticks: int | None = None
    reward_ticks: int | None = None
    reward_risk: Exact | None = None
    spread_ticks: int | None = None
    entry: Exact | None = None
    stop: Exact | None = None
    target: Exact | None = None
    bid: Exact | None = None
    ask: Exact | None = None
    side: Literal["long", "short"] = "long"


class BlackoutSettings(Params):
    """[blackout] of a strategy: windows may only be wider than the calendar's."""

    before: dict[str, Duration] = Field(default_factory=dict)
    after: dict[str, Duration] = Field(default_factory=dict)


class StrategyFile(Params):
    """One strategy's TOML."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    strategy: str
    """Entry-point name, or `path/to/file.py:Class`."""
    instrument: str
    timeframe: Duration = MINUTE_NS
    context: Duration | None = None
    enabled: bool = True
    time_stop: Duration | None = None
    flat_by: ClockTime | None = None
    bracket: BracketSettings = BracketSettings()
    entry: EntrySettings = EntrySettings()
    hours: HoursSettings = HoursSettings()
    blackout: BlackoutSettings = BlackoutSettings()
    expect: ExpectSettings | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    """The strategy class's own Params."""
    detectors: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """[detectors.<kind>]: that detector's Params for this strategy."""
    replay: StrategyReplay = StrategyReplay()


def _override(table: dict[str, Any]) -> dict[str, Any]:
    """One override of session hours, its dates as ISO text; checked here so that a wrong one has a line."""
    unknown = set(table) - {"from", "until", "open", "close"}
    if unknown or not {"from", "until"} <= set(table) or not {"open", "close"} & set(table):
        raise ValueError('hours are { from = "2013-01-01", until = "2015-09-18", close = "17:15" }, or with open')
    try:
        dates = {key: date.fromisoformat(str(table[key])).isoformat() for key in ("from", "until")}
    except ValueError:
        raise ValueError('from and until are dates like "2013-01-01"') from None
    if dates["from"] > dates["until"]:
        raise ValueError(f"from {dates['from']} comes after until {dates['until']}")
    return dates | {key: clock_time(table[key]) for key in ("open", "close") if key in table}


HoursOverride = Annotated[dict[str, Any], AfterValidator(_override)]


class InstrumentFile(Params):
    """One table of instruments.toml; the key is the product."""

    kind: Literal["future", "stock"]
    exchange: str
    currency: str = "USD"
    tick: Exact
    tick_value: Exact
    multiplier: Exact
    calendar: str
    zone: str = "America/New_York"
    regular_open: ClockTime = "09:30"
    regular_close: ClockTime = "16:00"
    months: str = ""
    commission: Exact = Decimal("0")
    slippage_ticks: int = 1
    events: tuple[str, ...] = ()
    round_ticks: int
    major_round_ticks: int
    max_spread_ticks: int
    stale_after: Duration = 2 * SECOND_NS
    max_order: int = Field(ge=1)
    max_position: int = Field(ge=1)
    collar_ticks: int
    min_stop_ticks: int
    max_stop_ticks: int
    max_bracket_risk_usd: Exact
    band_low: Exact | None = None
    band_high: Exact | None = None
    hours: tuple[HoursOverride, ...] = ()
    """Overrides of session hours by date range, both dates included: {from, until, open, close}."""
