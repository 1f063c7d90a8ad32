"""A live run against its replay: what only a broker can say is no difference, and every other one says why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.command import Command
from bot.domain.decision import Blocked, Reason
from bot.domain.instrument import Instrument
from bot.domain.order import OrderReport, OrderState
from bot.journal.diff import differences
from bot.journal.place import place
from bot.journal.reading import reading
from tests.rooms.journal.build import CL, ES, Told, Wall, writer

LIVE, AGAIN = "live", "again"
LINK = Reason("link", "the link to the broker is down: socket closed", {"link": "down", "code": "socket closed"})
POSITION = Reason("position", "2 of ES held, limit 1", {"position": 2})
LOSS = Reason("daily_loss", "this could lose 400 today, limit 300", {})
BOT = "seed = 1\n[risk]\nmax_daily_loss_usd = 300\n"

Say = Callable[[Told], None]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'journal.db'}"


def at_ib(url: str, say: Say, **facts: Any) -> None:
    _run(url, LIVE, say, **{"adapter": "ib", "account": "DU1234567", "fill_model": "ib-paper", **facts})


def again(url: str, say: Say, **facts: Any) -> None:
    _run(url, AGAIN, say, **{"fill_model": "ib-paper", **facts})


def _run(url: str, name: str, say: Say, **facts: Any) -> None:
    config = {"bot.toml": BOT, "strategies/lesson.toml": "name = 'lesson'\n"} | facts.pop("config", {})
    tapes = facts.pop("tapes", [{"name": "t", "rows": 1, "last_ns": 2 * 10**18}] if name == AGAIN else [])
    seen = facts.pop("rows", 360)
    with writer(url, run=name, wall=Wall(start=10**18 + len(name)), config=config, tapes=tapes, **facts) as journal:
        say(Told(journal))
        journal.finish({"rows": seen, "run": name})


def compared(url: str, a: str = LIVE, b: str = AGAIN) -> list[tuple[str, str]]:
    with reading(place(url)) as reader:
        one, other = reader.choose(a)[0], reader.choose(b)[0]
        found = differences(reader, one, reader, other)
    json.dumps(found)  # a program gets them as they are
    return [(one["kind"], one["why"]) for one in found]


def won(told: Told, *, entry: float = 690, price: int = 16808) -> None:
    bracket = told.bracket(660)
    told.fill(bracket.entry, entry, 16802)
    told.fill(bracket.target, 1550, price)
    told.closed(bracket, 1550, 1, 6, "target")


def refused(told: Told, seconds: float, *reasons: Reason) -> None:
    signal = told.signal(seconds)
    told.journal.decision(told.journal.next_id(), Blocked(told.proposal(signal), signal.known, reasons))


def test_what_only_a_broker_says_is_no_difference(url: str) -> None:
    def live(told: Told) -> None:
        journal = told.journal
        journal.mode_change("trading", ["started"], told.at(0))
        journal.link_event("up", told.at(0), "")
        journal.heartbeat(told.at(1))
        won(told, entry=690.4)
        journal.command(Command("pause", "n1", told.at(1600)), "paused: everything")
        journal.control("pause//", True, told.at(1600), "lunch")
        journal.anomaly("crossed", 3, told.at(0))

    at_ib(url, live)
    again(url, won)
    assert compared(url) == []


def test_acknowledgements_and_other_ids_are_no_difference(url: str) -> None:
    def live(told: Told) -> None:
        bracket = told.bracket(660)
        told.journal.order_event(OrderReport(bracket.stop.client_order_id, OrderState.WORKING, told.at(661), "900001"))

    at_ib(url, live)
    again(url, lambda told: (told.journal.next_id(), told.bracket(660), None)[-1])
    assert compared(url) == []


def test_a_fill_that_the_model_does_not_make_is_the_fill_models(url: str) -> None:
    at_ib(url, won, fill_model="queue")
    again(url, lambda told: (told.bracket(660), None)[-1])
    ((kind, why),) = compared(url)
    assert kind == "fill-model"
    assert "the long bracket in ES of 13:41:00.250Z: entry 1 at 4200.50, 13:41:30.000Z, by ib (queue) in A" in why
    assert "in A, not filled by the model ib-paper in B" in why


@pytest.mark.parametrize(
    ("entry", "price", "kinds"), [(691.0, 16808, []), (691.1, 16808, ["late-fill"]), (690, 16807, ["fill-model"])]
)
def test_another_price_is_the_fill_models_and_another_time_is_late(
    url: str, entry: float, price: int, kinds: list[str]
) -> None:
    at_ib(url, lambda told: won(told, entry=entry, price=price))
    again(url, won)
    assert [kind for kind, _ in compared(url)] == kinds


def test_what_follows_from_a_fill_is_named_as_its_consequence(url: str) -> None:
    # given a position that only the broker gave us, and that stood in the way of the next entry
    def live(told: Told) -> None:
        told.fill(told.bracket(660).entry, 690, 16802)
        refused(told, 900, POSITION)

    def replayed(told: Told) -> None:
        told.bracket(660)
        won_later = told.bracket(900)
        told.fill(won_later.entry, 910, 16802)

    at_ib(url, live)
    again(url, replayed)
    first, second = compared(url)
    assert first[0] == second[0] == "fill-model"
    assert "a consequence of the long bracket in ES of 13:41:00.250Z" in second[1]
    assert "refused by position in A and let through in B" in second[1]


def test_the_same_verdict_before_a_fill_is_nobodys_consequence(url: str) -> None:
    def live(told: Told) -> None:
        refused(told, 600, POSITION)
        won(told)

    def replayed(told: Told) -> None:
        told.bracket(600)
        told.bracket(660)

    at_ib(url, live)
    again(url, replayed)
    assert (
        "decision",
        "lesson in ES at 13:40:00.250Z was refused by position in A and let through in B: nothing explains it",
    ) in (compared(url))


def test_a_rule_that_only_a_live_desk_has_is_the_kind(url: str) -> None:
    at_ib(url, lambda told: refused(told, 600, LINK))
    again(url, lambda told: (told.bracket(600), None)[-1])
    ((kind, why),) = compared(url)
    assert kind == "link"
    assert "the link to the broker is down: socket closed" in why


def test_a_signal_that_only_one_saw_explains_its_proposal(url: str) -> None:
    at_ib(url, lambda told: refused(told, 600, POSITION))
    again(url, lambda told: None)
    (seen, decided) = compared(url)
    assert seen == ("signal", "signal absorption_rejection in ES at 13:40:00.000Z only in A")
    assert decided[0] == "signal"
    assert "a consequence of the absorption_rejection signal in ES of 13:40:00.000Z" in decided[1]


def test_ticks_that_one_did_not_see_come_first_and_explain_signals(url: str) -> None:
    at_ib(url, lambda told: (told.signal(5), None)[-1], rows=361)
    again(url, lambda told: None)
    assert compared(url) == [
        ("missed-tick", "361 ticks in A, 360 in B"),
        (
            "missed-tick",
            "signal absorption_rejection in ES at 13:30:05.000Z only in A: a consequence of the 1 tick that B did not "
            "see",
        ),
    ]


def test_ticks_after_the_recording_had_stopped_are_the_recordings(url: str) -> None:
    at_ib(url, lambda told: told.journal.control("recording", "stopped", told.at(5), "the disk is full"), rows=361)
    again(url, lambda told: None)
    assert compared(url) == [("recording", "361 ticks in A, 360 in B")]


def test_a_pause_is_a_difference_as_soon_as_something_follows_from_it(url: str) -> None:
    paused = Reason("pause", "every entry is paused: lunch", {})

    def live(told: Told) -> None:
        told.journal.command(Command("pause", "n1", told.at(500), "lunch"), "paused: everything")
        refused(told, 600, paused)

    at_ib(url, live)
    again(url, lambda told: (told.bracket(600), None)[-1])
    told, decision = compared(url)
    assert told == ("pause", "the pause at 13:38:20.000Z (lunch), which only A was told")
    assert decision[0] == "pause"
    assert decision[1].endswith(f"a consequence of {told[1]}")


def test_a_calendar_that_only_one_took_up_explains_a_blackout(url: str) -> None:
    def live(told: Told) -> None:
        told.journal.control("calendar", "events", told.at(500), "the calendar has changed: 1 cpi")
        refused(told, 600, Reason("blackout", "consumer prices", {}))

    at_ib(url, live)
    again(url, lambda told: (told.bracket(600), None)[-1])
    assert [kind for kind, _ in compared(url)] == ["calendar", "calendar"]
    assert compared(url)[0][1] == "the calendar of 13:38:20.000Z, which only A took up"


def test_a_broker_that_does_not_tell_its_model_fills_late_or_otherwise(url: str) -> None:
    at_ib(url, lambda told: won(told, entry=720), fill_model="")
    again(url, won)
    assert [kind for kind, _ in compared(url)] == ["late-fill"]


def test_what_an_earlier_run_of_the_account_did_counts_there(url: str) -> None:
    _run(url, "morning", won, adapter="ib", account="DU1234567")
    at_ib(url, lambda told: refused(told, 600, LOSS))
    again(url, lambda told: (told.bracket(600), None)[-1])
    ((kind, why),) = compared(url)
    assert kind == "account"
    assert "an earlier run" in why


def test_a_signal_must_be_the_same(url: str) -> None:
    at_ib(url, lambda told: (told.signal(5), None)[-1])
    again(url, lambda told: None)
    assert compared(url) == [("signal", "signal absorption_rejection in ES at 13:30:05.000Z only in A")]


def test_a_signal_after_the_tapes_end_is_the_recordings(url: str) -> None:
    at_ib(url, lambda told: (told.bracket(5), None)[-1])
    again(url, lambda told: None, tapes=[{"name": "t", "rows": 1, "last_ns": Told(None).at(5)}])  # type: ignore[arg-type]
    assert [kind for kind, _ in compared(url)] == ["recording", "recording"]


def test_another_proposal_is_unexplained(url: str) -> None:
    at_ib(url, lambda told: (told.bracket(660, stop=3), None)[-1])
    again(url, lambda told: (told.bracket(660, stop=4), None)[-1])
    assert compared(url) == [("decision", "another proposal of lesson: stop is 16799 in A, 16798 in B")]


@pytest.mark.parametrize(
    ("facts", "kind", "told"),
    [
        (
            {"config": {"bot.toml": BOT.replace("300", "200")}},
            "config",
            "risk.max_daily_loss_usd is 300 in A, 200 in B",
        ),
        ({"config": {"bot.toml": BOT + '[adapters.replay]\ntape = "t"\n'}}, "", ""),
        (
            {"config": {"strategies/lesson.toml": "name = 'other'\n"}},
            "config",
            "strategies/lesson.toml: not the same text",
        ),
        ({"calendar": "none 1"}, "calendar", "calendar is 'shipped' in A"),
        ({"warm": "abc"}, "warm", "warm is '' in A, 'abc' in B"),
        ({"instruments": (ES,)}, "config", "CL only in A"),
        (
            {"instruments": (Instrument("ES", ES.tick, ES.tick_value, contract="ESU2023", exchange="CME"), CL)},
            "roll",
            "ES: contract is 'ESM2023' in A, 'ESU2023' in B",
        ),
    ],
)
def test_what_the_runs_were_made_of_comes_first(url: str, facts: dict[str, Any], kind: str, told: str) -> None:
    at_ib(url, lambda told: None)
    again(url, lambda told: None, **facts)
    found = compared(url)
    assert [one for one, _ in found] == [kind] * bool(kind)
    assert all(told in why for _, why in found)
