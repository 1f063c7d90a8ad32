"""Whatever a broker does, the desk trades as if there were none, and ends when it is told to."""

import asyncio
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.journal import rows
from bot.journal.diff import differences
from bot.journal.place import place
from bot.journal.reading import reading
from tests.patience import PATIENCE_S
from tests.programs import ended, program
from tests.rooms.mqtt.listening import listening
from tests.rooms.mqtt.test_telling import busy, until_filled
from tests.servers import Mosquitto, mosquitto

FAST = ("adapters.synthetic.speed=max", "adapters.synthetic.hours=0.05")


@contextmanager
def silent() -> Iterator[str]:
    """Takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = list[socket.socket]()

        def hold() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=hold)
        thread.start()
        try:
            yield f"mqtt://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for one in held:
                one.close()


def test_a_broker_that_says_nothing_changes_no_row(tmp_path: Path) -> None:
    # given the same market twice, once with a broker that takes connections and never answers, once with nobody there
    async def story() -> None:
        with silent() as url:
            code, one = await ended(*busy(tmp_path, url, "silent", *FAST))
            assert code == 0, one.words
            code, one = await ended(*busy(tmp_path, "mqtt://127.0.0.1:1", "nobody", *FAST))
            assert code == 0, one.words
            assert "message broker" in one.words

    asyncio.run(story())
    # then both journals hold the same, but for the settings
    with (
        reading(place(str(tmp_path / "silent.db"))) as a,
        reading(place(str(tmp_path / "nobody.db"))) as b,
    ):
        assert len(a.read(rows.Fill, a.runs)) > 5
        assert {one["kind"] for one in differences(a, a.runs[0], b, b.runs[0])} == {"config"}


def test_a_broker_that_stops_answering_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async def story() -> None:
        with mosquitto() as broker:
            async with (
                listening(broker, "paperpit/hung") as heard,
                program(*busy(tmp_path, broker.url, "hung")) as desk,
            ):
                await heard.until("event/fill")
                broker.pause()
                await until_filled(tmp_path / "hung.db", 3)
                assert await desk.interrupted(signal.SIGTERM) == 143
            assert "left behind" not in desk.words

    asyncio.run(story())


def test_a_password_is_needed_and_read_from_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("open sesame\n")
    login = ("mqtt.user=desk", f"mqtt.password_file={secret}")

    async def story() -> None:
        with mosquitto(user="desk", password="open sesame") as broker:
            async with (
                listening(broker, "paperpit/known", username="desk", password="open sesame") as heard,
                program(*busy(tmp_path, broker.url, "known", *login)),
            ):
                await heard.until("status")
            # one whose password is wrong trades as well, and says why once
            secret.write_text("open barley\n")
            async with program(*busy(tmp_path, broker.url, "unknown", *login)) as desk:
                await desk.until("is not there")
                assert await desk.interrupted(signal.SIGTERM) == 143
            assert "Not authorized" in desk.words
            assert "barley" not in desk.words

    asyncio.run(story())


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[tuple[Mosquitto, Path]]:
    """A broker that speaks TLS only, and the certificate that proves it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    made = (
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        key,
        "-out",
        certificate,
    )
    subprocess.run([*made, *names], check=True, capture_output=True)
    with mosquitto(secured=(certificate, key)) as broker:
        yield broker, certificate


def test_over_tls_the_broker_has_to_prove_who_it_is(tmp_path: Path, certified: tuple[Mosquitto, Path]) -> None:
    broker, certificate = certified

    async def story() -> None:
        # what nobody has vouched for is not spoken to
        async with program(*busy(tmp_path, broker.url, "careful")) as desk:
            await desk.until("CERTIFICATE_VERIFY_FAILED")
        trusted = busy(tmp_path, broker.url, "trusting", f"mqtt.ca_file={certificate}")
        async with program(*trusted) as desk:
            # its name is not logged: it is connected when it has said so
            await desk.until("trading")
            async with asyncio.timeout(PATIENCE_S):
                while 'connected": true' not in (await ended("status", "--json", "--desk", "trusting"))[1].told:
                    pass

    asyncio.run(story())
