"""The rules of the gate, in the order in which their reasons are told."""

from bot.risk.context import Rule
from bot.risk.rules.account import Foreign, Healthy, KillSwitch, LinkUp, OpenHouse, Paper, Pause, Reconciled
from bot.risk.rules.bracket import BracketRisk, Grid, OrderSize, RewardRisk, StopDistance
from bot.risk.rules.exposure import Margin, Notional, OpenBrackets, Opposite, Position
from bot.risk.rules.hedge import Leg
from bot.risk.rules.intent import Duplicate, Freshness
from bot.risk.rules.loss import DailyLoss, DailyLossR, DayEnd, Drawdown
from bot.risk.rules.market import Band, Collar, Expiry, FeedLive, Guard, Roll, Spread, Stale
from bot.risk.rules.model import Model
from bot.risk.rules.pace import BracketsPerDay, BracketsPerMinute, BracketsPerStrategy, Cooldown, LossesInARow
from bot.risk.rules.portfolio import CorrelatedExposure, GrossExposure, NetExposure
from bot.risk.rules.time import InBlackout, InHours

_WHOEVER = (
    *(Paper, KillSwitch, Pause, Reconciled, Foreign, Healthy, OpenHouse, LinkUp, FeedLive),
    *(Roll, Expiry, InHours, InBlackout, Stale),
)
_PACE = (BracketsPerMinute, BracketsPerStrategy, BracketsPerDay, LossesInARow, Cooldown)
_LOSS = (DayEnd, DailyLoss, DailyLossR, Drawdown)

ALL: tuple[type[Rule], ...] = (
    *_WHOEVER,
    *(Spread, Collar, Band, Grid, StopDistance, RewardRisk, OrderSize, BracketRisk, Notional),
    *(Position, Margin, Opposite, OpenBrackets),
    *(GrossExposure, NetExposure, CorrelatedExposure),
    *_PACE,
    *_LOSS,
    *(Duplicate, Freshness, Model, Leg),
)
"""Every rule without a parameter; guards are added when the first one is heard of."""

STANDING = (*_WHOEVER, *_PACE, *_LOSS, Guard)
"""Rules that refuse whatever is wanted: they tell why nobody trades just now."""

QUOTING = (
    *_WHOEVER,
    *(Spread, Collar, Band, Grid, StopDistance, OrderSize, BracketRisk, Notional, Position, Margin),
    *(GrossExposure, NetExposure, CorrelatedExposure),
    *(Cooldown, *_LOSS, Freshness, Guard, Leg),
)
"""Rules for a maker's quote that may enlarge what is held. Left out is what counts brackets or opinions: a maker stands
on both sides on purpose, comes again and again, and gains a part of what its stop risks."""

REDUCING = (
    *(Paper, KillSwitch, Reconciled, Foreign, Healthy, LinkUp, FeedLive, Stale),
    *(Spread, Collar, Band, Grid, OrderSize, Freshness),
)
"""Rules for a quote that can only make a position smaller: what closes entries leaves exits alone."""

__all__ = ["ALL", "QUOTING", "REDUCING", "STANDING", "Guard"]
