"""A synthetic session on disk: its tape, its labels, and a null that is one."""

from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from adapters.synthetic.days import DAY, OPEN
from adapters.synthetic.kinds import DECOYS, PATTERNS
from adapters.synthetic.natures import new_york_ns
from adapters.synthetic.synth import write_tape
from bot.errors import UsageError
from bot.tape import TapeFacts, open_tape
from bot.tape.labels import Label, labels_path, write_labels

HOURS = 2.0


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TapeFacts]:
    path = tmp_path_factory.mktemp("synth") / "synth-7.parquet"
    return path, write_tape(path, seed=7, hours=HOURS)


def test_the_tape_opens_with_its_facts(planted: tuple[Path, TapeFacts]) -> None:
    path, facts = planted
    assert open_tape(path).facts == facts
    assert (facts.instrument, facts.contract, facts.tick) == ("ES", "ESZ2026", Decimal("0.25"))
    assert facts.side_known
    assert facts.first_ns == new_york_ns(DAY, OPEN)
    assert facts.last_ns < facts.first_ns + int(HOURS * 3600) * 1_000_000_000
    assert facts.prints + facts.quotes == facts.rows


def test_labels_are_the_contract_s_columns(planted: tuple[Path, TapeFacts]) -> None:
    table = pq.read_table(labels_path(planted[0]))
    assert table.schema.names == ["kind", "t_start", "t_end", "price", "strength", "note"]
    assert [str(kind) for kind in table.schema.types] == ["string", "int64", "int64", "double", "double", "string"]


def test_labels_lie_inside_the_tape_at_prices_that_traded(planted: tuple[Path, TapeFacts]) -> None:
    path, facts = planted
    prices = {float(t) * 0.25 for batch in open_tape(path).batches(65_536) for t in batch["price"]}
    labels = pq.read_table(labels_path(path)).to_pylist()
    assert labels
    for label in labels:
        assert facts.first_ns <= label["t_start"] < label["t_end"] <= facts.last_ns
        if label["kind"] == "null":
            assert label["note"] in DECOYS
            continue
        kind, _, side = label["kind"].rpartition("_")
        assert kind in PATTERNS
        assert side in {"long", "short"}
        assert 0 < label["strength"] <= 1
        assert label["note"] in {"weak", "mid", "strong"}
        assert label["price"] in prices


def test_a_null_tape_has_no_labels_and_the_same_market(tmp_path: Path, planted: tuple[Path, TapeFacts]) -> None:
    path = tmp_path / "null.parquet"
    facts = write_tape(path, seed=7, hours=0.1, null=True)
    labels = pq.read_table(labels_path(path))
    assert labels.num_rows == 0
    assert labels.schema == pq.read_table(labels_path(planted[0])).schema
    rows = next(open_tape(path).batches(facts.rows))
    same = next(open_tape(planted[0]).batches(facts.rows))
    assert (rows == same).all()


def test_same_arguments_same_tape(tmp_path: Path) -> None:
    hashes = {write_tape(tmp_path / f"{name}.parquet", seed=3, hours=0.2).hash for name in ("a", "b")}
    assert len(hashes) == 1
    assert write_tape(tmp_path / "c.parquet", seed=4, hours=0.2).hash not in hashes


def test_progress_adds_up_to_the_session(tmp_path: Path) -> None:
    steps: list[int] = []
    write_tape(tmp_path / "a.parquet", hours=1.0, progress=steps.append)
    assert len(steps) > 1
    assert 3_590 <= sum(steps) <= 3_600


def test_an_unknown_product_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        write_tape(tmp_path / "a.parquet", product="ZB")
    assert not list(tmp_path.iterdir())


def test_labels_can_be_written_over(tmp_path: Path) -> None:
    path = tmp_path / "x.labels.parquet"
    for count in (1, 2):
        write_labels(path, [Label("null", 1, 2, 3.0, 1.0, "one_sided")] * count)
    assert pq.read_table(path).num_rows == 2
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
