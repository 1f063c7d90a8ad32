"""A model as it is kept: a JSON file, its hash, and what it says of a candidate.

    score      b + Σ w·(x − mean) ÷ sd
    [p0, p1]   inductive Venn-Abers: isotonic fits of the calibration with the new point labelled 0 and 1, made once for
               every place that a score can take among the calibration's, so that an answer is a look-up
    p          p1 ÷ (1 − p0 + p1)
Source
    V. Vovk, I. Petej, Venn-Abers predictors (2014).
"""

import hashlib
import math
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from bot import durable
from bot.errors import ConfigError, InputMissing

Floats = NDArray[np.float64]
FORMULA = 1
"""Counts the changes of what features, score and calibration mean: a file of another one is not trusted."""


class Bin(msgspec.Struct, frozen=True):
    """Tested candidates whose p lies together, of days that their model had not seen."""

    count: int
    promised: float
    """Mean of p."""
    won: float
    """Share that won."""


class Scores(msgspec.Struct, frozen=True):
    """How well probabilities held on days that their model had not seen."""

    ece: float
    """Σ share of a bin × |promised − won|, ten bins of equal mass."""
    brier: float
    log_loss: float


class Tested(msgspec.Struct, frozen=True):
    """What a walk forward over the days said before the model was made of all of them."""

    candidates: int
    days: int
    kept: int
    """Where p0 was above break-even."""
    kept_won: int
    venn_abers: Scores
    isotonic: Scores
    """A plain isotonic fit of the same scores on the same days: for comparison only."""
    base: Scores
    """Always the calibration days' win rate: a model that is no better than this knows nothing."""
    skill: float
    """By how many standard errors (of days) the log loss of `venn_abers` is better than that of `base`."""
    table: tuple[Bin, ...]
    width: float
    """Mean of p1 − p0."""

    @property
    def chance(self) -> float:
        """About the ECE of a model that is right: Σ share of a bin × √(2/π) × the standard error of its win rate."""
        errors = (
            one.count * math.sqrt(2 * one.promised * (1 - one.promised) / math.pi / one.count) for one in self.table
        )
        return math.fsum(errors) / self.candidates


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a model is. Times are ns UTC; probabilities are of winning."""

    strategy: str
    features: tuple[str, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    c: float
    """Strength of the L2 penalty, inverse; chosen on blocks of days."""
    knots: tuple[float, ...]
    """The calibration's different scores, ascending."""
    low: tuple[float, ...]
    """p0 before, at and after each knot: 2·knots + 1 places."""
    high: tuple[float, ...]
    """p1 likewise."""
    precision: tuple[tuple[float, ...], ...]
    """Inverse of the Ledoit-Wolf covariance of the standardised training features."""
    distances: tuple[float, ...]
    """Squared Mahalanobis distances of the calibration, ascending."""
    params: tuple[str, ...]
    """Hashes of the detectors' parameters that the signals were made with."""
    data_hash: str
    """Of every candidate with its label."""
    candidates: int
    won: int
    training_days: tuple[int, ...]
    calibration_days: tuple[int, ...]
    until_ns: int
    """When the last candidate of the data was known: the model's age counts from here."""
    fill_models: tuple[str, ...]
    tested: Tested
    version: str = ""
    """Of the program that trained it."""
    formula: int = FORMULA

    @property
    def hash(self) -> str:
        """SHA-256 of all of it, short."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:16]

    def standardised(self, features: Sequence[float]) -> Floats:
        """(x − mean) ÷ sd."""
        z: Floats = (np.asarray(features, float) - np.asarray(self.mean)) / np.asarray(self.sd)
        return z

    def interval(self, z: Floats) -> tuple[float, float]:
        """p0 and p1 of standardised features."""
        score = float(np.dot(z, np.asarray(self.weights)) + self.intercept)
        at = bisect_left(self.knots, score)
        place = 2 * at + (at < len(self.knots) and self.knots[at] == score)
        return self.low[place], self.high[place]

    def distance(self, z: Floats) -> float:
        """Squared Mahalanobis distance from the middle of the training."""
        return float(z @ np.asarray(self.precision) @ z)


class File(msgspec.Struct, frozen=True):
    """What stands in the file."""

    hash: str
    model: Model

    @property
    def whole(self) -> bool:
        """Whether it is what was trained, and by the formulas of this program."""
        return self.hash == self.model.hash and self.model.formula == FORMULA


def write(path: Path, model: Model) -> None:
    """Put a model in the place of `path`, whole. Raises OSError."""
    text = msgspec.json.encode(File(model.hash, model), order="deterministic")
    durable.replace(path, [msgspec.json.format(text, indent=1), b"\n"])


def read(path: Path) -> File:
    """The file at `path`. Raises InputMissing, and ConfigError for what is no model."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=File)
    except FileNotFoundError:
        raise InputMissing("there is no model", where=str(path), do=f"paperpit model train --out {path}") from None
    except (msgspec.DecodeError, OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"this is no model of paperpit ({error})", where=str(path), do="train it anew: paperpit model train"
        ) from None
