"""How what two runs did differently is told to a person: causes, and of what follows from them only how much."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Differences = Sequence[Mapping[str, Any]]


def causes(found: Differences) -> list[Mapping[str, Any]]:
    """Those that follow from no other."""
    return [one for one in found if "follows" not in one]


def following(found: Differences) -> Iterator[str]:
    """A sentence for each cause that others follow from."""
    for cause, count in Counter(one["follows"] for one in found if "follows" in one).items():
        yield f"{count} more follow{'s' * (count == 1)} from {cause}"
