"""What rules cost or saved: refusals parted, counted, never pooled, and no verdict without enough sessions."""

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli.journal import journal as commands
from bot.cli.stats import BY_BLOCKED
from bot.domain.decision import Reason
from bot.domain.what_if import HORIZONS_S, NOT_FILLED, Answer, Made, Wish
from bot.errors import InputMissing
from bot.journal.figure_shapes import BLOCKED_STATS, BLOCKED_WHAT_IF
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import RunInfo, reading
from bot.journal.values import Grid
from bot.review.estimates import Bootstrap, Estimate
from bot.review.kept import kept
from bot.review.refused import Refused, refused
from bot.review.worth import BY, COUNTED, RULE, said, worth
from tests.laws.markets import drill, market
from tests.playing import Played, play
from tests.rooms.journal.build import Told, writer

QUICK = Bootstrap(draws=200)
NEWS, PACE = Reason("blackout", "news"), Reason("pace", "too many")
NONE = (None,) * len(HORIZONS_S)
WON = Made("target", 1, 1, 2, 16802, 16808, 1, 16799, (1.0,) * len(HORIZONS_S), (0.5,) * len(HORIZONS_S))


def journal(path: Path, run: str = "one", **changed: Any) -> list[str]:
    """A run that refused three proposals: for news, for news and pace, for pace."""
    with writer(str(path), run=run, **changed) as one:
        teller = Told(one)
        ids = [teller.blocked(at, *reasons) for at, reasons in ((60, (NEWS,)), (120, (NEWS, PACE)), (180, (PACE,)))]
        one.finish({"rows": 360})
    return ids


def told_by(run: RunInfo, wishes: Sequence[Wish]) -> Answer:
    """A tape on which the first proposal would have won and no other was reached."""
    assert all(one.terms is not None and one.until_ns > one.known_ns for one in wishes)
    return Answer(
        run.fill_model or "ib-paper",
        {one.id: Made(NOT_FILLED, from_mid=NONE) for one in wishes[1:]} | {wishes[0].id: WON},
    )


def test_each_refusal_is_told_with_its_rules_and_what_it_would_have_made(tmp_path: Path) -> None:
    ids = journal(tmp_path / "j.db")
    with reading(place(str(tmp_path / "j.db"))) as reader:
        found, untold = refused(reader, reader.runs, Filters(), told_by)
    assert not untold
    assert [(one.id, one.rules, one.filled) for one in found] == [
        (ids[0], ("blackout",), True),
        (ids[1], ("blackout", "pace"), False),
        (ids[2], ("pace",), False),
    ]
    (first, *_) = found
    assert (first.ticks, first.r, first.kind, first.session) == (6, 2, "absorption_rejection", 20230525)
    assert first.r_net == pytest.approx(2 - first.cost_ticks / 3)


def test_a_rule_counts_what_it_refused_what_it_refused_first_and_what_it_refused_alone(tmp_path: Path) -> None:
    journal(tmp_path / "j.db")
    with reading(place(str(tmp_path / "j.db"))) as reader:
        found = refused(reader, reader.runs, Filters(), told_by).refused
    groups = worth(found, (RULE,), QUICK)
    counts = {(group["by"].get("rule"), group["counted"]): (group["refused"], group["filled"]) for group in groups}
    assert counts == {
        (None, "once"): (3, 1),
        **{("blackout", "every"): (2, 1), ("blackout", "first"): (2, 1), ("blackout", "alone"): (1, 1)},
        **{("pace", "every"): (2, 0), ("pace", "first"): (1, 0), ("pace", "alone"): (1, 0)},
    }
    assert all("too few sessions" in group["words"] for group in groups)
    assert groups[0]["r"] == 2


def test_unlike_markets_and_fill_models_are_never_pooled(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    journal(path, "live", adapter="ib", fill_model="")
    journal(path, "replayed")
    journal(path, "touched", fill_model="touch")
    journal(path, "demo", tapes=[{"name": "demo"}])
    with reading(place(str(path))) as reader:
        groups = worth(refused(reader, reader.runs, Filters(), told_by).refused, ("kind",), QUICK)
    assert sorted(group["group"] for group in groups if not group["by"]) == [
        *("all · ib-paper", "all · queue · demo", "all · queue · replay", "all · touch · replay"),
    ]
    assert all(group["refused"] == 3 for group in groups)


@settings(max_examples=30, deadline=None)
@given(
    kinds=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.booleans()), max_size=40),
    by=st.sampled_from(sorted(BY)),
)
def test_groups_part_what_was_refused(kinds: list[tuple[str, str, bool]], by: str) -> None:
    some = [
        refusal(number, strategy=strategy, kind=kind, made=WON if won else None)
        for number, (strategy, kind, won) in enumerate(kinds)
    ]
    whole, *parts = worth(some, (by,), QUICK) or [{}]
    for key in ("refused", "filled", "untold", "won", "r"):
        assert sum(part[key] for part in parts) == whole.get(key, 0)


def refusal(number: int, **changed: Any) -> Refused:
    plain = Refused(
        *(f"one-{number}", "one", number, "ES", "s", "long", "k", ("news",), 20260100 + number, "queue", "replay"),
        *(False, WON, 0.5, Grid(Decimal("0.25"), Decimal("12.50"))),
    )
    return replace(plain, **changed)


def shuffled(wins: int, losses: int) -> list[int]:
    """So many zeros and ones: whole sessions are drawn in blocks, so a pattern would say more than it should."""
    return np.random.default_rng(3).permutation([0] * wins + [1] * losses).tolist()  # type: ignore[no-any-return]


def test_with_enough_sessions_a_rule_is_judged_by_its_interval() -> None:
    lost = replace(WON, end="stop", left=16798)
    gains = [refusal(number, made=WON) for number in range(40)]
    losses = [refusal(number, made=lost) for number in range(40)]
    mixed = [refusal(number, made=(WON, lost)[luck]) for number, luck in enumerate(shuffled(20, 20))]
    words = [worth(some, (RULE,), QUICK)[1]["words"] for some in (gains, losses, mixed)]
    assert words == [
        "speaks against the rule: what was refused would have gained after costs",
        "speaks for the rule: what was refused would have lost after costs",
        "no evidence against the rule, nor for it",
    ]


@given(low=st.floats(-3, 3), width=st.floats(0, 3))
def test_no_verdict_where_the_interval_holds_zero(low: float, width: float) -> None:
    words = said(Estimate(low + width / 2, low, low + width, 40, 30, ""), "the rule")
    assert words.startswith("no evidence") == (low <= 0 <= low + width)


def test_a_verdict_on_one_of_many_groups_asks_for_more() -> None:
    # given a mean that a look at one group tells from zero
    some = [
        refusal(number, made=replace(WON, left=16802 + (-3 if luck else 4)), cost_ticks=0.0)
        for number, luck in enumerate(shuffled(37, 23))
    ]
    others = [refusal(900 + number, strategy=str(number), made=None) for number in range(60)]
    alone = worth(some, (), Bootstrap())[0]["words"]
    among = worth([*some, *others], ("strategy",), Bootstrap())
    judged = next(group["words"] for group in among if group["by"].get("strategy") == "s")
    # then among sixty others it does not
    assert (alone.split(":")[0], judged.split(",")[0]) == (
        "speaks against the rules",
        "no evidence against the rules",
    )


def test_a_run_without_its_tape_is_named_and_the_others_are_told(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    journal(path, "gone")
    journal(path, "here")

    def ask(run: RunInfo, wishes: Sequence[Wish]) -> Answer:
        if run.run == "gone":
            raise InputMissing("its tape has been deleted")
        return told_by(run, wishes)

    with reading(place(str(path))) as reader:
        found, untold = refused(reader, reader.runs, Filters(), ask)
    (whole, *_) = worth(found, (), QUICK)
    assert untold == {"gone": "its tape has been deleted"}
    assert (whole["refused"], whole["untold"], whole["filled"]) == (6, 3, 1)


# Kept answers


def test_a_run_that_is_over_is_asked_once_until_the_question_or_the_answerer_changes(tmp_path: Path) -> None:
    asked = []

    def ask(run: RunInfo, wishes: Sequence[Wish]) -> Answer:
        asked.append(len(wishes))
        return told_by(run, wishes)

    journal(tmp_path / "j.db")
    with reading(place(str(tmp_path / "j.db"))) as reader:
        folder = tmp_path / "cache"
        first = refused(reader, reader.runs, Filters(), kept(ask, Answer, reader, folder, b"one"))
        again = refused(reader, reader.runs, Filters(instrument="ES"), kept(ask, Answer, reader, folder, b"one"))
        assert (asked, again) == ([3], first)
        refused(reader, reader.runs, Filters(), kept(ask, Answer, reader, folder, b"two"))
        (file,) = folder.iterdir()
        file.write_bytes(b"{")
        refused(reader, reader.runs, Filters(), kept(ask, Answer, reader, folder, b"two"))
    assert asked == [3, 3, 3]


def test_a_run_that_goes_on_is_asked_each_time(tmp_path: Path) -> None:
    asked = []

    def ask(run: RunInfo, wishes: Sequence[Wish]) -> Answer:
        asked.append(len(wishes))
        return told_by(run, wishes)

    with writer(str(tmp_path / "j.db"), run="one", durability="process") as one:
        Told(one).blocked(60)
        with reading(place(str(tmp_path / "j.db"))) as reader:
            for _ in range(2):
                refused(reader, reader.runs, Filters(), kept(ask, Answer, reader, tmp_path / "cache", b"one"))
    assert asked == [1, 1]


# The command


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A drill that is stopped after its first entry of each minute: most of what it wants is refused."""
    folder = tmp_path_factory.mktemp("refused")
    return play(folder, market(5, 600), drill(folder), sets=["risk.max_brackets_per_minute=1"])


def run(*words: str) -> Result:
    return CliRunner().invoke(commands, ["stats", "--blocked", *words], catch_exceptions=False)


def test_the_command_prints_what_its_schema_says(played: Played) -> None:
    result = run("--journal", played.url, "--run", "last", "--json", "--by", "rule", "--by", "strategy")
    groups = json.loads(result.stdout)
    jsonschema.validate(groups, BLOCKED_STATS)
    assert groups[0]["refused"] == len(played.blocked) > 3
    assert groups[0]["untold"] == 0
    assert groups[0]["filled"] + groups[0]["unfilled"] == len(played.blocked)
    assert {group["counted"] for group in groups} == {"once", *COUNTED}
    assert [groups[0][key] for key in ("level", "draws", "seed")] == [0.95, 2_000, 1]


def test_each_refusal_is_listed_with_what_it_would_have_made(played: Played) -> None:
    given = ("blocked", "--what-if", "--journal", played.url)
    listed = json.loads(CliRunner().invoke(commands, [*given, "--json"], catch_exceptions=False).stdout)
    jsonschema.validate(listed, BLOCKED_WHAT_IF)
    assert [row["id"] for row in listed] == [row["id"] for row in played.blocked]
    (whole, *_) = json.loads(run("--journal", played.url, "--run", "last", "--json").stdout)
    gains = [row["what_if"]["r_net"] for row in listed if row["what_if"]["filled"]]
    assert sum(gains) == pytest.approx(whole["r_net"], abs=1e-4)
    table = CliRunner().invoke(commands, given, catch_exceptions=False).stdout
    assert "would end" in table


def test_a_table_and_csv_say_the_same(played: Played) -> None:
    given = ("--journal", played.url, "--run", "last")
    (whole, *_) = json.loads(run(*given, "--json").stdout)
    (row, *_) = list(csv.DictReader(run(*given, "--csv").stdout.splitlines()))
    assert (int(row["refused"]), float(row["r_net"])) == (whole["refused"], whole["r_net"])
    table = run(*given).stdout
    assert f"{whole['r_net']:+.2f}" in table
    assert "too few sessions (1 of 20) to tell" in table
    assert "alone" in table


def test_without_the_tape_the_command_says_so_and_ends_well(played: Played, tmp_path: Path) -> None:
    journal(tmp_path / "j.db", tapes=[{"name": str(tmp_path / "gone.parquet"), "hash": "1", "last_ns": 1}])
    result = run("--journal", str(tmp_path / "j.db"), "--run", "last", "--json")
    assert result.exit_code == 0
    assert "run one cannot be asked: there is no such tape" in result.stderr
    (whole, *_) = json.loads(result.stdout)
    assert (whole["untold"], whole["words"]) == (3, "no tape could be asked")


def test_by_what_round_trips_alone_have_is_refused() -> None:
    result = CliRunner().invoke(commands, ["stats", "--blocked", "--by", "hour"])
    assert "refusals have none" in str(result.exception)
    result = CliRunner().invoke(commands, ["stats", "--by", "rule"])
    assert "round trips have none" in str(result.exception)
    assert set(BY_BLOCKED) == {RULE, *BY}


def test_nothing_refused_is_said(tmp_path: Path) -> None:
    with writer(str(tmp_path / "j.db"), run="one") as one:
        one.finish({"rows": 0})
    assert "nothing was refused" in run("--journal", str(tmp_path / "j.db"), "--run", "last").stdout
