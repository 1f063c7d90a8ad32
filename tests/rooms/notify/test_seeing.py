"""What is wrong, read from a desk's status and its journal's rows."""

from typing import Any

import pytest

from bot.config.services import NotifySettings
from bot.daemon.daemon import _NOBODY
from bot.domain.order import SILENT
from bot.journal import rows
from bot.journal.tail import New
from bot.notify.notice import SECOND_NS
from bot.notify.seeing import Look, happened, troubles, visible

NOW = 1_800_000_000 * SECOND_NS
HALF_AN_HOUR = 1_800 * SECOND_NS
USUAL = NotifySettings(before_session=HALF_AN_HOUR)
HOUR_NS = 3_600 * SECOND_NS


def look(*, stands: bool = True, sessions: Any = ((NOW - HOUR_NS, NOW + HOUR_NS),), **told: Any) -> Look:
    """A desk that is well, but for what is told; keys of `Look` or of its status."""
    well = {**_NOBODY, "state": "trading", "mode": "trading", "reasons": [], "link": "up"}
    mine = {key: told.pop(key) for key in ("free", "backup", "lacking", "ended") if key in told}
    return Look(NOW, {**well, **told}, stands, sessions, **mine)


def closed(rule: str, message: str = "why", mode: str = "no-entries") -> dict[str, Any]:
    """A desk that one cause closes."""
    return {"mode": mode, "causes": [{"rule": rule, "message": message, "mode": mode, "strategy": ""}]}


def position(state: str, stop: str | None) -> dict[str, Any]:
    """One that is held."""
    what = {"side": "long", "quantity": 2, "contract": "ESM6", "strategy": "drill", "bracket_id": "r-7"}
    return {"positions": [{**what, "state": state, "stop_price": stop}]}


@pytest.mark.parametrize(
    ("seen", "key", "words"),
    [
        (look(**closed("kill_switch", "the kill switch is set: fire")), "kill", "the kill switch is set: fire"),
        (look(**closed("day_end", "the day has lost 500")), "loss-limit", "the day has lost 500"),
        (look(**closed("link", "the link to the broker is down")), "link", "is down"),
        (look(**closed("feed", "ES data is delayed")), "not-ready", "ES data is delayed"),
        (look(**closed("journal", "the journal cannot be written")), "not-ready", "cannot be written"),
        (look(**position("naked", None)), "naked:r-7", "long 2 ESM6 of drill has no working stop"),
        (look(**position("open", None)), "naked:r-7", "no working stop (open)"),
        (look(state="starting", mode="blind"), "not-ready", "first tick"),
        (look(free=10 << 20), "disk", "10 MiB are free"),
        (look(recording="[record] max_gb = 20 is reached"), "recording", "not recorded any more: [record] max_gb = 20"),
        (look(backup="no room"), "backup", "no room"),
        (look(lacking={"FOMC": "2026-12-01"}), "calendar", "FOMC until 2026-12-01"),
        (look(ended="nobody listens"), "ended", "nobody listens"),
        (look(stands=False, state="starting", mode="blind", reasons=["opening"]), "not-ready", "starting; opening"),
        (look(stands=False, state="starting", reasons=[f"{SILENT} within 10 s"]), "login", SILENT),
        (look(stands=False, ended=f"{SILENT} within 10 s"), "login", SILENT),
    ],
)
def test_what_is_wrong_is_seen(seen: Look, key: str, words: str) -> None:
    found = {one.key: one for one in troubles(seen, USUAL)}
    assert words in found[key].what
    assert found[key].do
    assert found[key].about in (*visible(seen), "calendar", "backup")


@pytest.mark.parametrize(
    "seen",
    [
        look(),
        *(look(**closed(rule)) for rule in ("hours", "blackout", "pause", "losses_in_a_row")),
        look(**position("open", "4200.25")),
        look(free=10 << 30, backup=""),
        # the broker's planned pause
        look(**{**closed("link", mode="blind"), "house": ["maintenance"]}),
        # the weekend: nobody has to be ready, and a gateway that restarts is nobody's trouble yet
        look(**closed("feed"), sessions=((NOW + HOUR_NS, NOW + 2 * HOUR_NS),)),
        look(stands=False, state="starting", mode="refused", sessions=((NOW + HOUR_NS, NOW + 2 * HOUR_NS),)),
        # before the exchange opens nothing ticks
        look(state="starting", mode="blind", sessions=((NOW + SECOND_NS, NOW + HOUR_NS),)),
        # between two sessions
        look(stands=False, state="closed", mode="no-entries", reasons=["the next session opens at …"]),
    ],
)
def test_what_is_as_it_should_be_calls_nobody(seen: Look) -> None:
    assert [one.key for one in troubles(seen, USUAL)] == []


def test_a_planned_pause_in_the_session_calls_nobody_and_hides_nothing_else() -> None:
    # given the broker's nightly reset, which closes the desk and leaves its orders uncertain
    causes = [dict(closed(rule, rule, "blind")["causes"][0]) for rule in ("house", "link", "reconciled", "feed")]
    seen = look(mode="blind", causes=causes, house=["maintenance"])
    assert list(troubles(seen, USUAL)) == []
    # then a disk that is full is told all the same, and after the pause so is what lasts
    full = closed("journal", "the journal cannot be written")["causes"]
    (trouble,) = troubles(look(mode="blind", causes=[*causes, *full], house=["maintenance"]), USUAL)
    assert trouble.what == "the desk is not ready: the journal cannot be written"
    assert [one.key for one in troubles(look(mode="blind", causes=causes), USUAL)] == ["link", "not-ready"]


def test_half_an_hour_before_the_exchange_opens_the_desk_should_be_ready() -> None:
    soon = ((NOW + HALF_AN_HOUR, NOW + HOUR_NS),)
    seen = look(stands=False, state="starting", mode="refused", reasons=["nobody listens"], sessions=soon)
    (trouble,) = troubles(seen, USUAL)
    assert trouble.what == "the desk is not ready: starting; nobody listens"
    assert not list(troubles(seen, NotifySettings(before_session=HALF_AN_HOUR - 1)))


def test_a_strategy_that_is_asked_no_more_is_told_though_others_trade() -> None:
    failed = closed("failed", "strategy drill is asked no more today")
    (trouble,) = troubles(look(**{**failed, "mode": "trading"}), USUAL)
    assert "drill is asked no more" in trouble.what


def test_what_happened_between_two_looks_stands_in_the_journal() -> None:
    kill = rows.Control(8, "r", "kill", "true", NOW, "flatten: fire", "")
    new = [
        New(7, "bracket_event", rows.BracketEvent(7, "r", "r-7", "naked", NOW, "the stop is gone")),
        New(8, "control", kill),
        New(9, "control", kill._replace(seq=9, value="false")),
        New(10, "control", kill._replace(seq=10, key="day_end", value="20260527", why="the day has lost 500")),
    ]
    told = {one.key: (one.what, one.since_ns) for one in happened(new)}
    assert told == {
        "naked:r-7": ("bracket r-7 has no working stop (naked): the stop is gone", NOW),
        "kill": ("the kill switch is set: flatten: fire", NOW),
        "loss-limit": ("the day's loss limit is reached: the day has lost 500", NOW),
    }


def test_without_a_desk_nobody_knows_what_only_it_knows() -> None:
    assert {"kill", "loss-limit", "link", "naked"} & set(visible(look(stands=False))) == set()
    assert "link" not in visible(look(house=["maintenance"]))
