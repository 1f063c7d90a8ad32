"""The quality report runs, pools, and says which seeds it used."""

from tests.quality.__main__ import main, named, seeds
from tests.quality.tapes import Job, rows_of


def test_a_small_report_has_a_table_for_each_market(tmp_path, capsys):
    told = [
        "--hours",
        "0.6",
        "--seeds",
        "1-2",
        "--null-seeds",
        "3",
        "--reference",
        "--decoys",
        "--unguarded",
        "--keep",
        str(tmp_path),
    ]
    main([*told, "--keep", str(tmp_path)])
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line.startswith("###")] == [
        "### ES, ours market",
        "### ES, second market",
    ]
    assert out.count("| absorption |") == 2
    assert "Planted: seeds 1–2 (tuning). Strict null: seeds 3–3 (tuning)." in out
    assert "2/2 second-ES-2-0.6h" in err
    assert (tmp_path / "second-ES-3-0.6h-null.labels.parquet").exists()


def test_a_broker_like_day_is_the_same_day_blurred(tmp_path):
    native = rows_of(Job("second", "ES", 5, 0.1).tape(tmp_path))
    blurred = rows_of(Job("second", "ES", 5, 0.1, broker=True).tape(tmp_path))
    assert len(native) == len(blurred)
    assert set(blurred["side"].tolist()) == {0}


def test_seeds_say_what_they_are_for():
    assert named(seeds("1-6")) == "1–6 (tuning)"
    assert named(seeds("1000-1011")) == "1000–1011 (reporting)"
    assert named(seeds("90-110")) == "90–110 (neither)"
