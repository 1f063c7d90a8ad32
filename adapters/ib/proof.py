"""Who answers, and whether the account is paper: the words for a person when it is not, or when nobody answers."""

import re

from adapters.ib.params import Params
from adapters.ib.wire import Greeting
from bot.domain.order import NO_PAPER, SILENT
from bot.errors import ConfigError, Locked, NotPaper, Unreachable

PAPER = re.compile(r"^D[UF]\d+$")
"""Ids of paper accounts; a live one is `U…` or `F…`."""
LIVE_PORTS = {4001: "Gateway's", 7496: "TWS's"}
"""By custom: a port proves nothing, but it may explain."""


def prove(greeting: Greeting, params: Params) -> str:
    """The account to trade, if all of the login are paper. Raises NotPaper; ConfigError where none is chosen."""
    wish, where = params.account, f"{params.host}:{params.port}"
    strangers = [account for account in greeting.accounts if not PAPER.match(account)]
    missing = bool(wish) and wish not in greeting.accounts
    if strangers or not greeting.accounts or missing:
        seen = ", ".join(strangers or greeting.accounts) or "unknown"
        what = f"account {seen} {NO_PAPER}" if not missing or strangers else f"{wish} is not among {seen}"
        raise NotPaper(
            f"{what}{_live(params)}; nothing was sent",
            where=where,
            allowed="DU… or DF… on every account of the login",
            do="log the gateway in with the paper user (its usual port is 4002, TWS's 7497)",
        )
    if not wish and len(greeting.accounts) > 1:
        raise ConfigError(
            f"the login has {len(greeting.accounts)} paper accounts and none is chosen",
            where=where,
            allowed=", ".join(greeting.accounts),
            do='set account = "DU…" under [adapters.ib]',
        )
    return wish or greeting.accounts[0]


def unanswered(error: OSError, params: Params, held: str, deadline_s: float) -> Unreachable | Locked:
    """What to say of a connection that did not come to a greeting; `held`: the gateway's words on our client id."""
    where = f"{params.host}:{params.port}"
    if held:
        return Locked(
            f"client id {params.client_id} is in use at the gateway ({held})",
            where=where,
            do="stop the other program that has it (a second paperpit?), wait a minute if the gateway has just "
            "restarted, or set [adapters.ib] client_id to one of your own; orders belong to the id that sent them",
        )
    check = (
        "is the gateway running, is its port this one (4002: Gateway paper, 7497: TWS paper, 4004 inside a container), "
        'is "Enable ActiveX and Socket Clients" ticked?'
    )
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(f"nobody listens{_live(params)}", where=where, do=check)
    if isinstance(error, TimeoutError):
        return Unreachable(
            f"{SILENT} within {deadline_s:g} s{_live(params)}",
            where=where,
            do="is anybody logged in at the gateway (a container's port is open before), and is it an IB gateway?",
        )
    return Unreachable(f"no IB gateway answers: {error or type(error).__name__}{_live(params)}", where=where, do=check)


def _live(params: Params) -> str:
    return f"; {params.port} is {LIVE_PORTS[params.port]} live port" if params.port in LIVE_PORTS else ""
