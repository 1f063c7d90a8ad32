"""The model of bot.toml."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from bot.config.params import MINUTE_NS, SECOND_NS, Duration, Exact, Params
from bot.config.services import LogSettings, MetricsSettings, MqttSettings, NotifySettings, RetentionSettings


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


class ExposureGroup(Params):
    """[risk.exposure.NAME]: products that move together, and how much of them the account may carry one way."""

    weights: Annotated[dict[str, Exact], Field(min_length=1)]
    """Product → how many dollars of the group's usual member a dollar of it moves like; below 0: the other way."""
    max_usd: Exact = Field(gt=0)
    """Worth times weight, held, working and wanted, in one direction."""


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
    max_gross_notional_usd: Exact = Field(Decimal("2000000"), gt=0)
    """What all instruments together are worth, long and short added: held, working and wanted."""
    max_net_notional_usd: Exact = Field(Decimal("1500000"), gt=0)
    """The same in the direction of the entry, what is held the other way taken off."""
    exposure: dict[str, ExposureGroup] = Field(default_factory=dict)
    """Groups of products that move together, by name: `[risk.exposure.NAME]`."""
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
    """Beyond so much the oldest recorded tapes are deleted; where those of the last day are more, recording stops."""


class DaemonSettings(Params):
    """[daemon]: the process in which a desk runs."""

    wedged_after: Duration = Field(30 * SECOND_NS, gt=0)
    """Where nothing moves for this long (a strategy that does not return), the process starts itself again."""


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
    mqtt: MqttSettings = MqttSettings()
    metrics: MetricsSettings = MetricsSettings()
    notify: NotifySettings = NotifySettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()
    adapters: dict[str, dict[str, Any]] = Field(default_factory=lambda: {"replay": {"tape": "demo"}})
    """`[adapters.NAME]`: what the adapter of that name takes, see below."""
    detectors: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """`[detectors.KIND]`: a detector's parameters for every strategy, see below."""
