"""Real servers that the tests start themselves: a PostgreSQL or a Mosquitto on a free port, in a folder of its own.

PostgreSQL refuses to run as root, so there it runs as an unprivileged account. Without its binaries a test is skipped
with that reason, unless CI=true: there a missing database is a failure. The same holds of Mosquitto.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

USER = "paperpit"
_DEBIAN = "/usr/lib/postgresql"


@dataclass
class Postgres:
    """A server; `database` gives an empty one's URL. `restart` is what a crash of it and its return look like."""

    port: int
    _command: Sequence[str]
    _account: Mapping[str, Any]
    _folder: str
    _made: set[str] = field(default_factory=set)
    _running: "subprocess.Popen[str] | None" = None

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def database(self, name: str = "journal") -> str:
        """The URL of an empty database: made the first time, emptied afterwards, which is a great deal quicker."""
        import psycopg

        if name not in self._made:
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            self._made.add(name)
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self.url(name)

    def start(self) -> None:
        """Come back when it takes connections."""
        self._running = subprocess.Popen(
            self._command, cwd=self._folder, stderr=subprocess.PIPE, text=True, **self._account
        )
        assert self._running.stderr is not None
        # The server says itself when it is ready: nobody sleeps and hopes.
        for line in self._running.stderr:
            if "ready to accept connections" in line:
                return
        pytest.fail(f"PostgreSQL did not start: exit {self._running.wait()}")

    def stop(self) -> None:
        """At once, without a word to whoever is connected."""
        if self._running is not None:
            self._running.send_signal(signal.SIGQUIT)
            self._running.communicate()

    def restart(self) -> None:
        """Gone and back: every connection is lost, what was committed is there."""
        self.stop()
        self.start()


def binary(name: str) -> str | None:
    """A program of PostgreSQL: on the path, or where Debian keeps the newest version."""
    newest = sorted(Path(_DEBIAN).glob(f"*/bin/{name}"), key=lambda path: int(path.parent.parent.name))
    return str(newest[-1]) if newest else shutil.which(name)


def need_postgres() -> tuple[str, str]:
    """`initdb` and `postgres`; skips the test without them, fails it where CI=true."""
    initdb, postgres = binary("initdb"), binary("postgres")
    if initdb and postgres:
        return initdb, postgres
    if os.environ.get("CI") == "true":
        pytest.fail("PostgreSQL is not installed, and CI must test it")
    pytest.skip("PostgreSQL is not installed (initdb, postgres)")


def free_port() -> int:
    """A port of this host that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres(*, fsync: bool = False) -> Iterator[Postgres]:
    """A PostgreSQL that lives as long as the block. Nobody pulls the plug in most tests: then the disk can wait."""
    initdb, server = need_postgres()
    # Not by way of `su`: signals must reach the server itself.
    account: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="paperpit-pg-") as folder:
        os.chmod(folder, 0o777)
        data, port = f"{folder}/data", free_port()
        make = [initdb, "-D", data, "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]
        subprocess.run(make, check=True, capture_output=True, cwd=folder, **account)
        waits = f"fsync={'on' if fsync else 'off'}"
        settings = ("-h", "127.0.0.1", "-p", str(port), "-k", folder, "-c", "shared_buffers=16MB", "-c", waits)
        running = Postgres(port, [server, "-D", data, *settings], account, folder)
        try:
            running.start()
            yield running
        finally:
            running.stop()  # its data are thrown away


@dataclass
class Mosquitto:
    """A message broker that forgets everything when it is stopped, as one that has lost its disk."""

    port: int
    _command: Sequence[str]
    scheme: str = "mqtt"
    _running: "subprocess.Popen[str] | None" = None

    @property
    def url(self) -> str:
        """As `[mqtt] url` has it."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Come back when it takes connections."""
        self._running = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        assert self._running.stderr is not None
        for line in self._running.stderr:
            if line.rstrip().endswith("running"):
                return
        pytest.fail(f"Mosquitto did not start: exit {self._running.wait()}")

    def stop(self) -> None:
        """At once, without a word to whoever is connected."""
        if self._running is not None:
            self._running.kill()
            self._running.communicate()
            self._running = None

    def pause(self) -> None:
        """It holds its connections and says nothing on them any more."""
        assert self._running is not None
        self._running.send_signal(signal.SIGSTOP)


@contextmanager
def mosquitto(
    *, user: str = "", password: str = "", secured: tuple[Path, Path] | None = None, settings: str = ""
) -> Iterator[Mosquitto]:
    """A broker that lives as long as the block; anybody may do anything there unless a user is named.

    `secured` by a certificate and its key it speaks TLS; `settings` are further lines of its mosquitto.conf.
    """
    server = need_mosquitto("mosquitto")
    with tempfile.TemporaryDirectory(prefix="paperpit-mqtt-") as folder:
        port, lines = free_port(), ["persistence false", "set_tcp_nodelay true", settings]
        if user:
            made = [need_mosquitto("mosquitto_passwd"), "-b", "-c", f"{folder}/passwords", user, password]
            subprocess.run(made, check=True, capture_output=True)
            lines += [f"password_file {folder}/passwords"]
        lines += [f"allow_anonymous {str(not user).lower()}", "log_type error", "log_type information", "user root"]
        lines += [f"listener {port} 127.0.0.1"]
        if secured is not None:
            lines += [f"certfile {secured[0]}", f"keyfile {secured[1]}"]
        Path(folder, "mosquitto.conf").write_text("\n".join([*lines, ""]))
        running = Mosquitto(port, (server, "-c", f"{folder}/mosquitto.conf"), "mqtts" if secured else "mqtt")
        try:
            running.start()
            yield running
        finally:
            running.stop()


def need_mosquitto(name: str) -> str:
    """One of its programs, which may lie where only root looks."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"Mosquitto is not installed ({name}), and CI must test it")
    pytest.skip(f"Mosquitto is not installed ({name})")
