"""[adapters.ib] of bot.toml."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from adapters.ib.pauses import window
from bot.config import Params as BaseParams


class Params(BaseParams):
    """[adapters.ib] of bot.toml."""

    host: str = "127.0.0.1"
    """Where IB Gateway or TWS listens."""
    port: int = Field(4002, gt=0, lt=65_536)
    """4002 = Gateway's paper port, 7497 = TWS's."""
    client_id: int = Field(17, ge=1)
    """Orders belong to it: keep it. Two programs with one id shut each other out."""
    account: str = ""
    """The paper account to trade (`DU…`, `DF…`); the only one when absent."""
    tick_by_tick: int = Field(3, ge=0)
    """Tick-by-tick subscriptions that the account has: 3 with the usual 100 market-data lines."""
    lines: int = Field(100, ge=1)
    """Market-data lines that the account has; TWS's own watch lists take from them."""
    maintenance: tuple[Annotated[str, BeforeValidator(window)], ...] = ()
    """When the gateway is away on purpose, New York: `["00:15-01:45"]` for IB's nightly reset in North America. No
    entries then; what is held stays under its stop."""
    clock: Literal["auto", "wall"] = "auto"
    """auto: a simulated gateway that plays a tape sets the time; wall: never."""
