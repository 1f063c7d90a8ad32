"""Why a model abstains, what it has said of a candidate, and how a candidate can end. Words and plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.decision import Fact


class Abstain(StrEnum):
    """One word on a candidate; every one but OK refuses it."""

    OK = "OK"
    NOT_TRAINED = "NOT_TRAINED"
    STALE_MODEL = "STALE_MODEL"
    FEATURE_MISSING = "FEATURE_MISSING"
    NOVEL_POINT = "NOVEL_POINT"
    NOVEL_STREAM = "NOVEL_STREAM"
    INTERVAL_WIDE = "INTERVAL_WIDE"
    STRADDLES_BREAKEVEN = "STRADDLES_BREAKEVEN"
    BELOW_BREAKEVEN = "BELOW_BREAKEVEN"
    REGIME_GUARD = "REGIME_GUARD"
    OUTCOME_ALARM = "OUTCOME_ALARM"
    CALIBRATION_BAD = "CALIBRATION_BAD"
    MODEL_HASH_MISMATCH = "MODEL_HASH_MISMATCH"


UNCERTAIN, NOVEL, BROKEN = "uncertain", "novel", "broken"
MEANS: Mapping[Abstain, tuple[str, str]] = {
    Abstain.NOT_TRAINED: (BROKEN, "there is no model that has learned anything"),
    Abstain.STALE_MODEL: (BROKEN, "what it was trained on is over 30 days old"),
    Abstain.FEATURE_MISSING: (BROKEN, "a number that it goes by is missing"),
    Abstain.NOVEL_POINT: (NOVEL, "it has seen nothing like this candidate"),
    Abstain.NOVEL_STREAM: (NOVEL, "candidates have not been like those that it knows for some time"),
    Abstain.INTERVAL_WIDE: (UNCERTAIN, "it cannot say the chance of winning closely enough"),
    Abstain.STRADDLES_BREAKEVEN: (UNCERTAIN, "the chance of winning may lie on either side of break-even"),
    Abstain.BELOW_BREAKEVEN: (UNCERTAIN, "the chance of winning is below break-even"),
    Abstain.REGIME_GUARD: (NOVEL, "a regime guard is on"),
    Abstain.OUTCOME_ALARM: (BROKEN, "what it promised has not come true; it waits for a new model and a person"),
    Abstain.CALIBRATION_BAD: (BROKEN, "its probabilities did not hold on days that it had not seen"),
    Abstain.MODEL_HASH_MISMATCH: (BROKEN, "the model is not the one that was meant, or was made of other signals"),
}
"""What kind of abstaining each is, and what it says to a person."""
DO: Mapping[Abstain, str] = {
    Abstain.NOT_TRAINED: "paperpit model train, then paperpit reload",
    Abstain.STALE_MODEL: "paperpit model train on newer days, then paperpit reload",
    Abstain.CALIBRATION_BAD: "paperpit model train on more days, then paperpit reload",
    Abstain.MODEL_HASH_MISMATCH: "put back the file that was meant or train anew, then paperpit reload",
    Abstain.OUTCOME_ALARM: "paperpit model train on newer days, paperpit reload, paperpit model reset {0} --reason …",
    Abstain.NOVEL_STREAM: "paperpit model reset {0} --reason …, if what it sees now is as good as what it knows",
}
"""What closes a model whatever is proposed, and what opens it; {0} is the strategy."""

MODEL, SAYS, DISTANCE = "model", "model_says", "model_distance"
"""Facts of a proposal that a model has seen: the model's hash, its words, how far away it lay."""
P0, P, P1 = "model_p0", "model_p", "model_p1"
"""The chance of winning that it said: the lower bound (which is what it promises), one number for it, the upper one."""


def words(says: str) -> list[Abstain]:
    """The words of a fact SAYS."""
    return [Abstain(word) for word in says.split(", ")]


_TELLING = ("target", "stop", "time", "blackout", "session", "breakeven", "trail")
"""Ends that say something of a candidate; the end of a tape or a person's hand says nothing."""


def won(exit_reason: str) -> bool | None:
    """Whether an end counts as a win (the target came before stop and time-out); None where it says nothing."""
    return exit_reason == "target" if exit_reason in _TELLING else None


@dataclass(frozen=True, slots=True)
class Said:
    """The chance of winning as a model said it of one candidate: from `p0` to `p1`, and `p` for it."""

    model: str
    p0: float
    p: float
    p1: float


def chance(facts: Mapping[str, Fact]) -> Said | None:
    """What a judged proposal's facts have of it; None where no model gave a number."""
    model, numbers = facts.get(MODEL), [facts.get(key) for key in (P0, P, P1)]
    known = [float(one) for one in numbers if isinstance(one, (int, float))]
    return Said(str(model), *known) if model and len(known) == len(numbers) else None


@dataclass(frozen=True, slots=True)
class Spoken:
    """A model has judged a candidate."""

    strategy: str
    model: str
    distance: float
    ts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """A candidate that a model let pass has ended."""

    strategy: str
    model: str
    bracket_id: str
    promised: float
    won: bool
    ts: int


@dataclass(frozen=True, slots=True)
class Reset:
    """A person has said that a strategy's model may be trusted again."""

    strategy: str
    ts: int


Heard = Spoken | Outcome | Reset


def outcome(strategy: str, facts: Mapping[str, Fact], bracket_id: str, exit_reason: str, ts: int) -> Outcome | None:
    """What the end of a bracket says of the model that let it pass; None where none did, or the end says nothing."""
    model, promised, is_won = facts.get(MODEL), facts.get(P0), won(exit_reason)
    if not model or not isinstance(promised, (int, float)) or is_won is None:
        return None
    return Outcome(strategy, str(model), bracket_id, float(promised), is_won, ts)


def spoken(strategy: str, facts: Mapping[str, Fact], ts: int) -> Spoken | None:
    """What a proposal judged at `ts` says of the stream of candidates; None where no model placed it."""
    model, distance = facts.get(MODEL), facts.get(DISTANCE)
    if not model or not isinstance(distance, (int, float)):
        return None
    return Spoken(strategy, str(model), float(distance), ts)
