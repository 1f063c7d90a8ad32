"""Many markets at a time, a seed each, and the words by which somebody says how many."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Found = TypeVar("Found")


def asked(words: Sequence[str], **usual: str) -> dict[str, str]:
    """What `SEEDS=200 JOBS=2` says, over what is usual."""
    return {**usual, **dict(word.split("=", 1) for word in words)}


def of_each(one: Callable[[int], Found], seeds: Sequence[int], jobs: int) -> list[Found]:
    """What `one` finds of every seed, so many at a time, in order of seed."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("forkserver")) as pool:
        return list(pool.map(one, seeds))
