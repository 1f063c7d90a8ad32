"""A model learns from a calm market what its hints are worth, and abstains when the market becomes another one.

Everything is real: tapes are replayed, the model is trained by its command on the journal of the first one, and the
journal of the second one says why nothing was bought any more.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.laws.markets import DRILL
from tests.playing import Played, play, strategy
from tests.programs import typed
from tests.stories.hinting import Wins, hints

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
AFTER = ["2026-05-20", "2026-05-21"]


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


def after(trained: tuple[Path, Played], folder: Path, wins: Wins, *, shift: float = 0.0, seed: int = 2) -> Played:
    """What the same strategy does next, with its model."""
    (folder / "buyer.model.json").write_bytes((trained[0] / "buyer.model.json").read_bytes())
    tape = hints(AFTER, 60, wins, seed=seed, shift=shift)
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


def test_when_hints_stop_working_its_outcomes_close_it(trained: tuple[Path, Played], tmp_path: Path) -> None:
    played = after(trained, tmp_path, lambda z, share, effort: False)
    words = said(played)
    first = next(at for at, word in enumerate(words) if "OUTCOME_ALARM" in word)
    assert all("OUTCOME_ALARM" in word for word in words[first:])
    alarm = [row for row in played.blocked if "OUTCOME_ALARM" in json.dumps(row["reasons"])]
    assert max(trip["entry_ns"] for trip in played.round_trips) < alarm[0]["ts_ns"]


def test_when_the_book_is_another_one_the_stream_closes_it(trained: tuple[Path, Played], tmp_path: Path) -> None:
    played = after(trained, tmp_path, learnable(4), shift=1.2)
    words = said(played)
    assert "NOVEL_STREAM" in words[-1]
