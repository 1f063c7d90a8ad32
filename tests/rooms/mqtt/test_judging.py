"""What counts as a command through the broker, and that nothing else does anything."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import ConfigError, InputMissing
from bot.mqtt.commands import Asked, Refusals
from bot.mqtt.judging import BYTES_MAX, VERBS
from bot.mqtt.seen import DAY_NS
from bot.mqtt.signing import Said, is_signed, secret, signature, signed
from tests.rooms.mqtt.told import KEY, MAX_AGE, NOW, PLACE, Line, said


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


async def test_a_signed_command_is_told_to_the_desk_with_whoever_says_it(line: Line) -> None:
    answer = await line.says(said("pause", instrument="ES", strategy="drill", reason="lunch", who="ann"))
    assert answer == {"v": 1, "ok": True, "verb": "pause", "result": "pause done"}
    (heard,) = line.desk.heard
    assert (heard.verb, heard.instrument, heard.strategy, heard.reason) == ("pause", "ES", "drill", "lunch")
    assert (heard.who, heard.ts, heard.clear_kill) == ("mqtt:ann", NOW, False)


@pytest.mark.parametrize("verb", VERBS)
async def test_every_verb_may_be_told(line: Line, verb: str) -> None:
    more = {"flatten": {"confirm": "all"}, "resume": {"reason": "back"}}.get(verb, {})
    assert (await line.says(said(verb, **more)))["ok"]


async def test_the_status_does_not_show_a_whole_account_number(line: Line) -> None:
    assert (await line.says(said("status")))["status"] == {"state": "trading", "account": "DU…567"}


async def test_what_the_desk_refuses_is_answered_with_all_its_words(line: Line) -> None:
    assert await line.says(said("pause", instrument="XX")) == {
        **{"v": 1, "ok": False, "code": "usage", "message": "the desk does not trade XX"},
        **{"allowed": "ES", "do": "name another"},
    }


REFUSED: dict[str, tuple[str, Callable[[], tuple[bytes, str, bool]]]] = {
    "oversized": ("too-large", lambda: (encoded(said(), blank=BYTES_MAX), "pause", False)),
    "retained": ("retained", lambda: (encoded(said()), "pause", True)),
    "no JSON": ("malformed", lambda: (b"pause", "pause", False)),
    "no UTF-8": ("malformed", lambda: (b'{"v":1,"id":"\xff\xfe"}', "pause", False)),
    "deep": ("malformed", lambda: (b"[" * BYTES_MAX, "pause", False)),
    "deep inside": ("malformed", lambda: (b'{"v":' + b'{"a":' * 800, "pause", False)),
    "nothing": ("malformed", lambda: (b"", "pause", False)),
    "another version": ("malformed", lambda: (changed(v=2), "pause", False)),
    "a field more": ("malformed", lambda: (changed(clear_kill=True), "pause", False)),
    "a wrong type": ("malformed", lambda: (changed(ts_ns="now"), "pause", False)),
    "two lines in one": ("malformed", lambda: (changed(reason="lunch\nall"), "pause", False)),
    "an empty id": ("malformed", lambda: (changed(id=""), "pause", False)),
    "unsigned": ("unsigned", lambda: (changed(sig=""), "pause", False)),
    "signed with another key": ("unsigned", lambda: (encoded(signed(b"another", PLACE, said())), "pause", False)),
    "signed for another desk": ("unsigned", lambda: (encoded(said(place="paperpit/cl")), "pause", False)),
    "changed on its way": ("unsigned", lambda: (changed(reason="dinner"), "pause", False)),
    "old": ("stale", lambda: (encoded(said(ts=NOW - MAX_AGE - 1)), "pause", False)),
    "of tomorrow": ("stale", lambda: (encoded(said(ts=NOW + MAX_AGE + 1)), "pause", False)),
    "an order": ("unknown-verb", lambda: (encoded(said("buy")), "buy", False)),
    "a note": ("unknown-verb", lambda: (encoded(said("note")), "note", False)),
    "another topic": ("unknown-verb", lambda: (encoded(said("pause")), "status", False)),
    "a flatten alone": ("no-confirm", lambda: (encoded(said("flatten")), "flatten", False)),
    "a flatten of another": (
        "no-confirm",
        lambda: (encoded(said("flatten", instrument="ES", confirm="all")), "flatten", False),
    ),
    "a resume without a word": ("no-reason", lambda: (encoded(said("resume", reason=" ")), "resume", False)),
}


SAID = said()


def encoded(one: Said, blank: int = 0) -> bytes:
    return msgspec.json.encode(one) + b" " * blank


def changed(**more: Any) -> bytes:
    """A signed command that somebody has laid hands on."""
    return json.dumps({**msgspec.to_builtins(SAID), **more}).encode()


@pytest.mark.parametrize("case", REFUSED)
async def test_what_is_no_command_is_answered_counted_and_does_nothing(line: Line, case: str) -> None:
    code, made = REFUSED[case]
    payload, verb, retained = made()
    answer = await line.hears(payload, verb, retained=retained)
    assert (answer["ok"], answer["code"]) == (False, code)
    assert answer["allowed"] or answer["do"]
    assert line.desk.heard == []
    assert [(why.partition(":")[0], count) for why, count in line.desk.refusals] == [(code, 1)]
    line.commands.end()


async def test_a_command_is_taken_once_also_after_a_restart(line: Line) -> None:
    assert (await line.says(said()))["ok"]
    assert (await line.says(said()))["code"] == "replayed"
    again = line.restarted()
    assert (await again.says(said()))["code"] == "replayed"
    assert len(line.desk.heard) == 1
    # one that was refused is taken, too
    assert (await again.says(said("flatten", "n-0000002")))["code"] == "no-confirm"
    assert (await again.says(said("flatten", "n-0000002", confirm="all")))["code"] == "replayed"


async def test_an_id_may_come_again_when_a_day_has_gone_and_is_another_command_then(line: Line) -> None:
    await line.says(said())
    line.now += DAY_NS + 1
    assert (await line.says(said(ts=line.now)))["ok"]
    first, second = line.desk.heard
    assert first.nonce != second.nonce


async def test_of_a_line_that_was_cut_off_nothing_was_done(line: Line, tmp_path: Path) -> None:
    await line.says(said())
    with (tmp_path / "es.commands").open("ab") as file:
        file.write(b"17 n-00000")
    again = line.restarted()
    assert (await again.says(said(name="n-0000002")))["ok"]
    assert [(await again.restarted().says(said(name=f"n-000000{n}"))).get("code") for n in (1, 2)] == ["replayed"] * 2


async def test_where_nothing_can_be_remembered_entries_are_closed_and_not_opened(line: Line, tmp_path: Path) -> None:
    (tmp_path / "es.commands").mkdir()
    assert (await line.says(said("flatten", "n-0000001", confirm="all")))["ok"]
    assert (await line.says(said("resume", "n-0000002", reason="back")))["code"] == "no-memory"
    assert [one.verb for one in line.desk.heard] == ["flatten"]


async def test_another_secret_holds_at_once_and_without_one_nobody_is_obeyed(line: Line, tmp_path: Path) -> None:
    (tmp_path / "secret").unlink()
    assert (await line.says(said()))["code"] == "no-secret"
    (tmp_path / "secret").write_text("another one, and long enough\n")
    assert (await line.says(said()))["code"] == "unsigned"
    assert (await line.says(signed(b"another one, and long enough", PLACE, said())))["ok"]


async def test_a_desk_that_stands_still_keeps_nobody_waiting(tmp_path: Path) -> None:
    line = Line(tmp_path, answer_s=0.2)
    told = await line.says(said("pause", strategy="stuck"))
    assert (told["code"], told["message"]) == (
        "unreachable",
        "the desk has not come to it in 0.2 s; it does it as soon as it moves",
    )
    assert (await line.says(said("status", "n-0000002")))["ok"]


async def test_what_follows_is_told_by_the_window_while_there_is_something() -> None:
    told, over = list[tuple[str, int]](), asyncio.Event()

    def write(why: str, count: int) -> None:
        told.append((why, count))
        if len(told) == 2:
            over.set()

    refusals = Refusals(write, 0.01)
    for number in range(3):
        refusals.note("stale", f"it is {number} s old")
    await asyncio.wait_for(over.wait(), 30)
    refusals.end()
    assert told == [("stale: it is 0 s old", 1), ("stale: it is 2 s old", 2)]


async def test_a_flood_of_refusals_is_a_row_and_a_count(line: Line) -> None:
    for _ in range(500):
        await line.hears(b"{}")
    await line.hears(changed(sig=""))
    assert [count for _, count in line.desk.refusals] == [1, 1]
    line.commands.end()
    assert [(why.partition(":")[0], count) for why, count in line.desk.refusals][2:] == [("malformed", 499)]


@pytest.mark.parametrize(
    ("wanted", "topic"),
    [
        ("", f"{PLACE}/reply"),
        ("ann/answers", "ann/answers"),
        (f"{PLACE}/reply/ann", f"{PLACE}/reply/ann"),
        (f"{PLACE}/status", f"{PLACE}/reply"),
        (f"{PLACE}/cmd/flatten", f"{PLACE}/reply"),
        ("a/+/b", f"{PLACE}/reply"),
        ("a/#", f"{PLACE}/reply"),
        ("$SYS/broker", f"{PLACE}/reply"),
    ],
)
async def test_the_answer_goes_where_it_was_asked_for_but_never_under_the_desk_s_name(
    line: Line, wanted: str, topic: str
) -> None:
    answer = await line.answers(Asked(f"{PLACE}/cmd/status", encoded(said("status")), False, wanted, b"\x00\x01"))
    assert (answer.topic, answer.correlation) == (topic, b"\x00\x01")


VALUE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just([[{}]])
FIELDS = st.dictionaries(st.sampled_from(Said.__struct_fields__) | st.text(max_size=4), VALUE, min_size=1, max_size=3)
ANYTHING = st.binary(max_size=60) | FIELDS.map(lambda some: changed(**some)) | FIELDS.map(lambda some: dumped(some))


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


@settings(max_examples=100, deadline=None)
@given(payloads=st.lists(ANYTHING, min_size=20, max_size=20), verb=st.sampled_from(VERBS))
async def test_nothing_random_is_ever_done_and_nothing_is_raised(payloads: list[bytes], verb: str) -> None:
    with TemporaryDirectory() as folder:
        line = Line(Path(folder))
        answers = [await line.hears(payload, verb) for payload in payloads]
        line.commands.end()
    # what says the same in other words is the same command, taken once
    meant = verb == "pause" and any(map(is_meant, payloads))
    assert [answer["ok"] for answer in answers].count(True) == len(line.desk.heard) == meant


def is_meant(payload: bytes) -> bool:
    try:
        return msgspec.json.decode(payload, type=Said) == SAID
    except (msgspec.DecodeError, UnicodeError):
        return False


TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30)
COMMANDS = st.builds(
    lambda *of: Said(v=1, id=of[0], ts_ns=of[1], verb=of[2], instrument=of[3], reason=of[4], confirm=of[5], who=of[6]),
    *(st.from_regex(r"[a-z0-9]{8,12}", fullmatch=True), st.integers(0, 2**63 - 1), st.sampled_from(VERBS)),
    *(TEXTS, TEXTS, TEXTS, TEXTS),
)


@given(one=COMMANDS, other=COMMANDS)
def test_two_commands_have_one_signature_only_when_they_are_the_same(one: Said, other: Said) -> None:
    assert (signature(KEY, PLACE, one) == signature(KEY, PLACE, other)) == (one == other)
    assert is_signed(KEY, PLACE, msgspec.json.decode(msgspec.json.encode(signed(KEY, PLACE, one)), type=Said))


def test_a_secret_is_the_first_line_of_its_file_and_long_enough(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    with pytest.raises(InputMissing):
        secret(file)
    file.write_text("0123456789abcde\n")
    with pytest.raises(ConfigError, match="15 bytes"):
        secret(file)
    file.write_text("0123456789abcdef\nmore\n")
    assert secret(file) == b"0123456789abcdef"
