"""What a strategy's guard says, word by word; that it can only abstain; and that a start goes on where it ended."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.abstain import DO, MEANS, Abstain, Heard, Outcome, Reset, won
from bot.domain.decision import Approved, Blocked, Fact, Proposal, Signal
from bot.errors import ConfigError, InputMissing, UsageError
from bot.models import record
from bot.models.fit import train
from bot.models.judge import STALE_NS, Judge
from bot.models.record import File, Model
from tests.rooms.models.build import candidates, proposal, signal
from tests.rooms.risk.bench import ES, Bench

PEOPLE = candidates(11, 60, slope=2.0)


@pytest.fixture(scope="module")
def model() -> Model:
    """One that knows something, told to be well calibrated."""
    return good(train(candidates(12, 600, slope=2.0)))


def good(made: Model) -> Model:
    tested = msgspec.structs.replace(
        made.tested, skill=9.0, venn_abers=msgspec.structs.replace(made.tested.venn_abers, ece=0.02)
    )
    return msgspec.structs.replace(made, tested=tested, until_ns=PEOPLE[0].known)


def judge(model: Model | None, pinned: str = "") -> Judge:
    return Judge(None if model is None else File(model.hash, model), pinned)


def words(
    one: Judge, number: int = 0, *, guarded: bool = False, break_even: float = 0.0, **changed: object
) -> set[str]:
    """What it says of a candidate."""
    who = PEOPLE[number]
    said = one.says(proposal(who), signal(who, **changed), break_even, guarded=guarded)["model_says"]
    return set(str(said).split(", "))


def with_tested(model: Model, **changed: object) -> Model:
    return msgspec.structs.replace(model, tested=msgspec.structs.replace(model.tested, **changed))


def at_interval(model: Model, low: float, high: float) -> Model:
    """One that gives the same interval to all."""
    places = len(model.low)
    return msgspec.structs.replace(model, low=(low,) * places, high=(high,) * places)


def alarmed(one: Judge, model: Model, name: str = "") -> None:
    one.hear(Outcome("s", name or model.hash, f"b-{n}", 0.7, False, 100 + n) for n in range(30))


def test_each_word_has_its_cause(model: Model) -> None:
    flat = at_interval(model, 0.6, 0.65)
    assert words(judge(flat)) == {"OK"}
    assert words(judge(None)) == {"NOT_TRAINED"}
    assert words(judge(with_tested(flat, skill=1.0))) == {"NOT_TRAINED"}
    old = msgspec.structs.replace(flat, until_ns=PEOPLE[0].known - STALE_NS - 1)
    assert words(judge(old)) == {"STALE_MODEL"}
    assert words(judge(flat), evidence={}) == {"FEATURE_MISSING"}
    far = dict.fromkeys(PEOPLE[0].evidence, 50.0)
    assert "NOVEL_POINT" in words(judge(flat), evidence=far)
    assert words(judge(at_interval(model, 0.5, 0.66))) == {"INTERVAL_WIDE"}
    assert words(judge(flat), break_even=0.62) == {"STRADDLES_BREAKEVEN"}
    assert words(judge(flat), break_even=0.65) == {"BELOW_BREAKEVEN"}
    assert words(judge(flat), break_even=0.6) == {"STRADDLES_BREAKEVEN"}  # p0 has to be above it
    assert words(judge(flat), guarded=True) == {"REGIME_GUARD"}
    bad = msgspec.structs.replace(flat.tested.venn_abers, ece=0.081)
    assert words(judge(with_tested(flat, venn_abers=bad))) == {"CALIBRATION_BAD"}
    assert words(Judge(File("0" * 16, flat))) == {"MODEL_HASH_MISMATCH"}
    assert words(judge(flat, "0" * 16)) == {"MODEL_HASH_MISMATCH"}
    assert words(judge(flat, flat.hash)) == {"OK"}
    assert words(judge(flat), params_hash="other") == {"MODEL_HASH_MISMATCH"}
    broken = judge(flat)
    alarmed(broken, flat)
    assert words(broken) == {"OUTCOME_ALARM"}
    strange = judge(flat)
    for _ in range(12):
        words(strange, evidence=far)
    assert words(strange) == {"NOVEL_STREAM"}
    assert set(MEANS) == set(Abstain) - {Abstain.OK}


def test_what_closes_it_whatever_is_proposed_is_known_beforehand_and_since_when(model: Model) -> None:
    flat, now = at_interval(model, 0.6, 0.65), PEOPLE[0].known
    bad = msgspec.structs.replace(flat.tested.venn_abers, ece=0.081)
    broken, strange = judge(flat), judge(flat)
    alarmed(broken, flat)
    for _ in range(12):
        words(strange, evidence=dict.fromkeys(PEOPLE[0].evidence, 50.0))
    found = {
        judge(None): {Abstain.NOT_TRAINED: None},
        judge(with_tested(flat, skill=1.0)): {Abstain.NOT_TRAINED: None},
        judge(msgspec.structs.replace(flat, until_ns=now - STALE_NS - 5)): {Abstain.STALE_MODEL: now - 5},
        judge(with_tested(flat, venn_abers=bad)): {Abstain.CALIBRATION_BAD: None},
        judge(flat, "0" * 16): {Abstain.MODEL_HASH_MISMATCH: None},
        Judge(File("0" * 16, flat)): {Abstain.MODEL_HASH_MISMATCH: None},
        broken: {Abstain.OUTCOME_ALARM: broken.shut(now)[Abstain.OUTCOME_ALARM]},
        strange: {Abstain.NOVEL_STREAM: now},
        judge(flat): {},
    }
    assert 100 < (broken.shut(now)[Abstain.OUTCOME_ALARM] or 0) < 130
    for one, shut in found.items():
        assert one.shut(now) == shut
        assert set(shut) <= words(one, 1)  # every candidate hears it
    assert {word for shut in found.values() for word in shut} == set(DO)
    # a person opens the stream again; an alarm about outcomes also wants another model
    for one in (broken, strange):
        one.hear([Reset("s", now + 1)])
    assert (set(broken.shut(now)), strange.shut(now)) == ({Abstain.OUTCOME_ALARM}, {})


def test_several_causes_are_all_told(model: Model) -> None:
    one = judge(with_tested(at_interval(model, 0.3, 0.5), skill=0.0))
    assert words(one, guarded=True, break_even=0.5) == {
        *("NOT_TRAINED", "REGIME_GUARD", "BELOW_BREAKEVEN", "INTERVAL_WIDE"),
    }


def test_an_alarm_is_lifted_by_another_model_and_a_person_in_either_order(model: Model) -> None:
    flat = at_interval(model, 0.6, 0.65)
    other = msgspec.structs.replace(flat, c=7.0)
    for first, second in ((0, 1), (1, 0)):
        one = judge(flat)
        alarmed(one, flat)
        steps = (lambda one=one: one.swap(File(other.hash, other)), lambda one=one: one.hear([Reset("s", 1_000)]))
        steps[first]()
        assert "OUTCOME_ALARM" in words(one)
        steps[second]()
        assert words(one) == {"OK"}
    # and an older model cannot be brought back by that
    one.swap(File(flat.hash, flat))
    assert "OUTCOME_ALARM" in words(one)


def test_the_end_of_a_bracket_counts_once(model: Model) -> None:
    one = judge(model)
    one.hear([Outcome("s", model.hash, "b", 0.7, False, 1)] * 40)
    assert not one.alarm


def test_ends_that_say_nothing_are_no_outcome() -> None:
    assert [won(end) for end in ("target", "stop", "time", "session", "trail")] == [True, *[False] * 4]
    assert [won(end) for end in ("tape-end", "flatten", "unfilled", "open")] == [None] * 4


def test_break_even_is_that_of_the_arithmetic() -> None:
    # 3 ticks to the stop, 6 to the target, a commission of 2.25 a side, one tick of slippage
    assert ES.break_even(3, 6) == (3 + Fraction(450, 1250) + 1) / 9


def test_an_answer_is_a_look_up(model: Model) -> None:
    one, who = judge(model), PEOPLE[0]
    began = time.process_time()
    for _ in range(200):
        one.says(proposal(who), signal(who), 0.4, guarded=False)
    took = (time.process_time() - began) / 200
    print(f"an answer takes {1e6 * took:.0f} µs of processor time")
    assert took < 0.02  # no bench: an isotonic fit for each answer would take far longer


def test_a_file_that_is_no_model_is_refused_and_one_that_was_altered_is_known(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    with pytest.raises(InputMissing, match="paperpit model train"):
        record.read(path)
    path.write_text("{}")
    with pytest.raises(ConfigError, match="no model"):
        record.read(path)
    record.write(path, model)
    text = path.read_text()
    path.write_text(text.replace(f'"candidates": {model.candidates}', f'"candidates": {model.candidates + 1}'))
    assert not record.read(path).whole


class Doubting:
    """A model of a test: it abstains from candidates of these sides."""

    state = None

    def __init__(self, says: str) -> None:
        self._says = says

    def says(
        self, proposal: Proposal, signal: Signal | None, break_even: float, *, guarded: bool
    ) -> Mapping[str, Fact]:
        return {"model": "m", "model_says": self._says, "model_p0": 0.5}

    def shut(self, now: int) -> Mapping[Abstain, int | None]:
        return {Abstain.STALE_MODEL: 1_790_000_000_000_000_000} if self._says == Abstain.STALE_MODEL else {}

    def hear(self, what: Iterable[Heard]) -> None:
        """It has no memory."""


@given(
    changes=st.fixed_dictionaries({}, optional={"quantity": st.integers(0, 4), "risk": st.integers(0, 60)}),
    says=st.sampled_from([word.value for word in Abstain]),
)
def test_with_a_model_no_more_is_approved_and_nothing_is_changed(changes: dict[str, int], says: str) -> None:
    without = Bench().judge(**changes)
    verdict = Bench(models={"one": Doubting(says)}).judge(**changes)
    if isinstance(verdict, Approved):
        assert isinstance(without, Approved)
        assert replace(verdict.proposal, facts={}) == replace(without.proposal, facts={})
    assert isinstance(verdict, Approved) == (isinstance(without, Approved) and says == "OK")
    if isinstance(verdict, Blocked) and isinstance(without, Blocked):
        assert [one for one in verdict.reasons if one.rule != "model"] == list(without.reasons)


def test_a_closed_model_is_told_without_a_proposal_with_its_age_and_what_opens_it() -> None:
    bench = Bench(models={"one": Doubting("STALE_MODEL")})
    (reason,) = [one for one in bench.gate.standing("one", 0, bench.now) if one.rule == "model"]
    assert "the model of one is closed: what it was trained on is over 30 days old, since 2026-09-21" in reason.message
    assert reason.facts["abstain"] == "STALE_MODEL"
    assert reason.facts["since_ns"] == 1_790_000_000_000_000_000
    assert "paperpit model train" in str(reason.facts["do"])
    assert Bench(models={"one": Doubting("OK")}).gate.standing("one", 0, bench.now) == []


def test_a_strategy_without_a_model_has_none_to_reset() -> None:
    with pytest.raises(UsageError, match="has no model"):
        Bench().gate.reset_model("one", 1)
