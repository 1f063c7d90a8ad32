"""Two runs are the same row by row, or each difference is named by its kind."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.command import Command
from bot.domain.decision import Blocked
from bot.journal import canon, rows
from bot.journal.diff import differences
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.row_diff import KINDS
from tests.rooms.journal.build import CPI, ES, OPENING, Told, Wall, the_lesson, writer


def run(url: str, name: str, *, price: int = 16808, more: Any = None, **facts: Any) -> None:
    """The worked trade, with something changed."""
    with writer(url, run=name, wall=Wall(start=10**18 + len(name)), **facts) as journal:
        told = Told(journal)
        if more:
            more(told)
        bracket = told.bracket(660)
        told.fill(bracket.entry, 690, 16802)
        told.fill(bracket.target, 1550, price)
        told.closed(bracket, 1550, 1, 6, "target")
        journal.finish({"rows": 360, "seconds": len(name), "run": name})


def compared(url: str) -> list[tuple[str, str]]:
    """(kind, why) of every difference between run `a` and run `bb`."""
    with reading(place(url)) as reader:
        one, other = reader.choose("a")[0], reader.choose("bb")[0]
        return [(found["kind"], found["why"]) for found in differences(reader, one, reader, other)]


def test_two_runs_of_one_tape_are_the_same(url: str) -> None:
    run(url, "a")
    run(url, "bb")
    assert compared(url) == []


def test_what_was_no_command_makes_no_difference(url: str) -> None:
    run(url, "a")
    run(url, "bb", more=lambda told: told.journal.control("mqtt.refused", 7, told.at(600), "unsigned: no signature"))
    assert compared(url) == []


def test_what_comes_after_another_setting_follows_from_it(file_url: str) -> None:
    run(file_url, "a", config={"bot.toml": "[risk]\nmax_open_brackets = 2\n"})
    run(file_url, "bb", config={"bot.toml": "[risk]\nmax_open_brackets = 1\n"}, more=lambda told: told.blocked(5))
    config, signal, decision = compared(file_url)
    assert config == ("config", "risk.max_open_brackets is 2 in A, 1 in B")
    # a detector never sees a limit
    assert signal == ("signal", "signal absorption_rejection in ES at 13:30:05.000Z only in B")
    assert decision == (
        "config",
        "decision lesson in ES at 13:30:05.250Z only in B: a consequence of the other risk.max_open_brackets",
    )


def test_a_pause_that_one_run_was_told_comes_before_what_follows_from_it(file_url: str) -> None:
    def paused(told: Told) -> None:
        told.journal.command(Command("pause", "n1", told.at(600), "lunch"), "paused: everything")

    run(file_url, "a", more=paused)
    run(file_url, "bb", price=16809)
    assert compared(file_url) == [
        ("pause", "the pause at 13:40:00.000Z (lunch), which only A was told"),
        (
            "pause",
            "fill target in ES at 13:55:50.000Z: price is 16808 in A, 16809 in B: a consequence of the pause at "
            "13:40:00.000Z (lunch), which only A was told",
        ),
    ]


@pytest.mark.parametrize(
    ("other", "kind", "why"),
    [
        ({"rows": 359}, "missed-tick", "ticks: 360 in A, 359 in B"),
        ({"name": "u", "contract": "ESU2023"}, "tape", "tape: t in A, u in B, and they are not the same ticks"),
    ],
)
def test_other_ticks_and_another_tape_are_not_the_same(
    file_url: str, other: dict[str, Any], kind: str, why: str
) -> None:
    tape = {"name": "t", "contract": "ESM2023", "rows": 360, "first_ns": 1, "last_ns": 9, "hash": "a"}
    run(file_url, "a", tapes=[tape])
    run(file_url, "bb", tapes=[{**tape, "hash": "b", **other}])
    assert compared(file_url) == [(kind, why)]


def test_the_fill_model_is_one_difference_though_the_settings_name_it_too(file_url: str) -> None:
    run(file_url, "a", config={"bot.toml": '[replay]\nfill_model = "queue"\n'})
    run(file_url, "bb", config={"bot.toml": '[replay]\nfill_model = "touch"\n'}, fill_model="touch")
    assert compared(file_url) == [("fill-model", "fill_model is 'queue' in A, 'touch' in B")]


def test_a_text_that_says_the_same_in_other_words_is_not_the_same(file_url: str) -> None:
    run(file_url, "a", config={"bot.toml": "seed = 1\n"})
    run(file_url, "bb", config={"bot.toml": "seed = 1  # as ever\n"})
    assert compared(file_url) == [("config", "bot.toml: not the same")]


def test_another_price_is_a_difference_of_that_fill_alone(file_url: str) -> None:
    run(file_url, "a")
    run(file_url, "bb", price=16809)
    assert compared(file_url) == [("fill", "fill target in ES at 13:55:50.000Z: price is 16808 in A, 16809 in B")]


def test_a_signal_more_shifts_every_id_and_is_still_one_difference(file_url: str) -> None:
    run(file_url, "a")
    run(file_url, "bb", more=lambda told: told.signal(5, kind="sweep"))
    assert compared(file_url) == [("signal", "signal sweep in ES at 13:30:05.000Z only in B")]


def test_a_refusal_less_is_a_decision_and_its_signal(file_url: str) -> None:
    run(file_url, "a", more=lambda told: told.blocked(5))
    run(file_url, "bb")
    assert compared(file_url) == [
        ("signal", "signal absorption_rejection in ES at 13:30:05.000Z only in A"),
        ("decision", "decision lesson in ES at 13:30:05.250Z only in A"),
    ]


def test_another_verdict_is_a_decision(file_url: str) -> None:
    def refuse(told: Told) -> None:
        signal = told.signal(5)
        told.journal.decision(told.journal.next_id(), Blocked(told.proposal(signal), signal.known, (CPI,)))

    def approve(told: Told) -> None:
        told.journal.decision(told.journal.next_id(), told.approved(told.signal(5)), dry=True)

    run(file_url, "a", more=refuse)
    run(file_url, "bb", more=approve)
    ((kind, why),) = compared(file_url)
    assert kind == "decision"
    assert "verdict is 'blocked' in A, 'would-place' in B" in why


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"fill_model": "touch"}, "fill-model"),
        ({"calendar": "none"}, "calendar"),
        ({"config": {"bot.toml": "seed = 2\n"}}, "config"),
        ({"seed": 2}, "config"),
        ({"instruments": (ES,)}, "config"),
    ],
)
def test_what_the_run_was_made_with_has_kinds_of_its_own(file_url: str, facts: dict[str, Any], kind: str) -> None:
    run(file_url, "a")
    run(file_url, "bb", **facts)
    assert {found for found, _ in compared(file_url)} == {kind}


def test_an_order_that_was_never_sent_is_an_order(file_url: str) -> None:
    def flatten(told: Told) -> None:
        told.flatten(told.bracket(5), 6, "time")

    run(file_url, "a", more=lambda told: told.bracket(5))
    run(file_url, "bb", more=flatten)
    assert [kind for kind, _ in compared(file_url)] == ["order"]


def test_of_evidence_only_what_differs_is_told(file_url: str) -> None:
    def seen(strength: float) -> Any:
        def say(told: Told) -> None:
            signal = told.signal(5)
            evidence = {name: value + strength for name, value in signal.evidence.items() if name != "share"}
            told.journal.signal(
                replace(signal, id=told.journal.next_id(), ts=told.at(9), evidence={**evidence, "share": 1.0}),
                "1m",
                "ESM2023",
            )

        return say

    run(file_url, "a", more=seen(0))
    run(file_url, "bb", more=seen(1))
    ((_, why),) = compared(file_url)
    assert why == (
        "signal absorption_rejection in ES at 13:30:09.000Z: evidence.atr_ticks is 3.5 in A, 4.5 in B; "
        "evidence.cluster_low is 16800.0 in A, 16801.0 in B; evidence.volume is 244.0 in A, 245.0 in B"
    )


def test_the_same_rows_in_another_order_are_not_the_same(file_url: str) -> None:
    def one(told: Told) -> None:
        told.journal.link_event("up", OPENING, "")
        told.journal.anomaly("crossed", 1, OPENING)

    def other(told: Told) -> None:
        told.journal.anomaly("crossed", 1, OPENING)
        told.journal.link_event("up", OPENING, "")

    run(file_url, "a", more=one)
    run(file_url, "bb", more=other)
    assert [kind for kind, _ in compared(file_url)] == ["order-of-rows"]


def test_runs_of_two_journals_can_be_compared(tmp_path: Path) -> None:
    for name in ("left", "right"):
        run(str(tmp_path / f"{name}.db"), name)
    with reading(place(str(tmp_path / "left.db"))) as left, reading(place(str(tmp_path / "right.db"))) as right:
        assert differences(left, left.runs[0], right, right.runs[0]) == []


def test_a_run_without_a_trade_differs_by_all_of_it(file_url: str) -> None:
    with writer(file_url, run="a") as journal:
        the_lesson(Told(journal))
        journal.finish({"rows": 360})
    with writer(file_url, run="bb") as journal:
        journal.finish({"rows": 360})
    assert {kind for kind, _ in compared(file_url)} == {"signal", "decision", "order", "fill"}


def test_every_table_that_is_compared_has_a_kind_of_difference() -> None:
    assert rows.TABLES.keys() - canon.UNCOMPARED == KINDS.keys()


def test_a_stop_that_moved_in_one_run_alone_is_an_order(file_url: str) -> None:
    def moved(told: Told) -> None:
        bracket = told.bracket(5)
        told.journal.amendment(bracket.stop.client_order_id, "asked", 16800, None, told.at(9), "trail")

    run(file_url, "a", more=lambda told: told.bracket(5))
    run(file_url, "bb", more=moved)
    assert compared(file_url) == [("order", "amendment asked at 13:30:09.000Z only in B")]
