"""Beside what a signal saw stands what it had to reach, by the settings of the run that saw it."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.config import instrument
from bot.journal.explain import explain
from bot.journal.place import place
from bot.journal.reading import reading
from bot.journal.story import tell
from bot.resources import shipped
from bot.review.thresholds import thresholds
from bot.signals.args import params_hash
from bot.signals.marks import MARKS
from bot.signals.roster import DETECTORS, Wish, made_by
from tests.playing import play
from tests.rooms.journal.build import Told, the_lesson, writer
from tests.tapes import lesson

MAKERS = {kind: detector for detector in DETECTORS.values() for kind in detector.kinds}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, marks in MARKS.items() for name in marks])
def test_a_bound_is_of_a_measure_and_of_a_parameter_that_there_are(kind: str, name: str) -> None:
    mark = MARKS[kind][name]
    assert name in MAKERS[kind].EVIDENCE
    assert mark.param in (DETECTORS[mark.of] if mark.of else MAKERS[kind]).Params.model_fields


def test_every_signal_of_the_demo_has_reached_what_is_said(tmp_path: Path) -> None:
    demo = play(tmp_path, shipped("config/tapes/demo.parquet"), "es-open-absorption.toml", calendar=None)
    wanting, kinds = [], set()
    with reading(place(demo.url)) as reader:
        for signal in demo.signals:
            facts = explain(reader, signal["id"])
            found = thresholds(reader, facts)
            kinds |= {signal["kind"]} if found else set()
            for name, (sign, bound) in ((name, words.split(" ")) for name, words in found.items()):
                value, least = facts["signal"]["evidence"][name], float(bound.replace("\u2212", "-"))
                if value < least if sign == "≥" else value > least:
                    wanting.append((signal["id"], name, value, sign, least))
    assert wanting == []
    assert kinds == {signal["kind"] for signal in demo.signals}


def test_it_is_what_the_run_s_own_settings_say(tmp_path: Path) -> None:
    # given a strategy that wants 100 of an absorption where the shipped detector wants 150
    played = play(tmp_path, lesson(), "lesson-es.toml", contract="ESM2023")
    (trip,) = played.round_trips
    with reading(place(played.url)) as reader:
        facts = explain(reader, trip["id"])
        told = tell({**facts, "thresholds": thresholds(reader, facts)})
    # then its story says so, though the signal is of the detector that listens to that one
    assert "volume 134.77 ≥ 100" in told


def test_what_the_texts_do_not_explain_is_left_unsaid(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'journal.db'}"
    with writer(url, run="run") as journal:
        told = Told(journal)
        bracket = the_lesson(told)
        journal.finish({})
    with reading(place(url)) as reader:
        facts = explain(reader, bracket.id)
        assert thresholds(reader, facts) == {}
        assert "≥" not in tell({**facts, "thresholds": {}})


def test_a_hash_explains_only_a_signal_that_its_detector_gives() -> None:
    # given a row that another program wrote: an absorption under the hash of an imbalance detector
    wish = Wish.default(instrument("ESM2026", Decimal("0.25")), {})
    params = DETECTORS["imbalance"].Params.defaults("ES", wish.timeframe_ns)
    name = params_hash("imbalance", wish.timeframe_ns, params)
    assert made_by("imbalance", name, "ES", wish) == {"": params}
    assert made_by("absorption", name, "ES", wish) == {}
