"""How near the account is to each limit that the day uses up: what `status` and the page about health show.

It measures as the rules of `bot.risk.rules` do, before any further entry; they alone decide.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.config.bot_file import RiskSettings
from bot.domain.decision import Fact
from bot.domain.hedge import LegRisk
from bot.domain.instrument import Instrument
from bot.risk.context import Context
from bot.risk.day import ZERO, Day
from bot.risk.ledger import Ledger

SECOND_NS = 1_000_000_000


def room(
    ledger: Ledger,
    day: Day,
    settings: RiskSettings,
    instruments: Sequence[Instrument],
    asked: Iterable[str],
    legs: Mapping[str, LegRisk | None],
    now: int,
) -> list[dict[str, Any]]:
    """Each rule with what of its limit is used at `now` (ns UTC): money and R as decimal text, counts as numbers.

    `of` is the strategy or the product whose limit it is, empty for the account's; `asked` are the strategies, `legs`
    what of their inventories is not hedged.
    """
    lost, fallen = max(ZERO, ledger.risk - day.net), max(ZERO, ledger.risk + day.best - day.net) if day.best else ZERO
    lost_r = max(ZERO, ledger.risk_r - day.r)
    found = [
        _row("daily_loss", "", str(lost), str(settings.max_daily_loss_usd), "USD"),
        _row("daily_loss_r", "", f"{lost_r:.2f}", str(settings.max_daily_loss_r), "R"),
        _row("drawdown", "", str(fallen), str(settings.max_drawdown_usd), "USD"),
        _row("open_brackets", "", len(ledger.open), settings.max_open_brackets),
        _row("brackets_per_minute", "", ledger.sent_within(now), settings.max_brackets_per_minute),
        _row("brackets_per_day", "", day.brackets, settings.max_brackets_per_day),
        _row("losses_in_a_row", "", ledger.trips.losses("", now), settings.max_losses_in_a_row_all),
    ]
    found += _exposure(ledger, settings)
    for name in sorted(asked):
        found.append(_row("brackets_per_strategy", name, day.sent[name], settings.max_brackets_per_strategy))
        found.append(_row("losses_in_a_row", name, ledger.trips.losses(name, now), settings.max_losses_in_a_row))
    for name, leg in legs.items():
        if leg is not None:
            found.append(_row("leg_risk", name, (now - leg.since_ns) / SECOND_NS, leg.patience_ns / SECOND_NS, "s"))
    return [*found, *_positions(ledger, instruments)]


def _exposure(ledger: Ledger, settings: RiskSettings) -> Iterator[dict[str, Any]]:
    """The larger of both directions, where there are two."""
    net = max(ledger.carried(1), ledger.carried(-1))
    yield _row("gross_exposure", "", f"{ledger.gross():.2f}", str(settings.max_gross_notional_usd), "USD")
    yield _row("net_exposure", "", f"{net:.2f}", str(settings.max_net_notional_usd), "USD")
    for name, group in settings.exposure.items():
        most = max(ledger.carried(way, group.weights) for way in (1, -1))
        yield _row("correlated_exposure", name, f"{most:.2f}", str(group.max_usd), "USD")


def _positions(ledger: Ledger, instruments: Sequence[Instrument]) -> Iterator[dict[str, Any]]:
    for at, one in enumerate(instruments):
        yield _row("position", one.product, ledger.most(at), one.max_position)


def _row(rule: str, of: str, used: object, limit: object, unit: str = "") -> dict[str, Any]:
    return {"rule": rule, "of": of, "used": used, "limit": limit, "unit": unit}


def left(ctx: Context) -> dict[str, Fact]:
    """How far each limit was at the moment of approval."""
    return {
        "spread_ticks": ctx.book.ask - ctx.book.bid,
        "quote_age_ms": (ctx.now - ctx.book.ts) // 10**6,
        "open_brackets": len(ctx.ledger.open),
        "brackets_today": ctx.day.brackets,
        "net_today": str(ctx.day.net),
        "open_risk": str(ctx.ledger.risk),
        "loss_limit": str(ctx.settings.max_daily_loss_usd),
    }


def so_far(ledger: Ledger, day: Day, settings: RiskSettings, instrument: int) -> dict[str, Fact]:
    """The day up to now, what the account carries, and what is held of an instrument."""
    return {
        "net": str(day.net),
        "loss_used": str(max(ZERO, ledger.risk - day.net)),
        "loss_limit": str(settings.max_daily_loss_usd),
        "r": float(day.r),
        "fallen": str(day.best - day.net),
        "open_risk": str(ledger.risk),
        "open_brackets": len(ledger.open),
        "brackets_today": day.brackets,
        "position": ledger.position[instrument],
    }
