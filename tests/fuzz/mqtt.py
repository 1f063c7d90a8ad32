"""`python -m tests.fuzz.mqtt [N] [SEED]`: so many mutated commands, of which none is done that was not signed so.

A case is a signed command whose bytes somebody has laid hands on: cut, flipped, with another value, another key, noise.
The figures at the end are of processor time; none is asserted.
"""

import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec

from bot.mqtt.judging import VERBS
from bot.mqtt.signing import Said
from tests.fuzz.ending import ended
from tests.rooms.mqtt.told import Line, said

NOISE = (
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b'"',
    b"{",
    b"[" * 2000,
    b"\\u0000",
    b"1e999",
    b"9" * 300,
    b"\\ud800",
    b"\n",
)
VALUES = (None, True, -1, 2**64, 1e308, "", "all", "ES", "\x1b[2J", "x" * 5000, [], {}, [[]], {"v": 1}, "flatten")
KEYS = (*Said.__struct_fields__, "nonce", "clear_kill", "__class__", "")


@dataclass
class Told:
    """What came of the cases so far."""

    codes: Counter[str] = field(default_factory=Counter)
    ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The figures in one line."""
        ordered = sorted(self.ms)
        codes = " ".join(f"{code}={count}" for code, count in sorted(self.codes.items()))
        p50, p99 = statistics.median(ordered), ordered[int(0.99 * len(ordered))]
        return f"cases={len(ordered)} wrong={len(self.wrong)} {codes} p50={p50:.2f}ms p99={p99:.2f}ms"


def mutated(payload: bytes, chance: Random) -> bytes:
    """The same command after one to three accidents."""
    for _ in range(chance.randint(1, 3)):
        payload = chance.choice(ACCIDENTS)(payload, chance)
    return payload


def _cut(payload: bytes, chance: Random) -> bytes:
    return payload[: chance.randrange(len(payload) + 1)]


def _flipped(payload: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(payload) + 1)
    return payload[:at] + bytes([chance.randrange(256)]) + payload[at + 1 :]


def _noise(payload: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(payload) + 1)
    return payload[:at] + chance.choice(NOISE) + payload[at:]


def _other(payload: bytes, chance: Random) -> bytes:
    try:
        fields = json.loads(payload)
    except (ValueError, RecursionError):
        return payload * 2
    if not isinstance(fields, dict):
        return payload * 2
    fields[chance.choice(KEYS)] = chance.choice(VALUES)
    return json.dumps(fields).encode()


def _gone(payload: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(payload) + 1)
    return payload[:at] + payload[at + chance.randrange(20) :]


ACCIDENTS: tuple[Callable[[bytes, Random], bytes], ...] = (
    _cut,
    _flipped,
    _flipped,
    _noise,
    _other,
    _other,
    _other,
    _gone,
)


def fuzz(cases: int, seed: int, folder: Path, first: int = 0) -> Told:
    """Say the cases `first` to `first + cases` of a seed to one desk, whose memory lies in `folder`."""
    return asyncio.run(_fuzz(Told(), range(first, first + cases), seed, Line(folder)))


async def _fuzz(told: Told, cases: range, seed: int, line: Line) -> Told:
    for number in cases:
        chance = Random(f"{seed}:{number}")
        one = said(chance.choice(VERBS), f"n-{number:07}", reason="lunch", instrument="ES", confirm="ES")
        payload = mutated(msgspec.json.encode(one), chance)
        done, begun = len(line.desk.heard), time.process_time()
        try:
            answer = await line.hears(payload, one.verb)
        except Exception as bug:  # noqa: BLE001 - that nothing gets here is what is tested
            told.wrong.append(f"case {number}: {type(bug).__name__}: {bug}")
            continue
        told.ms.append((time.process_time() - begun) * 1000)
        told.codes[answer.get("code", "ok")] += 1
        is_meant = _read(payload) == one
        if answer["ok"] is not is_meant or len(line.desk.heard) - done != is_meant:
            told.wrong.append(f"case {number}: {payload!r} was answered {answer}")
    line.commands.end()
    return told


def _read(payload: bytes) -> Said | None:
    """What it says, though somebody laid hands on it: a blank more changes nothing."""
    try:
        return msgspec.json.decode(payload, type=Said) if len(payload) <= 4096 else None
    except (msgspec.DecodeError, UnicodeError):
        return None


def main(words: list[str]) -> int:
    """The command."""
    cases, seed, first = (int(word) for word in (*words, *("1000", "1", "0")[len(words) :]))
    with TemporaryDirectory() as folder:
        told = fuzz(cases, seed, Path(folder), first)
    return ended(told, "tests.fuzz.mqtt", seed)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
