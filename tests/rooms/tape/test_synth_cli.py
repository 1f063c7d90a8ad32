"""`paperpit tape synth` as a person uses it: which kinds, how many days, which files, and what it says to nonsense."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from adapters.synthetic.kinds import DECOYS, PATTERNS
from bot.domain.market import QUOTE
from bot.tape.labels import labels_path
from tests.rooms.tape.builders import rows_of
from tests.rooms.tape.test_tape_cli import Paperpit, tape

__all__ = ["tape"]

LAGGED = 8
"""Ticks: two for a market of its own, the rest for what its leader does in the two milliseconds between them."""


def kinds_of(path: Path) -> set[str]:
    return {
        row["note"] if row["kind"] == "null" else row["kind"].rpartition("_")[0]
        for row in pq.read_table(labels_path(path)).to_pylist()
    }


def test_kinds_are_chosen_by_name(tape: Paperpit, tmp_path: Path) -> None:
    out = tmp_path / "a.parquet"
    assert tape("synth", "--hours", "1.5", "--plants", "sweep, imbalance", "--decoys", "none", "--out", out).code == 0
    assert kinds_of(out) <= {"sweep", "imbalance", "break_no_reclaim"}
    assert "sweep" in kinds_of(out)
    assert tape("synth", "--hours", "2", "--plants", "none", "--out", out).code == 0
    assert kinds_of(out)
    assert kinds_of(out) <= set(DECOYS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--plants", "absorbtion"), ["absorbtion", "absorption, rejection", "--plants absorption"]),
        (("--decoys", "halt,sweep"), ["--decoys sweep", "quote_stuffing"]),
        (("--plants", ","), ["names nothing"]),
        (("--null", "--plants", "sweep"), ["--null", "leave out"]),
        (("--start", "half nine"), ["half nine", "09:30"]),
        (("--start", "17:30"), ["does not trade", "18:00 to 17:00"]),
        (("--instrument", "ZB"), ["ZB", "NQ"]),
        (("--per-day", "--days", "2", "--out", "x.parquet"), ["several files", "--out x"]),
        (("--base-share", "0.9"), ["0.25<=x<=0.75"]),
        (("--days", "0"), ["days"]),
    ],
)
def test_nonsense_is_refused_with_what_is_allowed(
    tape: Paperpit, tmp_path: Path, words: tuple[str, ...], said: list[str]
) -> None:
    answer = tape("synth", *words, "--hours", "0.1")
    assert answer.code == 2
    assert [text for text in said if text not in " ".join(answer.err.split())] == []
    assert not (tmp_path / "var").exists()


def test_days_are_one_tape_or_one_each(tape: Paperpit, tmp_path: Path) -> None:
    words = ("synth", "--days", "2", "--hours", "0.1", "--start", "10:00", "--json")
    one = json.loads(tape(*words, "--out", tmp_path / "both.parquet").out)
    each = json.loads(tape(*words, "--per-day", "--out", tmp_path / "each").out)
    assert [Path(day["path"]).name for day in each] == ["synth-1-2026-11-17.parquet", "synth-1-2026-11-18.parquet"]
    assert sum(day["rows"] for day in each) == one["rows"]
    assert (each[0]["first_ns"], each[1]["last_ns"]) == (one["first_ns"], one["last_ns"])
    assert all(labels_path(Path(day["path"])).exists() for day in each)
    told = tape("synth", "--days", "2", "--hours", "0.1", "--per-day", "--out", tmp_path / "told")
    assert told.out.count("contract") == told.err.count("labels:") == 2


def test_a_micro_follows_its_future_of_the_same_wish(tape: Paperpit, tmp_path: Path) -> None:
    """Given the same words for ES and MES, then each quote of MES stands near that of ES in force."""
    words = ("--days", "2", "--hours", "0.1", "--seed", "3", "--json")
    es, mes = tmp_path / "es.parquet", tmp_path / "mes.parquet"
    assert tape("synth", *words, "--out", es).code == 0
    facts = json.loads(tape("synth", "--instrument", "MES", *words, "--out", mes).out)
    assert (facts["instrument"], facts["contract"]) == ("MES", "MESZ2026")
    assert facts["source"].startswith("synthetic seed 3, after ES")
    led, following = rows_of(es), rows_of(mes)
    following = following[following["kind"] == QUOTE]
    quotes = led[led["kind"] == QUOTE]
    before = np.searchsorted(quotes["ts"], following["ts"], side="right") - 1
    assert len(following) > 500
    assert np.abs(following["bid"] - quotes["bid"][before])[before >= 0].max() <= LAGGED
    # what was staged was staged in the future
    assert kinds_of(mes) == set()
    each = json.loads(tape("synth", "--instrument", "MES", *words, "--per-day", "--out", tmp_path / "each").out)
    assert sum(day["rows"] for day in each) == facts["rows"]


def test_help_names_every_kind(tape: Paperpit) -> None:
    told = tape("synth", "--help").out
    assert [name for name in (*PATTERNS, *DECOYS) if name not in told] == []


def test_the_maker_is_chosen_and_named_on_the_tape(tape: Paperpit, tmp_path: Path) -> None:
    rows = set()
    for maker, said in (("literature", "synthetic seed 1"), ("seed", "the seed's maker"), ("none", "no maker")):
        words = ("synth", "--null", "--hours", "0.5", "--maker", maker, "--out", tmp_path / "m.parquet", "--json")
        facts = json.loads(tape(*words).out)
        assert said in facts["source"]
        rows.add(facts["hash"])
    assert len(rows) == 3
