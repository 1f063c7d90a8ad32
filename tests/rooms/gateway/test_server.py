"""The port: who is let in, who is cut, how the program starts and stops, what its control socket takes."""

import asyncio
import json
import signal
import stat
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.gateway.control import Control
from adapters.gateway.opening import open_gateway
from adapters.gateway.options import Options
from adapters.gateway.protocol import FRAME_MAX
from adapters.gateway.session import BEHIND_MAX
from bot.errors import InputMissing, Locked, UsageError
from tests.gateways import gateway, gateway_program
from tests.laws.markets import market
from tests.rooms.gateway.clients import ib, raw, shut_out


async def shaken(port: int, hello: bytes) -> list[str]:
    """The fields that a greeting is answered with; empty when the connection is cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"API\0" + struct.pack(">I", len(hello)) + hello)
    try:
        (length,) = struct.unpack(">I", await reader.readexactly(4))
        return (await reader.readexactly(length)).decode().split("\0")[:-1]
    except (asyncio.IncompleteReadError, ConnectionError):
        return []
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("hello", "version"),
    [(b"v157..178", "178"), (b"v100..225", "178"), (b"v100..225 +PACEAPI", "178"), (b"v100..157", "157")],
)
async def test_the_newest_version_that_both_speak_is_spoken(hello, version):
    async with gateway(silent=True) as far:
        answer = await shaken(far.port, hello)
    assert answer[0] == version
    assert answer[1].endswith(" UTC")


async def test_a_tape_s_gateway_says_so_in_its_greeting(tmp_path):
    tape = market(5, rows=10).write(tmp_path / "tape.parquet", contract="ESM2026")
    async with gateway(tapes=(str(tape),), speed="hand") as far:
        assert await shaken(far.port, b"v157..178") == ["178", "20260527 14:00:00 ib-paper tape"]


@pytest.mark.parametrize("hello", [b"v200..225", b"v100..120", b"hello", b""])
async def test_who_speaks_nothing_that_is_spoken_here_is_cut(hello):
    async with gateway(silent=True) as far:
        assert await shaken(far.port, hello) == []


@pytest.mark.parametrize("noise", [b"GET / HTTP/1.1\r\n\r\n", b"API\0" + struct.pack(">I", FRAME_MAX + 1)])
async def test_garbage_is_cut(noise):
    async with gateway(silent=True) as far:
        reader, writer = await asyncio.open_connection("127.0.0.1", far.port)
        writer.write(noise)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)
        writer.close()


async def test_two_clients_with_one_id_shut_each_other_out():
    async with gateway(silent=True) as far, raw(far, 17):
        assert await shut_out(far, 17) == [326]
        # while another id is let in
        async with ib(far, 18) as other:
            assert other.isConnected()


async def test_an_id_is_free_again_when_its_client_has_gone():
    async with gateway(silent=True) as far:
        for _ in range(3):
            async with raw(far, 17):
                pass
            while far.connections:
                await asyncio.sleep(0)


async def test_a_taken_port_is_said_in_a_sentence():
    async with gateway(silent=True) as far:
        with pytest.raises(Locked, match="cannot be had") as taken:
            await open_gateway(Options(port=far.port, silent=True)).start()
        assert "--port 0" in taken.value.do


async def test_only_loopback_may_be_listened_on():
    with pytest.raises(UsageError, match="not loopback"):
        await open_gateway(Options(host="0.0.0.0", silent=True)).start()


@pytest.mark.parametrize("fault", ["nosuch", "mute-end:nosuch"])
def test_a_fault_that_does_not_exist_is_refused_at_the_start(fault):
    with pytest.raises(UsageError, match=r"nosuch|not known"):
        open_gateway(Options(silent=True, faults=(fault,)))


@pytest.mark.parametrize("file", ["state", "ledger", "control"])
def test_a_file_in_a_folder_that_is_not_there_is_refused_at_the_start(file, tmp_path):
    with pytest.raises(InputMissing, match="no such folder"):
        open_gateway(Options(silent=True, **{file: tmp_path / "nosuch" / "file"}))


async def test_a_control_socket_that_is_taken_stops_the_program_with_a_sentence(tmp_path):
    (tmp_path / "control").write_text("something else")
    with pytest.raises(AssertionError, match=r"ended with 75.*control socket cannot be made"):
        async with gateway_program("--no-market", "--control", str(tmp_path / "control")):
            pass


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_program_in_order(sign, tmp_path):
    async with gateway_program("--no-market", "--control", str(tmp_path / "control")) as running:
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
        writer.write(b'{"do": "status"}\n')
        assert json.loads(await reader.readline())["port"] == running.port
        assert await running.stop(sign) == 0
        writer.close()
    assert running.said[-1] == "stopped"
    assert not (tmp_path / "control").exists()


async def asked(socket: Path, *commands: Any) -> list[dict[str, Any]]:
    """The answers to commands."""
    reader, writer = await asyncio.open_unix_connection(socket)
    answers = []
    for command in commands:
        writer.write((command if isinstance(command, str) else json.dumps(command)).encode() + b"\n")
        answers.append(json.loads(await reader.readline()))
    writer.close()
    return answers


async def test_the_control_socket_takes_a_command_a_line(tmp_path):
    tape = market(5, rows=300).write(tmp_path / "tape.parquet", contract="ESM2026")
    async with gateway(tapes=(str(tape),), speed="hand") as far:
        control = Control(far, tmp_path / "control")
        await control.start()
        assert stat.S_IMODE((tmp_path / "control").stat().st_mode) == 0o600
        price = {"do": "price", "instrument": "ES", "bid": "4200.25", "ask": "4200.50", "last": "4200.50"}
        advanced, priced, status, fault = await asked(
            tmp_path / "control",
            {"do": "advance", "rows": 7},
            price,
            {"do": "status"},
            {"do": "fault", "name": "clock-skew", "arg": "3"},
        )
        assert advanced == {"ok": True, "rows": 7}
        assert priced == fault == {"ok": True}
        assert (status["rows"], status["tape"], status["begun"], status["ended"]) == (7, True, True, False)
        # when the command is none
        wrong = ("nonsense", "[]", {"do": "nosuch"}, {"do": "price"}, {**price, "bid": "4200.3"})
        assert all("error" in answer for answer in await asked(tmp_path / "control", *wrong))
        await control.stop()


async def test_a_client_that_never_reads_is_cut_before_it_fills_the_gateway_s_memory():
    async with gateway(silent=True) as far, raw(far) as client:
        (session,) = far.connections
        assert client.conn.transport is not None
        client.conn.transport.pause_reading()
        for _ in range(2 * BEHIND_MAX // FRAME_MAX):
            session.send_bytes([bytes(FRAME_MAX)])
            session.flush()
        assert session.closing


IDS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "15", "16", "17", "20", "49", "58", "59", "61", "62", "76", "91"]
ODD = st.sampled_from(
    ["", "0", "1", "-1", "ES", "FUT", "CME", "1e309", "nan", "2147483648", "\x01", "Ω" * 9, "1,2", "0.3"]
)


async def test_whatever_a_client_says_it_is_answered_and_the_next_one_is_served():
    async with gateway(silent=True) as far:

        @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(st.sampled_from([*IDS, "92", "96", "97", "98", "99", "4711", "", "x"]), st.lists(ODD, max_size=130))
        def say(kind: str, fields: list[str]) -> None:
            far.heard(session, [kind, *fields])

        async with raw(far) as client:
            (session,) = far.connections
            say()
            client.reqCurrentTime()
            await client.heard.until("currentTime")
