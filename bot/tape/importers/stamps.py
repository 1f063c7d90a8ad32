"""Times as tables write them, read as ns UTC.

Known: ISO 8601 (also with `/`), `yyyyMMdd HHmmss fffffff`, counts since 1970 in s, ms, µs or ns (told by their length),
and Sierra Chart's own `HH:MM:SS.` + milliseconds without leading zeros + a counter of three digits. A time without a
zone needs one from outside; in the hour that a clock change repeats, the second pass begins where the clock jumps back.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bot.errors import DataDamaged, UsageError
from bot.tape.arrow import absent, integers
from bot.tape.grid import NONE, Int64

_ISO = re.compile(
    r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]+\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?(?P<zone>Z|[+-]\d{2}:?\d{2})?$"
)
_COMPACT = re.compile(r"^\d{8}[ T]?\d{6}([ .]?\d{1,9})?$")
_EPOCH = re.compile(r"^(?P<whole>\d{10}|\d{13}|\d{16}|\d{19})(?P<part>\.\d{1,9})?$")
_EPOCH_NS = {10: 1_000_000_000, 13: 1_000_000, 16: 1_000, 19: 1}
_SIERRA = re.compile(r"^\d{4}[-/]\d{1,2}[-/]\d{1,2} +\d{1,2}:\d{2}:\d{2}(\.\d+)?$")
_QUARTER_NS = 900 * 1_000_000_000
_HALF_HOUR_NS = 2 * _QUARTER_NS
_NULLS = ("", "null", "NULL", "None", "nan", "NaN")


class Stamps:
    """Reads the times of one file, in its order. Raises UsageError when they are of no known form or need a zone."""

    def __init__(self, path: Path, samples: Sequence[str], zone: ZoneInfo | None, *, sierra: bool = False) -> None:
        self._path, self._zone = path, zone
        samples = [sample.strip() for sample in samples if sample.strip() not in _NULLS]
        form = _form(samples, sierra)
        if not samples or form is None:
            raise UsageError(
                f"times like {samples[0] if samples else ''!r} are of no known form",
                where=str(path),
                allowed="2026-05-27 09:30:00.123, 20260527 093000 1234567, or a count since 1970 in s, ms, µs or ns",
                do="write them in one of these forms, year first",
            )
        self._form = form
        self._utc = form == "zoned" or form.startswith("epoch")
        if not self._utc and zone is None:
            raise UsageError(
                f"times like {samples[0]!r} carry no zone",
                where=str(path),
                allowed="a name such as America/New_York, America/Chicago, Europe/Madrid, UTC",
                do="--tz ZONE, the zone that the platform showed when it wrote the file",
            )
        self._second_pass = False
        self._last_local = NONE

    def read(self, texts: Any) -> Int64:
        """ns UTC of an Arrow array of texts; NONE where it is null. Raises DataDamaged, quoting what it cannot read."""
        try:
            local, missing = self._local(texts)
        except pa.ArrowInvalid as error:
            quoted = re.search(r"'([^']*)'", str(error))
            what = f"a time cannot be read: {quoted[0] if quoted else str(error).splitlines()[0]}"
            raise DataDamaged(what, where=str(self._path)) from None
        utc = local if self._utc else self._shifted(local, missing)
        utc[missing] = NONE
        return utc

    def _local(self, texts: Any) -> tuple[Int64, Any]:
        texts = pc.utf8_trim_whitespace(texts)
        missing = absent(texts)
        if self._form.startswith("epoch"):
            return _since_1970(texts, int(self._form.removeprefix("epoch"))), missing
        extra: Any = 0
        if self._form == "sierra":
            texts, extra = _split_counter(texts)
        elif self._form == "compact":
            texts = _spread(texts)
        if self._form in ("iso", "zoned", "sierra"):
            texts = pc.replace_substring_regex(texts, r"[-/](\d{1,2})[-/](\d{1,2})(T| +|$)", r"-0\1-0\2 ")
            texts = pc.replace_substring_regex(texts, r"-0(\d\d)", r"-\1")
            texts = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r" (\d):", r" 0\1:"))
        kind = pa.timestamp("ns", "UTC") if self._form == "zoned" else pa.timestamp("ns")
        return integers(texts.cast(kind), 0) + extra, missing

    def _shifted(self, local: Int64, missing: Any) -> Int64:
        """Local clock readings as UTC, telling the two passes of a repeated hour apart by the jump between them."""
        assert self._zone is not None
        quarters, where = np.unique(np.where(missing, 0, local) // _QUARTER_NS, return_inverse=True)
        offsets = np.array([_offsets(int(quarter), self._zone) for quarter in quarters])
        first, second = offsets[where, 0], offsets[where, 1]
        if ((first < second) & ~missing).any():
            at = int(local[(first < second) & ~missing][0])
            raise DataDamaged(
                f"the time {_naive(at):%Y-%m-%d %H:%M:%S} did not exist in {self._zone}: the clock went forward",
                where=str(self._path),
                do="give the zone that the file was written in: --tz ZONE",
            )
        repeated = (first > second) & ~missing
        shift = first
        if repeated.any():
            times = local[repeated]
            before = np.concatenate([[self._last_local if self._last_local != NONE else times[0]], times[:-1]])
            passed = np.logical_or.accumulate(times - before < -_HALF_HOUR_NS) | self._second_pass
            shift = first.copy()
            shift[repeated] = np.where(passed, second[repeated], first[repeated])
            self._last_local, self._second_pass = int(times[-1]), bool(passed[-1])
        utc: Int64 = local - shift
        return utc


def _form(samples: Sequence[str], sierra: bool) -> str | None:
    if sierra:
        return "sierra" if all(_SIERRA.match(sample) for sample in samples) else None
    iso = [_ISO.match(sample) for sample in samples]
    if all(iso):
        return "zoned" if all(match and match["zone"] for match in iso) else "iso"
    epochs = [_EPOCH.match(sample) for sample in samples]
    lengths = {len(match["whole"]) for match in epochs if match}
    if all(epochs) and len(lengths) == 1:
        return f"epoch{_EPOCH_NS[lengths.pop()]}"
    return "compact" if all(_COMPACT.match(sample) for sample in samples) else None


def _since_1970(texts: Any, unit_ns: int) -> Int64:
    whole = integers(pc.replace_substring_regex(texts, r"\..*$", ""), 0) * unit_ns
    part = pc.utf8_rpad(pc.replace_substring_regex(texts, r"^\d+\.?", ""), 9, "0")
    # Nine digits after the point are billionths of the unit.
    return whole + integers(part, 0) * unit_ns // 1_000_000_000


def _split_counter(texts: Any) -> tuple[Any, Int64]:
    """Sierra's times up to the second, and what follows in ns: `.955007` is 955 ms and number 7, `.5000` is 5 ms."""
    tail = pc.replace_substring_regex(texts, r"^[^.]*\.?", "")
    counts = integers(pc.replace_substring_regex(tail, r"^$", "0"), 0)
    extra = counts // 1000 * 1_000_000 + counts % 1000 * 1_000
    return pc.replace_substring_regex(texts, r"\..*$", ""), extra


def _spread(texts: Any) -> Any:
    """`20260527 093000 1234567` as `2026-05-27 09:30:00.1234567`."""
    return pc.replace_substring_regex(
        pc.replace_substring_regex(
            texts,
            r"^(\d{4})(\d\d)(\d\d)[ T]?(\d\d)(\d\d)(\d\d)[ .]?(\d*)$",
            r"\1-\2-\3 \4:\5:\6.\7",
        ),
        r"\.$",
        "",
    )


def _naive(local_ns: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=local_ns // 1000)  # noqa: DTZ001 - a clock reading, no moment


def _offsets(quarter: int, zone: ZoneInfo) -> tuple[int, int]:
    """Offsets from UTC in ns of a local quarter of an hour, before and after a change of the clock."""
    reading = _naive(quarter * _QUARTER_NS)
    both = []
    for fold in (0, 1):
        offset = reading.replace(tzinfo=zone, fold=fold).utcoffset()
        assert offset is not None
        both.append(int(offset / timedelta(microseconds=1)) * 1000)
    return both[0], both[1]
