"""Between numpy and Arrow without pandas.

Wherever pandas is installed, pyarrow imports it as soon as a Python value or a numpy array becomes an Arrow one or the
reverse; that costs a cold start up to a second and 60 MiB. The buffers are the same either way.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def values(array: Any, dtype: npt.DTypeLike) -> Any:
    """The numbers of an Arrow array, uncopied and read-only; anything where it is null."""
    kind = np.dtype(dtype)
    if not len(array):
        return np.empty(0, kind)
    return np.frombuffer(array.buffers()[1], kind, len(array), array.offset * kind.itemsize)


def floats(array: Any) -> npt.NDArray[np.float64]:
    """Any numbers as a copy in float64, NaN where there is none."""
    filled: npt.NDArray[np.float64] = values(array.cast(pa.float64()), np.float64).copy()
    filled[absent(array)] = np.nan
    return filled


def integers(array: Any, otherwise: int) -> npt.NDArray[np.int64]:
    """Whole numbers as a copy in int64, `otherwise` where there is none."""
    filled: npt.NDArray[np.int64] = values(array.cast(pa.int64()), np.int64).copy()
    filled[absent(array)] = otherwise
    return filled


def absent(array: Any) -> npt.NDArray[np.bool_]:
    """Where an Arrow array is null."""
    flags: npt.NDArray[np.bool_] = values(array.is_null().cast(pa.uint8()), np.bool_)
    return flags


def column(array: npt.NDArray[Any]) -> Any:
    """The Arrow array of a contiguous numpy array of numbers, uncopied."""
    return pa.Array.from_buffers(pa.from_numpy_dtype(array.dtype), len(array), [None, pa.py_buffer(array)])
