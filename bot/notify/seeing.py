"""Troubles: of what the desk says of itself now, and of what its journal got since the last look."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from bot.config.services import Notice as About
from bot.config.services import NotifySettings
from bot.domain.command import DAY_END, KILL
from bot.domain.mode import Mode
from bot.domain.order import IN_DANGER, NEEDS_LOGIN
from bot.journal import rows
from bot.journal.tail import New
from bot.notify.notice import SECOND_NS, Trouble

READY_NS = 60 * SECOND_NS
NAKED_NS = 5 * SECOND_NS
"""A stop is put back within a second or two; what takes longer is seen by a person."""
LEAVING_NS = 60 * SECOND_NS
DISK_LEAST = 1 << 30
TOLD_AFTER_NS = 15 * 60 * SECOND_NS
"""So long after a session's end its run has told of it."""
EXPECTED = frozenset(
    {
        *("hours", "blackout", "pause", "cooldown", "losses_in_a_row"),
        *("brackets_per_minute", "brackets_per_strategy", "brackets_per_day", "stop"),
        *("link", "kill_switch", "day_end", "daily_loss", "daily_loss_r", "drawdown"),
    }
)
"""What closes a desk that is well: the market, its own rules, a person; or what has a notice of its own."""
AWAY = frozenset({"house", "reconciled", "feed"})
"""What closes it besides while the broker is away on purpose."""
KINDS = (rows.BracketEvent, rows.Control)
"""Rows that a trouble is read from."""


@dataclass(frozen=True, slots=True)
class Look:
    """What can be seen at one moment, ns UTC."""

    now_ns: int
    status: Mapping[str, Any]
    """What `paperpit status` says."""
    stands: bool
    """Whether a desk stands; else nobody knows its link, its positions, its switches."""
    sessions: Sequence[tuple[int, int]] = ()
    """When the exchange opens and closes, in order; empty while that is not known."""
    free: int | None = None
    """Bytes free where the journal is; None: it is elsewhere."""
    backup: str | None = None
    """Why the journal's last copy could not be made; empty: it was. None: no run has ended yet."""
    lacking: Mapping[str, str] = field(default_factory=dict)
    """Kind of event → until when its dates are known, of those that are known too short."""
    ended: str = ""
    """Why the process ends, where that was nobody's wish."""


def troubles(look: Look, settings: NotifySettings) -> Iterator[Trouble]:
    """What is wrong now, by what the settings say of when the desk should be ready and of a link that is down."""
    status, causes = look.status, look.status.get("causes", ())
    if look.stands:
        yield from _closed(status, causes, settings.link_after)
        yield from _naked(status)
    why = "; ".join([*status["reasons"], *([look.ended] if look.ended else [])])
    if any(words in why for words in NEEDS_LOGIN):
        yield Trouble("login", "login", f"the gateway wants a login: {why}", "log in at the gateway; paperpit doctor")
    if words := _not_ready(look, causes, settings.before_session):
        do = "paperpit status; paperpit doctor"
        yield Trouble("not-ready", "not-ready", f"the desk is not ready: {words}", do, patience_ns=READY_NS)
    if look.ended:
        yield Trouble("not-ready", "ended", f"the desk has ended: {look.ended}", "paperpit doctor; paperpit run")
    yield from _around(look)


def visible(look: Look) -> Collection[About]:
    """What `troubles` would show if it were there."""
    seen: set[About] = {"not-ready", "login", "disk", "backup"}
    if look.stands:
        seen |= {"kill", "loss-limit", "link", "naked", "calendar"}
    if look.backup is None:
        seen.discard("backup")
    if _planned(look.status):
        seen.discard("link")
    return seen


def _planned(status: Mapping[str, Any]) -> bool:
    """Whether the broker is away on purpose: nobody has to be called for that."""
    return "maintenance" in status.get("house", ())


def happened(new: Sequence[New]) -> Iterator[Trouble]:
    """What the journal says went wrong meanwhile, be it over by now."""
    for _, _, row in new:
        if isinstance(row, rows.BracketEvent) and row.state in IN_DANGER:
            yield _bare(row.bracket_id, f"bracket {row.bracket_id}", row.state, row.why, row.ts)
        elif isinstance(row, rows.Control) and row.key == KILL and msgspec.json.decode(row.value) is True:
            yield _killed(f"the kill switch is set: {row.why}", row.ts)
        elif isinstance(row, rows.Control) and row.key == DAY_END:
            yield _lost(row.why, row.ts)


def untold_day(look: Look, told_until: int) -> tuple[int, int] | None:
    """The newest session that ended without a run that could tell of it: its open and close; None where there is none.

    A run ends soon after its session, or goes on while a position lives.
    """
    over = [session for session in look.sessions if session[1] + TOLD_AFTER_NS <= look.now_ns]
    return over[-1] if over and not look.stands and told_until and told_until < over[-1][0] else None


def _closed(status: Mapping[str, Any], causes: Sequence[Mapping[str, Any]], link_after: int) -> Iterator[Trouble]:
    """What closes the desk and is worth a call."""
    words = {str(one["rule"]): str(one["message"]) for one in causes}
    if (why := words.get("kill_switch")) is not None:
        yield _killed(why)
    lost = next((words[rule] for rule in ("day_end", "daily_loss", "daily_loss_r", "drawdown") if rule in words), None)
    if lost is not None:
        yield _lost(lost)
    if "link" in words and not _planned(status):
        do = "see that the gateway runs and is logged in; positions stay under their stops at the broker"
        yield Trouble("link", "link", words["link"], do, patience_ns=link_after)


def _killed(words: str, ts: int = 0) -> Trouble:
    do = 'paperpit status; when all is well: paperpit resume --clear-kill --reason "…"'
    return Trouble("kill", "kill", words, do, ts)


def _lost(why: str, ts: int = 0) -> Trouble:
    do = "nothing: entries open again with the next trading day; paperpit journal report --day today"
    return Trouble("loss-limit", "loss-limit", f"the day's loss limit is reached: {why}", do, ts)


def _naked(status: Mapping[str, Any]) -> Iterator[Trouble]:
    for one in status["positions"]:
        danger = one["state"] in IN_DANGER
        if danger or one["stop_price"] is None:
            what = f"{one['side']} {one['quantity']} {one['contract']} of {one['strategy']}"
            # One that is leaving has given its stop up; that takes a moment.
            yield _bare(str(one["bracket_id"]), what, str(one["state"]), patience=NAKED_NS if danger else LEAVING_NS)


def _bare(bracket: str, what: str, state: str, why: str = "", ts: int = 0, patience: int = NAKED_NS) -> Trouble:
    because = f": {why}" if why else ""
    words = f"{what} has no working stop ({state}){because}"
    do = "look at the broker's own screen and protect or close it there; paperpit status; paperpit flatten --yes"
    return Trouble("naked", f"naked:{bracket}", words, do, ts, patience)


def _not_ready(look: Look, causes: Sequence[Mapping[str, Any]], before_session: int) -> str:
    """Why the desk does not trade though the exchange does or soon will; empty where nothing is wrong with that."""
    now, status = look.now_ns, look.status
    near = not look.sessions or any(opens - before_session <= now < closes for opens, closes in look.sessions)
    if not near:
        return ""
    if not look.stands:
        # Until it is time, a desk between two sessions only waits.
        waits = status["state"] == "closed" and status["mode"] != Mode.REFUSED.value
        return "" if waits else "; ".join([str(status["state"]), *status["reasons"]])
    trades = not look.sessions or any(opens <= now < closes for opens, closes in look.sessions)
    if status["state"] == "starting" and trades:
        return "it waits for the market's first tick"
    expected = EXPECTED | AWAY if _planned(status) else EXPECTED
    found = [one for one in causes if one["rule"] not in expected]
    everybody = status["mode"] != Mode.TRADING.value
    return "; ".join(dict.fromkeys(str(one["message"]) for one in found if everybody or one["rule"] == "failed"))


def _around(look: Look) -> Iterator[Trouble]:
    """What is not the desk's, and ends it if nobody looks after it."""
    if look.lacking:
        known = ", ".join(f"{kind} until {until}" for kind, until in look.lacking.items())
        what = f"the event calendar ends soon: {known}; afterwards every hour stays closed"
        yield Trouble("calendar", "calendar", what, "paperpit calendar check; paperpit calendar import FILE")
    if look.free is not None and look.free < DISK_LEAST:
        what = f"the journal's disk is nearly full: {look.free >> 20} MiB are free"
        yield Trouble("disk", "disk", what, "make room: a journal that cannot be written closes entries")
    if (why := look.status["recording"]) and why is not True:
        do = "make room, or raise [record] max_gb; the next run records again"
        yield Trouble("disk", "recording", f"ticks are not recorded any more: {why}", do)
    if look.backup:
        yield Trouble("backup", "backup", f"the journal's copy failed: {look.backup}", "paperpit doctor disk journal")
