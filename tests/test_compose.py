"""The containers: what docker-compose.yml says is legal, pinned, unprivileged, and does what it says.

No engine is needed: the file is checked against the schema of the Compose Specification and read as what it is; its
commands are given to the real program, its broker's files to a real broker, its database's script to a real database.
`make image-test` takes the Dockerfile's steps (tests/image.py).
"""

import asyncio
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import aiomqtt
import jsonschema
import psycopg
import pytest
import yaml

from bot.kernel import cache_folder
from bot.resources import DATA
from tests.gateways import gateway
from tests.image import steps
from tests.patience import PATIENCE_S
from tests.servers import Mosquitto, free_port, need_mosquitto, postgres

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
DIGEST = re.compile(r"^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.-]+)?@sha256:[0-9a-f]{64}$")
NO_DIGEST = {"ghcr.io/gnzsnz/ib-gateway:10.37.1n"}
"""Pinned to a version only: its digest is not known here."""
TYPED = {"tws_password"}
"""Secrets that only a person has."""
SCHEMA = json.loads(files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text())
PAPERPIT = Path(sys.executable).with_name("paperpit")


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make secrets` makes."""
    here = tmp_path_factory.mktemp("containers")
    subprocess.run(["make", "-f", ROOT / "Makefile", "secrets"], cwd=here, check=True, capture_output=True)
    return here / "secrets"


def test_the_compose_file_is_one() -> None:
    jsonschema.validate(COMPOSE, SCHEMA)


def test_a_misspelt_key_is_not() -> None:
    wrong = {**COMPOSE, "services": {"desk": {**SERVICES["desk"], "comand": ["run"]}}}
    with pytest.raises(jsonschema.ValidationError, match="comand"):
        jsonschema.validate(wrong, SCHEMA)


def test_what_comes_up_without_a_word_and_what_only_when_it_is_asked_for() -> None:
    by_profile: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        by_profile.setdefault(" ".join(service.get("profiles", [""])), set()).add(name)
    assert by_profile == {
        "": {"desk", "serve", "postgres", "mosquitto"},
        "metrics": {"prometheus", "grafana"},
        "ib": {"gateway", "live"},
    }


@pytest.mark.parametrize("name", SERVICES)
def test_images_are_pinned(name: str) -> None:
    image = SERVICES[name]["image"]
    assert DIGEST.match(image) or image in NO_DIGEST or image == "paperpit:0.1.0"


def test_the_image_is_built_from_pinned_ones_in_two_stages() -> None:
    bases = [words.split()[0] for name, words in steps(DOCKERFILE) if name == "FROM"]
    assert len(bases) == 2
    assert all(DIGEST.match(base) for base in bases)


def test_the_last_stage_has_no_compiler_no_secret_and_is_not_root() -> None:
    last = list(steps(DOCKERFILE[DOCKERFILE.rindex("FROM ") :]))
    assert not [words for _, words in last if re.search(r"apt|gcc|build-essential|secret|password", words)]
    assert ("USER", "10001:10001") in last
    assert [words for name, words in last if name == "HEALTHCHECK"]


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_has_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert not service.get("privileged")
    assert "network_mode" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    if name != "gateway":  # another's image, which writes where it likes
        assert (service["read_only"], service["cap_drop"], service["init"]) == (True, ["ALL"], True)


@pytest.mark.parametrize("name", SERVICES)
def test_each_is_asked_how_it_is(name: str) -> None:
    service = SERVICES[name]
    # our own image brings the question to the desk with it
    assert "healthcheck" in service or service["image"] == "paperpit:0.1.0"
    for other, when in dict.items(service["depends_on"] if isinstance(service.get("depends_on"), dict) else {}):
        assert other in SERVICES
        assert when["condition"] in ("service_started", "service_healthy")


def test_only_this_machine_reaches_them_and_only_the_gateway_finds_a_way_out() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert {name for name, one in SERVICES.items() if "outside" in one["networks"]} == {"gateway"}
    assert {name for name, one in SERVICES.items() if "shown" in one["networks"]} == {"serve", "prometheus", "grafana"}
    assert COMPOSE["networks"]["inside"]["internal"]
    assert COMPOSE["networks"]["shown"]["driver_opts"]["com.docker.network.bridge.enable_ip_masquerade"] == "false"


def test_passwords_are_files_and_every_file_is_made_or_typed(secrets: Path) -> None:
    declared = COMPOSE["secrets"]
    assert {name for name in declared if not (secrets / name).exists()} == TYPED
    assert all(one["file"] == f"secrets/{name}" for name, one in declared.items())
    for service in SERVICES.values():
        assert set(service.get("secrets", ())) <= declared.keys()
        told = " ".join([*map(str, service.get("environment", {}).values()), *map(str, service.get("command", ()))])
        assert set(re.findall(r"/run/secrets/(\w+)", told)) <= set(service.get("secrets", ()))
        for key in service.get("environment", {}):
            assert not re.search(r"(PASSWORD|SECRET|TOKEN)$", key)


def test_every_volume_and_every_mounted_folder_is_there() -> None:
    mounted = [volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", ())]
    named = {name for name in mounted if not name.startswith("./")}
    assert named == set(COMPOSE["volumes"])
    folders = {name.removeprefix("./") for name in mounted} - named
    assert {folder for folder in folders if not (ROOT / folder).is_dir()} == set()


def test_make_secrets_keeps_others_out_and_what_is_there(secrets: Path) -> None:
    # when asked again
    before = {file.name: file.read_text() for file in secrets.iterdir()}
    subprocess.run(["make", "-f", ROOT / "Makefile", "secrets"], cwd=secrets.parent, check=True, capture_output=True)
    # then nothing has changed, the folder is its owner's, and containers may read what is mounted from it
    assert {file.name: file.read_text() for file in secrets.iterdir()} == before
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets.iterdir()} == {0o644}
    password = before["postgres_password"]
    assert len(password) == 48
    assert before["journal_url"] == f"postgresql+psycopg://paperpit:{password}@postgres/paperpit"
    users = dict(line.split(":") for line in before["mqtt_users"].splitlines())
    assert users == {user: before[f"mqtt_{user}"] for user in ("desk", "operator", "reader", "health")}


def test_the_image_gets_every_file_that_it_copies() -> None:
    copied = [words for name, words in steps(DOCKERFILE) if name == "COPY" and "--from" not in words]
    sources = [source for line in copied for source in line.split()[:-1]]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources
    assert all((ROOT / source).exists() for source in sources)
    assert set(sources) == allowed


def test_what_the_live_desk_is_told_is_what_the_program_takes(secrets: Path, tmp_path: Path) -> None:
    words = [word.replace("/run/secrets", str(secrets)) for word in SERVICES["live"]["command"]]
    assert words[:2] == ["run", "--adapter=ib"]
    command = [PAPERPIT, "check", "--json", "--set=adapter=ib", *words[2:]]
    done = subprocess.run(command, cwd=tmp_path, env=env(tmp_path), capture_output=True, text=True)
    assert [one for one in json.loads(done.stdout) if one["level"] == "error"] == []
    assert done.returncode == 0


async def test_the_demonstration_trades_into_postgres_and_tells_the_broker(
    broker: Mosquitto, secrets: Path, tmp_path: Path
) -> None:
    # given a database and a broker as compose has them, and the journal's URL where it puts the secret
    with postgres() as server:
        url = server.database("desk").replace("postgresql://", "postgresql+psycopg://")
        (tmp_path / "journal_url").write_text(url)
        own = env(tmp_path) | {"PAPERPIT_JOURNAL_FILE": str(tmp_path / "journal_url")}
        # when the desk does what compose says, for half an hour of the market and as fast as it goes
        addresses = {"mosquitto:1883": f"127.0.0.1:{broker.port}", "/run/secrets": str(secrets), "0.0.0.0": "127.0.0.1"}
        addresses |= {"=9464": f"={free_port()}", "=10x": "=max"}
        words = SERVICES["desk"]["command"]
        for there, here in addresses.items():
            assert any(there in word for word in words)
            words = [word.replace(there, here) for word in words]
        command = [PAPERPIT, *words, "--set=adapters.synthetic.hours=0.5"]
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=tmp_path, env=own, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr
        # then `docker compose run --rm desk journal round-trips` finds it
        read = [PAPERPIT, "journal", "round-trips", "--json"]
        found = subprocess.run(read, cwd=tmp_path, env=own, capture_output=True, text=True, check=True)
        assert len(json.loads(found.stdout)) >= 2
        reading_is_all_that_a_reader_may(server.port, secrets)
    # and whoever looks on at the broker knows that it has gone
    word = (secrets / "mqtt_reader").read_text()
    async with aiomqtt.Client("127.0.0.1", broker.port, username="reader", password=word, timeout=30) as reader:
        await reader.subscribe("paperpit/+/status")
        last = {"state": ""}
        async with asyncio.timeout(PATIENCE_S):
            while last["state"] != "offline":
                last = json.loads(bytes((await anext(reader.messages)).payload))
    assert last["reasons"] == ["it has been stopped"]


def reading_is_all_that_a_reader_may(port: int, secrets: Path) -> None:
    """The user that docs/postgres/reader.sh makes for Grafana."""
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed: the script that makes the reader was not run")
    told = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "POSTGRES_USER": "paperpit", "POSTGRES_DB": "desk"}
    told |= {"READER_PASSWORD_FILE": str(secrets / "reader_password"), "PATH": os.environ["PATH"]}
    subprocess.run([ROOT / "docs/postgres/reader.sh"], env=told, check=True, capture_output=True)
    with psycopg.connect(f"postgresql://reader@127.0.0.1:{port}/desk", autocommit=True) as reader:
        counted = reader.execute("SELECT count(*) FROM fill").fetchone()
        assert counted is not None
        assert counted[0] >= 4
        for wish in ("DELETE FROM fill", "SET default_transaction_read_only = off; DELETE FROM fill"):
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
                reader.execute(wish)


def test_prometheus_finds_whichever_desk_runs() -> None:
    (job,) = yaml.safe_load((ROOT / "docs/prometheus/prometheus.yml").read_text())["scrape_configs"]
    host, _, port = job["static_configs"][0]["targets"][0].partition(":")
    assert host == "desk"
    assert SERVICES["live"]["networks"]["inside"]["aliases"] == ["desk"]
    for name in ("desk", "live"):
        assert f"--set=metrics.port={port}" in SERVICES[name]["command"]


def test_the_pages_health_is_asked_for_at_an_address_that_answers() -> None:
    (question,) = [word for word in SERVICES["serve"]["healthcheck"]["test"] if "urlopen" in word]
    compile(question, "healthcheck", "exec")
    port = next(word for word in SERVICES["serve"]["command"] if word.startswith("--port=")).partition("=")[2]
    assert f"http://127.0.0.1:{port}/unlock" in question
    assert SERVICES["serve"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def env(home: Path) -> dict[str, str]:
    """What a container's process has, and the kernels that are compiled already."""
    kernels, data = str(cache_folder()), str(home / ".local/share/paperpit")
    return {"HOME": str(home), "PATH": "/usr/bin:/bin", "PAPERPIT_KERNEL_CACHE": kernels, DATA: data}


@pytest.fixture(scope="module")
def broker(secrets: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """Mosquitto as its container starts it, on a free port; where its files lie is the only difference."""
    folder = tmp_path_factory.mktemp("mosquitto")
    shutil.copytree(ROOT / "docs/mosquitto", folder / "config")
    found = {name: need_mosquitto(name) for name in ("mosquitto_passwd", "mosquitto")}
    script = SERVICES["mosquitto"]["command"][-1]
    for there, here in (
        ("mosquitto_passwd", found["mosquitto_passwd"]),
        ("exec mosquitto ", f"exec {found['mosquitto']} "),
        ("/run/secrets", str(secrets)),
        ("/tmp/users", f"{folder}/users"),
        ("/mosquitto/config", f"{folder}/config"),
    ):
        assert there in script
        script = script.replace(there, here)
    conf, port = folder / "config/mosquitto.conf", free_port()
    lines = conf.read_text().replace("/mosquitto/config", f"{folder}/config").replace("/tmp/users", f"{folder}/users")
    user = "user root" if os.geteuid() == 0 else ""
    # That it runs is told as information.
    conf.write_text(f"{lines.replace('listener 1883', f'listener {port} 127.0.0.1')}log_type information\n{user}\n")
    running = Mosquitto(port, ("sh", "-euc", script))
    try:
        running.start()
        yield running
    finally:
        running.stop()


async def test_the_broker_lets_each_do_its_part_and_nobody_in_without_a_password(
    broker: Mosquitto, secrets: Path
) -> None:
    def someone(user: str | None) -> aiomqtt.Client:
        word = (secrets / f"mqtt_{user}").read_text() if user else None
        version = aiomqtt.ProtocolVersion.V5
        return aiomqtt.Client("127.0.0.1", broker.port, username=user, password=word, protocol=version, timeout=30)

    with pytest.raises(aiomqtt.MqttError):
        async with someone(None):
            pass
    heard: dict[str, list[str]] = {}
    async with someone("desk") as desk, someone("operator") as operator, someone("reader") as reader:
        everyone = {"desk": desk, "operator": operator, "reader": reader}
        for client in everyone.values():
            await client.subscribe("#", qos=1)
        # when everybody tries to say everything
        for name, client in everyone.items():
            for topic in TOPICS:
                await client.publish(topic, name, qos=1)
        await desk.publish("paperpit/a/event/note", "end", qos=1)
        await operator.publish("paperpit/a/cmd/status", "end", qos=1)
        for name, client in everyone.items():
            heard[name] = []
            async for message in client.messages:
                payload = bytes(message.payload).decode()
                if payload == "end":
                    break
                if not message.retain:  # what was there before
                    heard[name].append(f"{payload}: {message.topic}")
    # then the desk hears commands of the operator alone, others hear what the desk says, the reader says nothing
    told = [f"desk: {topic}" for topic in TOPICS if "/cmd/" not in topic and topic != "strange/topic"]
    assert heard == {
        "desk": ["operator: paperpit/a/cmd/pause"],
        "operator": [one for one in told if "homeassistant" not in one],
        "reader": [one for one in told if "/reply/" not in one],
    }


TOPICS = (
    *("paperpit/a/status", "paperpit/a/position/ES", "paperpit/a/day", "paperpit/a/next_blackout", "paperpit/a/health"),
    *("paperpit/a/event/fill", "paperpit/a/reply/1", "paperpit/a/cmd/pause", "homeassistant/device/a/config"),
    "strange/topic",
)


async def test_the_brokers_health_check_asks_for_what_its_user_may_read(broker: Mosquitto, secrets: Path) -> None:
    question = SERVICES["mosquitto"]["healthcheck"]["test"][1].replace("$$", "$")
    assert "-t '$SYS/broker/uptime' -C 1 -W 3" in question
    word = (secrets / "mqtt_health").read_text()
    async with aiomqtt.Client("127.0.0.1", broker.port, username="health", password=word, timeout=30) as health:
        await health.subscribe("$SYS/broker/uptime")
        assert "seconds" in bytes((await anext(health.messages)).payload).decode()


async def test_the_gateways_health_check_wants_an_answer_and_no_open_port() -> None:
    question = SERVICES["gateway"]["healthcheck"]["test"]

    async def well(port: int, seconds: int) -> bool:
        words = [word.replace("/4002", f"/{port}").replace("timeout 5", f"timeout {seconds}") for word in question[1:]]
        asked = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.DEVNULL)
        return await asked.wait() == 0

    # given one where somebody is logged in, one whose relay listens for nobody, and none at all
    async with gateway(silent=True) as far, await asyncio.start_server(lambda _, writer: None, "127.0.0.1") as relay:
        port = relay.sockets[0].getsockname()[1]
        assert await well(far.port, 30)
        assert not await well(port, 1)
        assert not await well(free_port(), 30)
