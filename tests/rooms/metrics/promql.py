"""As much of Prometheus's query language as the alert rules use, read over two expositions: one before, one now.

`rate(x[5m])` is what `x` has grown by between the two; nothing here depends on how long that was.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client.samples import Sample

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Value = float | Vector

_TOKEN = re.compile(r'\s*("[^"]*"|\[\w+\]|[a-zA-Z_]\w*|[\d.]+(?:e\d+)?|=~|==|[-+*/<>(){},=])')
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {"==": operator.eq, "<": operator.lt, ">": operator.gt}
_SUM: Mapping[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub}
_PRODUCT: Mapping[str, Callable[[float, float], float]] = {"*": operator.mul, "/": operator.truediv}
_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {"max": max, "min": min, "sum": sum}


def evaluate(text: str, now: Sequence[Sample], before: Sequence[Sample], time_s: float) -> Vector:
    """What an alert's expression gives; it fires when that is not empty."""
    found = _Reader(list(_TOKEN.findall(text)), now, before, time_s).whole()
    assert isinstance(found, dict), f"{text} is a number, not a vector"
    return found


@dataclass
class _Reader:
    words: list[str]
    now: Sequence[Sample]
    before: Sequence[Sample]
    time_s: float
    at: int = 0
    used: list[str] = field(default_factory=list)

    def whole(self) -> Value:
        found = self._and()
        assert self.at == len(self.words), f"not read: {self.words[self.at :]}"
        return found

    def _peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def _take(self, *wanted: str) -> str:
        word = self._peek()
        assert not wanted or word in wanted, f"{word!r} where {wanted} should be"
        self.at += 1
        return word

    def _and(self) -> Value:
        left = self._compare()
        while self._peek() == "and":
            self._take("and")
            self._take("on")
            names, right = self._names(), self._compare()
            assert isinstance(left, dict)
            assert isinstance(right, dict)
            there = {_only(labels, names) for labels in right}
            left = {labels: value for labels, value in left.items() if _only(labels, names) in there}
        return left

    def _compare(self) -> Value:
        left = self._binary(_SUM, lambda: self._binary(_PRODUCT, self._one))
        if self._peek() not in _COMPARE:
            return left
        holds, right = _COMPARE[self._take()], self._binary(_SUM, lambda: self._binary(_PRODUCT, self._one))
        assert isinstance(left, dict)
        assert isinstance(right, float)
        return {labels: value for labels, value in left.items() if holds(value, right)}

    def _binary(self, signs: Mapping[str, Callable[[float, float], float]], part: Callable[[], Value]) -> Value:
        left = part()
        while self._peek() in signs:
            left = _both(signs[self._take()], left, part())
        return left

    def _one(self) -> Value:
        word = self._take()
        if word == "(":
            found = self._and()
            self._take(")")
            return found
        if word[0].isdigit():
            return float(word)
        if word in _AGGREGATES:
            self._take("by")
            names, vector = self._names(), self._call()[0]
            return _gathered(_AGGREGATES[word], vector, names)
        if self._peek() == "(":
            return self._function(word)
        return self._selected(word)

    def _function(self, name: str) -> Value:
        if name == "time":
            self._take("(")
            self._take(")")
            return self.time_s
        *numbers, vector = self._call()
        assert isinstance(vector, dict)
        if name == "abs":
            return {labels: abs(value) for labels, value in vector.items()}
        if name == "rate":
            return vector
        assert name == "histogram_quantile", f"{name} is not read here"
        assert isinstance(numbers[0], float)
        return _quantile(numbers[0], vector)

    def _call(self) -> list[Value]:
        self._take("(")
        found = [self._and()]
        while self._take(",", ")") == ",":
            found.append(self._and())
        return found

    def _names(self) -> frozenset[str]:
        self._take("(")
        found = {self._take()}
        while self._take(",", ")") == ",":
            found.add(self._take())
        return frozenset(found)

    def _selected(self, name: str) -> Vector:
        wanted = []
        if self._peek() == "{":
            self._take("{")
            while self._peek() != "}":
                wanted.append((self._take(), self._take("=", "=~"), self._take().strip('"')))
                if self._peek() == ",":
                    self._take(",")
            self._take("}")
        growth = bool(re.fullmatch(r"\[\w+\]", self._peek())) and bool(self._take())
        found = dict(_matching(self.now, name, wanted))
        return _both(operator.sub, found, dict(_matching(self.before, name, wanted))) if growth else found


def _matching(
    samples: Sequence[Sample], name: str, wanted: Sequence[tuple[str, str, str]]
) -> Iterator[tuple[Labels, float]]:
    for one in samples:
        if one.name == name and all(
            re.fullmatch(re.escape(text) if sign == "=" else text, one.labels.get(label, ""))
            for label, sign, text in wanted
        ):
            yield frozenset(one.labels.items()), one.value


def _both(act: Callable[[float, float], float], left: Value, right: Value) -> Vector | float:
    if isinstance(left, dict) and isinstance(right, dict):
        return {labels: act(value, right[labels]) for labels, value in left.items() if labels in right}
    if isinstance(left, dict):
        assert isinstance(right, float)
        return {labels: act(value, right) for labels, value in left.items()}
    if isinstance(right, dict):
        return {labels: act(left, value) for labels, value in right.items()}
    return act(left, right)


def _only(labels: Labels, names: frozenset[str]) -> Labels:
    return frozenset(pair for pair in labels if pair[0] in names)


def _gathered(gather: Callable[[Sequence[float]], float], vector: Value, names: frozenset[str]) -> Vector:
    assert isinstance(vector, dict)
    groups: dict[Labels, list[float]] = {}
    for labels, value in vector.items():
        groups.setdefault(_only(labels, names), []).append(value)
    return {labels: gather(values) for labels, values in groups.items()}


def _quantile(share: float, vector: Vector) -> Vector:
    """The upper bound of the bucket that it falls into; nothing where nothing has come."""
    groups: dict[Labels, list[tuple[float, float]]] = {}
    for labels, count in vector.items():
        (bound,) = [float(text) for name, text in labels if name == "le"]
        groups.setdefault(frozenset(pair for pair in labels if pair[0] != "le"), []).append((bound, count))
    found = {}
    for labels, buckets in groups.items():
        buckets.sort()
        if total := buckets[-1][1]:
            found[labels] = next(bound for bound, count in buckets if count >= share * total)
    return found
