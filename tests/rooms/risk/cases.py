"""What a boundary case of a rule is made of."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.rooms.risk.bench import ES, SECOND, Bench, ns

Try = Callable[[], list[str]]


def alone(bench: Bench, **changes: Any) -> list[str]:
    """What refuses one proposal at an otherwise ordinary desk."""
    return bench.refused(**changes)


def after(bench: Bench, do: Callable[[Bench], object], **changes: Any) -> list[str]:
    """What refuses a proposal when something has happened before."""
    do(bench)
    return bench.refused(**changes)


def later(bench: Bench, do: Callable[[Bench], object], **changes: Any) -> list[str]:
    """The same a minute later, when the same wish is no duplicate."""
    do(bench)
    return bench.at(bench.now + 60 * SECOND).refused(**changes)


def at(text: str, **hours: Any) -> list[str]:
    return Bench(now=ns(text), hours=hours).refused()


def with_es(**facts: Any) -> Bench:
    return Bench(instruments=[replace(ES, **facts)])


@dataclass(frozen=True)
class Case:
    """One boundary of one rule."""

    rule: str
    passes: Try
    stops: Try
    name: str = ""
