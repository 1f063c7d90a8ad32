"""A model learns from a calm market what its hints are worth, and abstains when the market becomes another one.

Everything is real: tapes are replayed, the model is trained by its command on the journal of the first one, and the
journal of the second one says why nothing was bought any more.
"""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.config import read_bot, read_strategy
from bot.daemon import Asked
from bot.domain.abstain import Reset
from bot.domain.command import Command
from bot.journal import rows
from bot.journal.place import place
from bot.journal.promises import heard
from bot.journal.reading import reading
from bot.models import record
from bot.models.judge import Judge
from bot.models.record import File
from bot.resources import shipped
from tests.laws.markets import DRILL
from tests.playing import EAGER as EVERYTHING_PASSES
from tests.playing import Played, play, strategy, traded
from tests.programs import typed
from tests.stories.hinting import Wins, hints
from tests.tapes import ns

HERE = Path(__file__).with_name("hinting.py")
BUYER = re.sub(r"\[params\].*?\n\n", "", DRILL.replace('"drill"', f'"{HERE}:Buyer"'), flags=re.S)
BUYER = (
    BUYER.replace('"drill-law"', '"buyer"').replace('"9s"', '"1m"').replace('"1s"', '"1m"')
    + f'\n[detectors."{HERE}:Hint"]\n'
)
MODEL = '\n[model]\nfile = "buyer.model.json"\n'
CALM = [f"2026-05-{day:02}" for day in (4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 18, 19)]
EAGER = (
    *("replay.latency_ms=50", "risk.max_brackets_per_strategy=1000", "risk.max_brackets_per_day=1000"),
    "risk.max_daily_loss_usd=1000000",
)
FEATURES = tuple(word for name in ("z", "share", "effort") for word in ("--feature", name))
MONTH = [f"2026-05-{day}" for day in (20, 21, 22, 26, 27, 28, 29)] + [
    f"2026-06-{day:02}" for day in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 15, 16, 17)
]
"""Twenty sessions before the model is too old."""


def learnable(seed: int) -> Wins:
    """Large hints win, small ones do not, but for one in twelve."""
    chance = np.random.default_rng(seed)
    return lambda z, share, effort: bool((z >= 0.5) == (chance.random() > 1 / 12))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Played]:
    """A folder with the strategy's file and its model, and the run that it was trained on."""
    folder = tmp_path_factory.mktemp("calm")
    calm = play(folder, hints(CALM, 80, learnable(1), seed=1), strategy(folder, BUYER), sets=EAGER)
    out = folder / "buyer.model.json"
    told = typed("model", "train", "--journal", calm.url, "--out", str(out), *FEATURES)
    assert told.returncode == 0, told.stderr
    return folder, calm


def after(
    trained: tuple[Path, Played], folder: Path, wins: Wins, *, shift: float = 0.0, days: int = 2, each: int = 60
) -> Played:
    """What the same strategy does next, with its model. Fewer hints a day are as far apart that the hours are alike."""
    (folder / "buyer.model.json").write_bytes((trained[0] / "buyer.model.json").read_bytes())
    tape = hints(MONTH[:days], each, wins, seed=2, shift=shift, quiet=15 * (60 // each - 1))
    return play(folder, tape, strategy(folder, BUYER + MODEL), sets=EAGER)


def said(played: Played) -> list[str]:
    """Every word of the model, in order."""
    return [
        str(reason["facts"]["abstain"])
        for row in played.blocked
        for reason in row["reasons"]
        if reason["rule"] == "model"
    ]


def test_in_the_market_that_it_knows_it_lets_pass_what_is_worth_it(
    trained: tuple[Path, Played], tmp_path: Path
) -> None:
    played = after(trained, tmp_path, learnable(3))
    won = [trip["exit_reason"] == "target" for trip in played.round_trips]
    assert len(won) >= 20
    assert np.mean(won) > 0.6
    assert "BELOW_BREAKEVEN" in said(played)


def calibrated(played: Played, *words: str) -> list[dict[str, Any]]:
    """What the command line says of its chances."""
    given = ("journal", "stats", "--calibration", "--journal", played.url, "--run", "last", "--json")
    told = typed(*given, *words)
    assert told.returncode == 0, told.stderr
    found: list[dict[str, Any]] = json.loads(told.stdout)
    return found


def test_what_it_said_is_held_against_what_came(trained: tuple[Path, Played], tmp_path: Path) -> None:
    # given a month in the market that it knows
    played = after(trained, tmp_path, learnable(3), days=len(MONTH), each=8)
    won = [trip["exit_reason"] == "target" for trip in played.round_trips]
    taken, refused = calibrated(played, "--blocked")
    # then what it let pass is told with its outcomes, and nothing speaks against the model
    assert taken["model"] == record.read(tmp_path / "buyer.model.json").hash
    assert (taken["counted"], taken["judged"], taken["won"], taken["sessions"]) == ("taken", len(won), sum(won), 20)
    assert taken["words"].startswith("nothing speaks against what it says")
    assert taken["bins"]
    assert taken["monitor"]["outcomes"] == len(won)
    assert taken["monitor"]["alarm_ns"] is None
    # and what it turned down stands apart: by the tape it would mostly have lost, as it said
    assert refused["counted"] == "refused"
    assert refused["won"] < 0.4 * refused["judged"]
    assert refused["said"]["p"] < taken["said"]["p"]


def test_when_hints_stop_working_its_outcomes_close_it(trained: tuple[Path, Played], tmp_path: Path) -> None:
    played = after(trained, tmp_path, lambda z, share, effort: False)
    words = said(played)
    first = next(at for at, word in enumerate(words) if "OUTCOME_ALARM" in word)
    assert all("OUTCOME_ALARM" in word for word in words[first:])
    alarm = [row for row in played.blocked if "OUTCOME_ALARM" in json.dumps(row["reasons"])]
    assert max(trip["entry_ns"] for trip in played.round_trips) < alarm[0]["ts_ns"]
    (told,) = calibrated(played)
    assert told["monitor"]["alarm_ns"] == max(trip["exit_ns"] for trip in played.round_trips)
    assert told["words"] == "too few sessions (1 of 20) to tell"


def test_when_the_book_is_another_one_the_stream_closes_it(trained: tuple[Path, Played], tmp_path: Path) -> None:
    played = after(trained, tmp_path, learnable(4), shift=1.2)
    words = said(played)
    assert "NOVEL_STREAM" in words[-1]


def test_a_start_remembers_what_the_journal_has_of_outcomes_and_of_the_stream(
    trained: tuple[Path, Played], tmp_path: Path
) -> None:
    # given a run whose model ended in an alarm
    played = after(trained, tmp_path, lambda z, share, effort: False)
    file = record.read(tmp_path / "buyer.model.json")
    with reading(place(played.url)) as reader:
        runs = reader.choose(played.outcome.run)
        told = heard(reader, runs)
        words = [json.loads(row.facts) for row in reader.read(rows.Decision, runs)]
    # when a judge begins where that run ended
    judge = Judge(file)
    judge.hear(told)
    # then it is where the run's own judge was, and nothing but another model and a person lifts the alarm
    monitors, stream = judge.state["monitors"], judge.state["stream"]
    assert isinstance(monitors, dict)
    outcomes, e, _ = monitors[file.hash]
    assert outcomes == len(played.round_trips)
    assert e == pytest.approx(words[-1]["model_e"])
    assert stream == (len(words), False)
    assert judge.alarm
    judge.hear([Reset("buyer", words_end(played))])
    assert judge.alarm
    judge.swap(File("another", file.model))
    assert not judge.alarm


def words_end(played: Played) -> int:
    """After everything that it did."""
    return int(max(row["ts_ns"] for row in played.blocked)) + 1


def test_a_person_lets_the_stream_begin_anew_and_the_journal_says_so(
    trained: tuple[Path, Played], tmp_path: Path
) -> None:
    (tmp_path / "buyer.model.json").write_bytes((trained[0] / "buyer.model.json").read_bytes())
    tape = hints(MONTH[:2], 10, learnable(4), seed=2, shift=1.2).write(tmp_path / "t.parquet", contract="ESM2026")
    bot = read_bot(shipped("config/bot.toml"), [*EVERYTHING_PASSES, *EAGER])
    bot = replace(bot, value=bot.value.model_copy(update={"calendar": "none"}))
    spec = read_strategy(str(strategy(tmp_path, BUYER + MODEL)), instruments=bot.path.parent)
    reset = Command("model-reset", "n-1", ns(f"{MONTH[1]} 09:00"), reason="another book", strategy="buyer", who="me")
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    played = Played(traded(Asked(bot, [spec], url, "replay", [str(tape)], commands=[reset])), url)
    first, second = (
        [word for row, word in zip(played.blocked, said(played), strict=True) if (row["ts_ns"] > reset.ts) == later]
        for later in (False, True)
    )
    assert "NOVEL_STREAM" in first[-1]
    assert "NOVEL_STREAM" not in second[0]
    with reading(place(url)) as reader:
        (control,) = [row for row in reader.read(rows.Control, reader.runs) if row.key == "model.buyer"]
        assert control.why == "another book (me)"
        assert Reset("buyer", control.ts) in heard(reader, reader.runs)


def test_without_the_table_nothing_is_said_of_models(trained: tuple[Path, Played]) -> None:
    with reading(place(trained[1].url)) as reader:
        decisions = reader.read(rows.Decision, reader.runs)
        assert heard(reader, reader.runs) == []
    assert decisions
    assert not any("model" in row.facts + row.reasons for row in decisions)
