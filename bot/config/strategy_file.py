"""The model of a strategy's TOML."""

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from bot.config.params import MINUTE_NS, SECOND_NS, ClockTime, Duration, Exact, Params


class StrategyReplay(Params):
    """[replay] of a strategy: what may stand there."""

    latency_ms: int | None = Field(None, ge=0)
    """Latency of a replay in which this strategy is alone."""


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


class ModelSettings(Params):
    """[model] of a strategy: a guard that can only abstain. Without the table there is none."""

    file: str
    """What `paperpit model train` has written, relative to this file. While it is not there, everything is refused."""
    hash: str = ""
    """The model's hash, where no other will do."""


class HedgeSettings(Params):
    """[hedge] of a market maker: what is held against its inventory in another instrument. Without it: nothing."""

    instrument: str
    """Another product of instruments.toml (`MES`), never a contract."""
    ratio: Exact | None = Field(None, gt=0)
    """Its units that move as one unit of the inventory; absent: by the multipliers, where one is the other's micro."""
    threshold: Exact = Field(Decimal("0.75"), ge=Decimal("0.5"))
    """Its units that may be open without anything being done: the more, the seldomer it trades."""
    stop_ticks: int = Field(ge=1)
    """Distance of the hedge's own stop from its first fill: far enough that the inventory's comes first."""
    reach_ticks: int = Field(4, ge=0)
    """How far beyond the other side's touch an order of the hedge may pay."""
    patience: Duration = 5 * SECOND_NS
    """How long more than the threshold may be open before nothing is quoted that would make it more."""


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
    model: ModelSettings | None = None
    hedge: HedgeSettings | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    """`[params]`: what the strategy itself takes, see below."""
    detectors: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """`[detectors.KIND]`: a detector's parameters for this strategy, see below."""
    replay: StrategyReplay = StrategyReplay()
