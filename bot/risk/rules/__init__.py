"""The rules of the gate, in the order in which their reasons are told."""

from bot.risk.context import Rule
from bot.risk.rules.account import Healthy, KillSwitch, LinkUp, OpenHouse, Paper, Pause, Reconciled
from bot.risk.rules.bracket import BracketRisk, Grid, OrderSize, RewardRisk, StopDistance
from bot.risk.rules.exposure import BracketsPerDay, DailyLoss, OpenBrackets, Opposite, Position
from bot.risk.rules.intent import Duplicate, Freshness
from bot.risk.rules.market import Band, Collar, FeedLive, Guard, Roll, Spread, Stale
from bot.risk.rules.time import InBlackout, InHours

ALL: tuple[type[Rule], ...] = (
    Paper,
    KillSwitch,
    Pause,
    Reconciled,
    Healthy,
    OpenHouse,
    LinkUp,
    FeedLive,
    Roll,
    InHours,
    InBlackout,
    Stale,
    Spread,
    Collar,
    Band,
    Grid,
    StopDistance,
    RewardRisk,
    OrderSize,
    BracketRisk,
    Position,
    Opposite,
    OpenBrackets,
    BracketsPerDay,
    DailyLoss,
    Duplicate,
    Freshness,
)
"""Every rule without a parameter; guards are added when the first one is heard of."""

STANDING = (
    *(Paper, KillSwitch, Pause, Reconciled, Healthy, OpenHouse, LinkUp, FeedLive, Roll, InHours, InBlackout, Stale),
    *(BracketsPerDay, DailyLoss, Guard),
)
"""Rules that refuse whatever is wanted: they tell why nobody trades just now."""

__all__ = ["ALL", "STANDING", "Guard"]
