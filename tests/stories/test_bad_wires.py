"""Whatever is wrong at the far end, a start says so in words and ends with the code that a script can tell it by.

What is wrong, where, what is allowed, what to do; no order was sent, no task is left, nobody sees a stack trace.
"""

import asyncio
import json
import signal
import socket
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.resources import shipped
from tests.gateways import gateway
from tests.programs import Program, ended, program
from tests.rooms.ib.peer import OPEN_ORDERS, POSITIONS, Peer, frame, listening
from tests.stories.wires import answering, between, desk_at, heard, until
from tests.tapes import Tape

EXECUTIONS, CONTRACTS = "7", "9"
HELLO = frame("178", "20261123 14:30:00 UTC")
NO_GATEWAY = "does not speak the TWS API"


def nothing_written(folder: Path) -> bool:
    """No run was begun."""
    return not list(folder.glob("*.db"))


def levels(doctor: Program) -> dict[str, str]:
    """Doctor's findings by part, the last of each."""
    return {one["check"]: one["level"] for one in json.loads(doctor.told)}


async def test_a_port_where_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        code, run = await ended(*desk_at(port, tmp_path).run)
    assert (code, nothing_written(tmp_path)) == (69, True)
    assert f"127.0.0.1:{port}: nobody listens" in run.words
    assert "4002" in run.words
    assert "Enable ActiveX and Socket Clients" in run.words


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", NO_GATEWAY),
        (b"\xff\xfe\xfd\xfc garbage \x00\x01", NO_GATEWAY),
        (frame("hello"), NO_GATEWAY),
        (HELLO[:9], "closed the connection"),
        (HELLO + frame(15, 1, "DU1234567")[:7], "closed the connection"),
        (b"", "closed the connection"),
        (frame("100", "20061123 14:30:00 UTC"), "too old: server version 100, 157 is needed"),
    ],
    ids=["another server", "garbage", "no versions", "half a hello", "half a message", "nothing", "too old"],
)
async def test_what_listens_is_no_gateway(tmp_path: Path, reply: bytes, words: str) -> None:
    async with answering(reply) as port:
        code, run = await ended(*desk_at(port, tmp_path).run)
    assert (code, nothing_written(tmp_path)) == (69, True)
    assert f"127.0.0.1:{port}: no IB gateway answers: " in run.words
    assert words in run.words
    assert "is the gateway running" in run.words


async def test_a_gateway_that_is_silent_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    # All at once: each of them takes as long as a person is patient.
    async with answering(None) as mute, gateway(silent=True, faults=("mute-end:contract-details",)) as contracts:
        async with gateway(silent=True, faults=("mute-end:executions",)) as executions:
            starts = [desk_at(port, tmp_path).run for port in (mute, contracts.port, executions.port)]
            looks = [desk_at(port, tmp_path).doctor for port in (mute, contracts.port)]
            (*runs, greeting, listing) = await asyncio.gather(*(ended(*words) for words in (*starts, *looks)))
        assert [code for code, _ in runs] == [69, 69, 69]
        for (_, run), words in zip(
            runs,
            (
                f"127.0.0.1:{mute}: something takes the connection and does not answer within 10 s",
                "the gateway did not say which future ES at CME in USD there is: no answer to the question for",
                "the gateway does not say what it holds: no answer to the question for executions within 8 s",
            ),
            strict=True,
        ):
            assert words in run.words
            assert "  do:  " in run.words
        assert (greeting[0], listing[0]) == (1, 1)
        assert levels(greeting[1]) == {"gateway": "fail"}
        assert levels(listing[1])["contracts"] == "fail"
        assert heard(executions, "3") == 0


@pytest.mark.parametrize(
    ("accounts", "sets", "code", "words"),
    [
        ("U1234567", (), 77, "account U1234567 is not a paper account; nothing was sent"),
        ("DU1234567,U7654321", (), 77, "account U7654321 is not a paper account; nothing was sent"),
        ("DU1234567", ("adapters.ib.account=DU7654321",), 77, "DU7654321 is not among DU1234567"),
        ("DU1234567,DU7654321", (), 78, 'do:      set account = "DU…" under [adapters.ib]'),
    ],
    ids=["live", "live among paper", "another one", "two"],
)
async def test_an_account_that_is_not_to_be_traded(
    tmp_path: Path, accounts: str, sets: Sequence[str], code: int, words: str
) -> None:
    async with listening(Peer(accounts=accounts)) as far:
        given = [word for one in sets for word in ("--set", one)]
        found, run = await ended(*desk_at(far.port, tmp_path).run, *given)
    assert (found, nothing_written(tmp_path)) == (code, True)
    assert words in run.words
    assert f"127.0.0.1:{far.port}" in run.words
    assert [fields[0] for fields in far.received] == ["71"], "greeted, and nothing else"


async def test_a_live_port_is_called_one(tmp_path: Path) -> None:
    host = "127.0.0.77"  # nobody's TWS
    async with listening(Peer(accounts="U1234567", host=host, port=7496)):
        code, run = await ended(*desk_at(7496, tmp_path).run, "--set", f"adapters.ib.host={host}")
    assert code == 77
    assert "account U1234567 is not a paper account; 7496 is TWS's live port; nothing was sent" in run.words


WRONG = """\
adapter = "ib"
strategies = ["drill-es.toml"]

[adapters.ib]
host = 4002
port = "4002"
client_id = 0
acount = "DU1234567"
lines = 0
clock = "tape"
"""


@pytest.mark.parametrize(("command", "code"), [(("run",), 78), (("check",), 1), (("doctor", "gateway"), 1)])
async def test_wrong_settings_are_said_with_file_line_and_key(
    tmp_path: Path, command: Sequence[str], code: int
) -> None:
    settings = tmp_path / "bot.toml"
    settings.write_text(WRONG)
    found, one = await ended(*command, "--config", settings)
    assert found == code
    said = one.words + one.told
    if command[0] == "doctor":
        assert f"{settings}:5: adapters.ib.host" in said
        return
    for line, key in enumerate(("host", "port", "client_id", "acount", "lines", "clock"), 5):
        assert f"adapters.ib.{key}: " in said
        assert f"{settings}:{line}" in said or f"{line} │ " in said
    for allowed in ("allowed: at least 1", "did you mean `account`?"):
        assert allowed in " ".join(said.split()).replace("allowed:  ", "allowed: ")


async def test_a_contract_that_the_gateway_does_not_have(tmp_path: Path) -> None:
    ours = shipped("config/instruments.toml").read_text().replace('exchange = "CME"', 'exchange = "NYMEX"', 1)
    (tmp_path / "instruments.toml").write_text(ours)
    (tmp_path / "bot.toml").write_text("")
    async with gateway(silent=True) as far:
        code, run = await ended(*desk_at(far.port, tmp_path).run, "--config", tmp_path / "bot.toml")
    assert (code, nothing_written(tmp_path)) == (78, True)
    assert "the gateway knows no future ES at NYMEX in USD" in run.words
    assert "correct exchange and currency of [ES] in an instruments.toml beside bot.toml" in run.words


async def test_a_contract_that_has_expired(tmp_path: Path) -> None:
    old = Tape(start="2023-05-25 10:00").quote("4200.25", "4200.50").wait(1)
    tape = old.write(tmp_path / "old.parquet", contract="ESM2023")
    async with gateway(tapes=(str(tape),), speed="hand") as far:
        code, run = await ended(*desk_at(far.port, tmp_path).run, "--set", "adapters.ib.clock=wall")
    assert (code, nothing_written(tmp_path)) == (78, True)
    assert "stopped trading on 2023-" in run.words


async def test_a_tick_that_is_not_ours(tmp_path: Path) -> None:
    async with gateway(silent=True, faults=("tick-size:ES=0.5",)) as far:
        desk = desk_at(far.port, tmp_path)
        (code, run), (_, doctor) = await asyncio.gather(ended(*desk.run), ended(*desk.doctor))
    assert (code, nothing_written(tmp_path)) == (78, True)
    assert "tick: the gateway says 0.5, instruments.toml 0.25" in run.words
    assert levels(doctor)["tick-rules"] == "fail"


async def test_a_gateway_that_takes_no_orders(tmp_path: Path) -> None:
    words = "Error validating request.-'bO' : cause - The API interface is currently in Read-Only mode."
    refusal = frame(4, 2, -1, 321, words, "")
    async with gateway(silent=True) as far, between(far.port, OPEN_ORDERS, refusal) as port:
        code, run = await ended(*desk_at(port, tmp_path).run)
    assert code == 78
    assert words in run.words
    assert 'untick "Read-Only API"' in run.words


@pytest.mark.parametrize("message", [CONTRACTS, EXECUTIONS, POSITIONS])
async def test_a_gateway_that_dies_before_it_has_said_everything(tmp_path: Path, message: str) -> None:
    async with gateway(silent=True) as far, between(far.port, message, b"") as port:
        code, run = await ended(*desk_at(port, tmp_path).run)
    assert code == 69
    assert f"127.0.0.1:{port}: the gateway d" in run.words
    assert "the gateway closed the connection" in run.words
    assert "do:  " in run.words


async def test_two_desks_at_one_place(tmp_path: Path) -> None:
    async with gateway(silent=True) as far:
        first, second = desk_at(far.port, tmp_path), desk_at(far.port, tmp_path)
        async with program(*first.run) as one:
            await one.until("until Ctrl-C")
            name, journal = await asyncio.gather(
                ended(*second.run, "--desk", first.name), ended(*second.run, "--journal", first.journal)
            )
            assert (name[0], journal[0]) == (75, 75)
            assert f"another desk named {first.name} is running" in name[1].words
            assert "the journal is owned by run" in journal[1].words
            assert "name another journal with --journal" in journal[1].words
            # a journal of its own, and the same number at the gateway
            async with program(*second.run) as other:
                await other.until("client id 17 is in use at the gateway (326", times=2)
                assert await other.interrupted() == 130
            assert len(far.status()["sessions"]) == 1, "the first one has not been touched"
            assert await one.interrupted() == 130


async def test_a_journal_that_another_program_writes(tmp_path: Path) -> None:
    async with gateway(silent=True) as far:
        desk = desk_at(far.port, tmp_path)
        code, _ = await ended("db", "upgrade", "--journal", desk.journal)
        assert code == 0
        with sqlite3.connect(desk.journal.removeprefix("sqlite:///")) as held:
            held.execute("BEGIN EXCLUSIVE")
            code, run = await ended(*desk.run)
    assert code == 69
    assert "locked" in run.words
    assert "do:  " in run.words


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("stage", ["mute-handshake", "id-held:60", "mute-end:contract-details", "mute-end:positions"])
async def test_a_start_that_is_interrupted_ends_at_once(
    tmp_path: Path, stage: str, number: signal.Signals, code: int
) -> None:
    words = {"id-held:60": "trying again in", "mute-end:positions": "until Ctrl-C"}
    message = {"mute-end:contract-details": CONTRACTS, "mute-end:positions": POSITIONS}
    async with gateway(silent=True, faults=(stage,)) as far, program(*desk_at(far.port, tmp_path).run) as run:
        if stage in words:
            await run.until(words[stage])
        if stage in message:
            await until(lambda: heard(far, message[stage]))
        elif stage == "mute-handshake":
            await until(lambda: far.connections)
        # sooner than the answer would be given up
        assert await run.interrupted(number, seconds=7) == code
    assert "error" not in run.words


async def test_a_start_is_stopped_by_command(tmp_path: Path) -> None:
    async with gateway(silent=True, faults=("id-held:60",)) as far:
        desk = desk_at(far.port, tmp_path)
        async with program(*desk.run) as run:
            await run.until("trying again in")
            code, told = await ended("stop", "--desk", desk.name)
            assert (code, told.told.strip()) == (0, "stopping")
            assert await run.code(5) == 0
