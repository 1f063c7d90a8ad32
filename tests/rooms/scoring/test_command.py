"""`paperpit score` as a person and a program use it: keys to the letter, exit codes, files, pictures."""

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from adapters.synthetic.synth import write_tape
from bot.cli import main
from bot.resources import shipped
from bot.tape import open_tape
from bot.tape.labels import Label, labels_path, read_labels, write_labels
from tests.tapes import Tape


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Score = Callable[..., Answer]
PROMISED = ["kind", "labels", "detections", "hits", "recall", "precision", "false_per_hour", "median_delay_ms"]
COUNTED = {"absorption", "rejection", "absorption_rejection", "imbalance"}
"""Some of the kinds above the line; there may come more."""


@pytest.fixture
def score(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Score:
    """Runs `paperpit score …` in this process, with a data folder of its own."""
    monkeypatch.setattr("bot.resources.data_folder", lambda: tmp_path / "var")

    def run(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["paperpit", "score", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Answer(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour of the synthetic market with what was planted beside it."""
    path = tmp_path_factory.mktemp("planted") / "planted.parquet"
    write_tape(path, seed=3, hours=1.0)
    return path


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half an hour of it with nothing planted."""
    path = tmp_path_factory.mktemp("quiet") / "quiet.parquet"
    write_tape(path, seed=4, hours=0.5, null=True)
    return path


def test_programs_get_one_object_a_kind_with_the_promised_keys(score: Score, planted: Path) -> None:
    done = score(planted, "--json")
    assert (done.code, done.err) == (0, "")
    rows = json.loads(done.out)
    assert all(list(row)[:8] == PROMISED for row in rows)
    kinds = [row["kind"] for row in rows]
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) >= COUNTED
    labels = [label for label in read_labels(labels_path(planted)) if not label.decoy]
    for row in rows:
        assert row["labels"] == sum(label.what == row["kind"] for label in labels)
        assert row["hits"] <= min(row["labels"], row["detections"])
        assert row["recall"] == (pytest.approx(row["hits"] / row["labels"], abs=1e-4) if row["labels"] else None)
        assert sum(third["labels"] for third in row["by_strength"].values()) == row["labels"]
        assert (row["median_delay_ms"] is None) == (row["hits"] == 0)
    assert sum(row["hits"] for row in rows) > 0


def test_the_counted_kinds_stand_above_the_line(score: Score, planted: Path) -> None:
    out = score(planted).out.splitlines()
    line = next(number for number, text in enumerate(out) if text.startswith("───"))
    assert {text.split()[0] for text in out[1:line]} >= COUNTED
    assert "absorption_early" not in {text.split()[0] for text in out[1:line]}


def test_nothing_planted_has_no_recall_but_a_rate(score: Score, quiet: Path) -> None:
    rows = {row["kind"]: row for row in json.loads(score(quiet, "--json").out)}
    assert set(rows) >= COUNTED
    row = rows["absorption_rejection"]
    assert (row["labels"], row["recall"], row["precision"], row["false_per_hour"]) == (0, None, None, 0.0)
    # Nothing in half an hour: the exact upper end is 3.689 / 0.5 h.
    assert row["false_per_hour_high"] == pytest.approx(3.6889 / 0.5, rel=0.01)
    assert json.loads(score(quiet, "--decoys", "--json").out) == []


def test_guards_and_decoys_have_lists_of_their_own(score: Score, planted: Path) -> None:
    guards = json.loads(score(planted, "--guards", "--json").out)
    assert [row["guard"] for row in guards[:3]] == ["G1", "G2", "G3"]
    assert all(0 <= row["share"] <= 1 and (row["times"] > 0) == (row["seconds"] > 0) for row in guards)
    decoys = json.loads(score(planted, "--decoys", "--json").out)
    truth = [label.note for label in read_labels(labels_path(planted)) if label.decoy]
    assert {row["decoy"]: row["decoys"] for row in decoys} == {note: truth.count(note) for note in truth}
    rows = list(csv.DictReader(io.StringIO(score(planted, "--guards", "--csv").out)))
    assert [row["guard"] for row in rows] == [row["guard"] for row in guards]


def test_every_counted_detection_is_written(score: Score, planted: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "seen.jsonl"
    rows = json.loads(score(planted, "--json", "--detections", file).out)
    seen = [json.loads(line) for line in file.read_text().splitlines()]
    assert all(list(one)[:5] == ["ts_ns", "kind", "side", "price", "strength"] for one in seen)
    for row in rows:
        assert sum(one["kind"] == row["kind"] for one in seen) == row["detections"]
        assert sum(one["kind"] == row["kind"] and one["outcome"] == "hit" for one in seen) == row["hits"]
    assert {one["side"] for one in seen} <= {"long", "short"}
    assert all(float(one["price"]) % 0.25 == 0 and isinstance(one["price"], str) for one in seen)
    assert [one["ts_ns"] for one in seen] == sorted(one["ts_ns"] for one in seen)


def test_the_picture_stands_by_itself(score: Score, planted: Path, tmp_path: Path) -> None:
    file = tmp_path / "seen.svg"
    assert score(planted, "--plot", file).code == 0
    root = ElementTree.fromstring(file.read_text())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "recall" in root.attrib["aria-label"]
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags == {"svg", "title", "rect", "text", "line", "circle"}
    words = {element.text for element in root.iter() if element.tag.endswith("text")}
    assert words >= COUNTED
    assert "http" not in file.read_text().replace("http://www.w3.org/2000/svg", "")


def test_parameters_can_be_tried(score: Score, planted: Path) -> None:
    rows = json.loads(score(planted, "--json", "--set", "detectors.absorption.volume_min=1000000").out)
    assert next(row for row in rows if row["kind"] == "absorption")["detections"] == 0
    assert score(planted, "--set", "detectors.absorbtion.z_min=1").code == 78


def test_a_strategy_of_another_product_asks_nothing(score: Score, tmp_path: Path, quiet: Path) -> None:
    strategy = tmp_path / "nq.toml"
    spec = (shipped("config/strategies/drill-es.toml")).read_text()
    head = (
        spec[: spec.index("[expect]")].replace("drill-es", "drill-nq").replace('instrument = "ES"', 'instrument = "NQ"')
    )
    strategy.write_text(head)
    done = score(quiet, "--strategy", strategy)
    assert (done.code, "drill-nq is of NQ" in done.err) == (0, True)


def test_without_labels_both_names_are_said(score: Score, tmp_path: Path) -> None:
    tape = Tape("ES").quote("4200.00", "4200.25").bought(1, "4200.25").write(tmp_path / "bare.parquet")
    missing = score(tape)
    assert (missing.code, missing.out) == (66, "")
    assert str(tape) in missing.err
    assert "bare.labels.parquet" in missing.err
    named = score(tape, "--labels", tmp_path / "truth.parquet")
    assert (named.code, str(tmp_path / "truth.parquet") in named.err) == (66, True)
    counted = score(tape, "--labels", "none")
    assert (counted.code, "none of them is right or wrong" in counted.out) == (0, True)
    assert score(tmp_path / "none.parquet").code == 66


def test_labels_of_another_tape_are_refused_and_those_of_a_longer_one_left_out(
    score: Score, quiet: Path, tmp_path: Path
) -> None:
    long_ago = Label("absorption_long", 1, 2, 4200.0, 1.0, "")
    path = tmp_path / "truth.parquet"
    write_labels(path, [long_ago])
    refused = score(quiet, "--labels", path)
    assert (refused.code, "within the time of the tape" in refused.err) == (65, True)
    with open_tape(quiet) as reader:
        start = reader.facts.first_ns
    write_labels(path, [long_ago, Label("sweep_long", start, start + 1, 4200.0, 1.0, "")])
    done = score(quiet, "--labels", path, "--json")
    assert (done.code, done.err) == (0, "note: labels outside the tape's time, left out: 1\n")
    rows = {row["kind"]: row for row in json.loads(done.out)}
    assert (rows["sweep"]["labels"], rows["sweep"]["recall"], rows["absorption"]["labels"]) == (1, 0.0, 0)


def test_two_shapes_at_once_are_refused(score: Score, quiet: Path) -> None:
    assert score(quiet, "--json", "--csv").code == 2
    assert score(quiet, "--decoys", "--labels", "none", "--plot", "x.svg").code == 2
