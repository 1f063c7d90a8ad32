"""The day's review: sums that add up, refusals by rule, nothing made pooled with what was live."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from bot.review.live import live
from bot.review.report import report
from bot.review.stats import Asked, stats
from tests.rooms.journal.build import Told, the_lesson, writer


def told(path: Path, run: str, **changed: Any) -> None:
    """A run with one round trip, one refusal, and a link that went and came back."""
    with writer(str(path), run=run, **changed) as journal:
        the_lesson(Told(journal))
        Told(journal).blocked(2000)
        journal.link_event("down", 2001, "socket closed")
        journal.link_event("up", 2002, "")
        journal.anomaly("late", 3, 5)
        journal.finish({"rows": 360})


def facts(path: Path, **filters: Any) -> dict[str, Any]:
    with reading(place(str(path))) as reader:
        return report(reader, reader.runs, Filters(**filters))


def test_a_group_is_the_sum_of_its_round_trips(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "one")
    told(tmp_path / "j.db", "two")
    found = facts(tmp_path / "j.db")
    (group,) = found["groups"]
    assert group["round_trips"] == len(found["round_trips"]) == 2
    assert Decimal(group["net"]) == sum(Decimal(trip["net"]) for trip in found["round_trips"])
    assert (group["won"], group["lost"]) == (2, 0)


def test_its_groups_are_those_of_the_statistics(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "one")
    with reading(place(str(tmp_path / "j.db"))) as reader:
        assert facts(tmp_path / "j.db")["groups"] == stats(reader, reader.runs, Filters(), Asked())


def test_fill_models_are_never_pooled(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "one", fill_model="queue")
    told(tmp_path / "j.db", "two", fill_model="ib-paper")
    assert [group["fill_model"] for group in facts(tmp_path / "j.db")["groups"]] == ["ib-paper", "queue"]


def test_it_says_what_was_refused_and_what_went_wrong(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "one")
    found = facts(tmp_path / "j.db")
    assert sum(found["blocked"].values()) >= 1
    assert [(link["state"], link["code"]) for link in found["links"]] == [("down", "socket closed"), ("up", "")]
    assert found["anomalies"] == {"late": 3}


def test_what_was_made_is_left_out_and_counted(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "replayed", adapter="replay")
    told(tmp_path / "j.db", "made", adapter="synthetic")
    told(tmp_path / "j.db", "live", adapter="ib")
    with reading(place(str(tmp_path / "j.db"))) as reader:
        chosen, left_out = live(reader.runs)
    assert [run.run for run in chosen] == ["live"]
    assert left_out == {"replay": 1, "synthetic": 1}


def test_a_strategy_that_traded_nothing_has_no_group(tmp_path: Path) -> None:
    told(tmp_path / "j.db", "one")
    found = facts(tmp_path / "j.db", strategy="nobody")
    assert (found["groups"], found["round_trips"], found["blocked"], found["approved"]) == ([], [], {}, 0)
