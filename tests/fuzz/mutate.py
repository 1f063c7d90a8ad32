"""Mutations of a settings file, as hands and editors make them, and as nobody would: drawn from a seed."""

import re
from collections.abc import Callable, Sequence
from random import Random

VALUES = (
    *("", "0", "-1", "1", "3", "1.5", "-0.0", "1e3", "1e400", "nan", "inf", "99999999999999999999", "true", "false"),
    *(
        '""',
        '"0"',
        '"-1"',
        '"1"',
        '"1.5"',
        '"nan"',
        '"1e9"',
        '"ten"',
        '" "',
        '"ES"',
        '"ESZ2026"',
        '"es"',
        '"none"',
        "'x'",
    ),
    *('"15m"', '"15 m"', '"-5m"', '"0s"', '"1e9d"', '"999999999d"', '"0.0001ms"', '"5x"', '"m"', "15"),
    *('"09:30"', '"9:30"', '"24:00"', '"09:60"', '"16:00"', "09:30:00", "2026-12-09", "2026-12-09T14:00:00Z"),
    *('"2026-12-09"', '"2026-13-40"', '"4200.25"', '"4200.30"', '"0.25"', '"1/3"', '"∞"', '"٣"', '"a\\u0000b"'),
    *("[]", "[1]", '["a"]', '["drill-es.toml"]', "[[]]", "{}", "{ a = 1 }", '[{ from = "2026-01-01" }]'),
    *('"nowhere.toml"', '"/"', '"."', '"../.."', '"~"', '"x.py:Y"', '"/dev/null"', '"replay"', '"ib"', '"drill"'),
    *('"postgresql://u:p@h/d"', '"sqlite://"', '"sqlite:///x.db"', '"mysql://x"', '"://"', '"cluster"', '"zone"'),
    *('"America/New_York"', '"Mars/Base"', '"NYSE"', '"CME Globex Equity"', '"third-friday"', '"8d"', '"volume"'),
)
"""What stands where something else should."""

NAMES = (
    "",
    "x",
    "name",
    "url",
    "password",
    "tick",
    "stop_ticks",
    "risk",
    "bracket",
    "params",
    "a.b.c",
    '"odd key"',
    "ES",
)
NOISE = (
    "\x00",
    "\n",
    "=",
    "[",
    "]",
    '"',
    "'",
    "#",
    ",",
    "\\",
    "{",
    "}",
    "é",
    "💥",
    "\ufeff",
    "\t",
    "\r\n",
    "0",
    "-",
    ".",
)
CELLS = (
    "",
    "cpi",
    "fomc",
    "2026-12-10",
    "10.12.2026",
    "0000-00-00",
    "9999-12-31",
    "0001-01-01",
    "08:30",
    "8h30",
    "all-day",
)
CELLS += (
    "24:00",
    "UTC",
    "America/New_York",
    "Mars",
    "2026-12-10T13:30:00Z",
    "2026-12-10T13:30:00",
    "9999-12-31T23:59:59Z",
)
CELLS += ("scheduled", "coverage", "cancelled", "estimate", "perhaps", '"', "x" * 5000, "\x00", "٣", "-1", "1e9")

_VALUE = re.compile(r"(?<==)[^#\n]*")
_QUOTED = re.compile(r'"[^"\n]*"|\b\d[\d_.]*\b')
_COMMENTED = re.compile(r"^# ?(\[[^\]]+\]|[a-z_]+ = .*)$", re.MULTILINE)

Mutation = Callable[[list[str], Random], None]


def mutated(text: str, chance: Random, *, table: bool = False) -> str:
    """`text` with one to four mutations; `table`: it is a CSV and no TOML."""
    if not table and chance.random() < 0.5:
        # What stands in a comment is what people switch on.
        text = _COMMENTED.sub(lambda found: found[1] if chance.random() < 0.5 else found[0], text)
    rows = text.splitlines()
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        chance.choice(_OF_TABLES if table else _OF_TOML)(rows, chance)
    return "\n".join(rows) + "\n"


def _row(rows: Sequence[str], chance: Random, wanted: str = "") -> int:
    fit = [index for index, row in enumerate(rows) if wanted in row and not row.startswith("#")]
    return chance.choice(fit) if fit else 0


def _other_value(rows: list[str], chance: Random) -> None:
    at = _row(rows, chance, "=")
    rows[at] = _VALUE.sub(lambda _: f" {chance.choice(VALUES)} ", rows[at], count=1)


def _inside_a_value(rows: list[str], chance: Random) -> None:
    at = _row(rows, chance, "=")
    key, equals, value = rows[at].partition("=")
    rows[at] = key + equals + _QUOTED.sub(lambda _: chance.choice(VALUES), value, count=1)


def _other_key(rows: list[str], chance: Random) -> None:
    at = _row(rows, chance, "=")
    key, equals, value = rows[at].partition("=")
    cut = chance.randrange(len(key) + 1)
    key = chance.choice((key[:cut] + key[cut + 1 :], key.upper(), f"{key.strip()}s ", f"{chance.choice(NAMES)} "))
    rows[at] = key + equals + value


def _gone(rows: list[str], chance: Random) -> None:
    if len(rows) > 1:
        del rows[_row(rows, chance)]


def _twice(rows: list[str], chance: Random) -> None:
    rows.insert(chance.randrange(len(rows) + 1), rows[_row(rows, chance)])


def _swapped(rows: list[str], chance: Random) -> None:
    one, other = _row(rows, chance), _row(rows, chance)
    rows[one], rows[other] = rows[other], rows[one]


def _new_row(rows: list[str], chance: Random) -> None:
    name = chance.choice(NAMES)
    made = chance.choice((f"[{name}]", f"[[{name}]]", f"{name} = {chance.choice(VALUES)}", f"[{name}.{name}]"))
    rows.insert(chance.randrange(len(rows) + 1), made)


def _noise(rows: list[str], chance: Random) -> None:
    at = chance.randrange(len(rows))
    cut = chance.randrange(len(rows[at]) + 1)
    rows[at] = rows[at][:cut] + chance.choice(NOISE) + rows[at][cut:]


def _cut_off(rows: list[str], chance: Random) -> None:
    del rows[chance.randrange(1, len(rows) + 1) :]
    rows[-1] = rows[-1][: chance.randrange(len(rows[-1]) + 1)]


def _deep(rows: list[str], chance: Random) -> None:
    depth = chance.choice((5, 60, 400))
    rows.insert(
        0, chance.choice((f"x = {'[' * depth}{']' * depth}", f"[{'.'.join('a' * depth)}]", f"x = {'9' * 5000}"))
    )


def _other_cell(rows: list[str], chance: Random) -> None:
    at = chance.randrange(len(rows))
    cells = rows[at].split(",")
    cells[chance.randrange(len(cells))] = chance.choice(CELLS)
    rows[at] = ",".join(cells)


def _fewer_cells(rows: list[str], chance: Random) -> None:
    at = chance.randrange(len(rows))
    cells = rows[at].split(",")
    rows[at] = ",".join(cells[: chance.randrange(len(cells) + 1)] + [chance.choice(CELLS)] * chance.choice((0, 0, 9)))


_OF_TOML: tuple[Mutation, ...] = (
    *(_other_value,) * 6,
    *(_inside_a_value,) * 3,
    *(_other_key,) * 3,
    *(_gone, _gone, _twice, _swapped, _new_row, _new_row, _noise, _noise, _cut_off, _deep),
)
_OF_TABLES: tuple[Mutation, ...] = (*(_other_cell,) * 6, _fewer_cells, _gone, _twice, _swapped, _noise, _cut_off)
