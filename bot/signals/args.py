"""Params as a row that a kernel can read: one field a parameter, in the order of the class."""

import hashlib
from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

import msgspec
import numpy as np
import numpy.typing as npt

from bot.config import Params

_TYPES = {"int": "i8", "float": "f8", "bool": "u1"}


def args_dtype(params: type[Params]) -> np.dtype[np.void]:
    """The row type of a Params class. Raises KeyError for a field that is neither int, float, bool nor Literal."""
    fields = [
        (name, "i8" if _choices(kind) else _TYPES[str(getattr(kind.annotation, "__name__", ""))])
        for name, kind in params.model_fields.items()
    ]
    return np.dtype(fields, align=True)


def _choices(kind: Any) -> tuple[Any, ...]:
    """What a Literal field may say; a kernel is told which of them it is, by number."""
    return get_args(kind.annotation) if get_origin(kind.annotation) is Literal else ()


def args_row(params: Params, dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
    """The values of `params` as one row of `dtype`."""
    row = np.zeros(1, dtype)  # with nothing between the fields: equal memories are to be equal bytes
    for (name, kind), value in zip(type(params).model_fields.items(), params.as_args(), strict=True):
        choices = _choices(kind)
        row[name] = choices.index(value) if choices else value
    return row


def first(dtype: np.dtype[np.void], params: Params, source: int, kind: int, timeframe: int) -> npt.NDArray[np.void]:
    """One row of a detector's memory: it knows who it is and its parameters (field `args`), and nothing yet."""
    row = np.zeros(1, dtype)
    row["args"] = args_row(params, dtype["args"])
    row["source"], row["kind"], row["timeframe"] = source, kind, timeframe
    return row


def params_hash(kind: str, timeframe: int, params: Params | None, parts: Sequence[str] = ()) -> str:
    """Twelve letters that name a detector's kind, timeframe and parameters, and the `parts` that it is built on."""
    values: dict[str, Any] = params.model_dump(mode="json") if params else {}
    return hashlib.sha256(msgspec.json.encode([kind, timeframe, values, *parts])).hexdigest()[:12]
