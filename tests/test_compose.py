"""The containers: what docker-compose.yml says is legal, pinned, unprivileged, and keeps passwords out of sight.

No engine is needed: the file is checked against the schema of the Compose Specification and read as what it is.
"""

import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot.kernel import cache_folder
from tests.servers import postgres

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PINNED = re.compile(r"^[a-z0-9./-]+:\d+\.\d+(\.\d+[a-z]?)?(-[a-z0-9.-]+)?$")
TYPED = {"tws_password"}
"""Secrets that only a person has."""
SCHEMA = json.loads(files("check_jsonschema").joinpath("builtin_schemas/vendor/compose-spec.json").read_text())


def test_the_compose_file_is_one():
    jsonschema.validate(COMPOSE, SCHEMA)


def test_a_misspelt_key_is_not():
    wrong = {**COMPOSE, "services": {"desk": {**SERVICES["desk"], "comand": ["run"]}}}
    with pytest.raises(jsonschema.ValidationError, match="comand"):
        jsonschema.validate(wrong, SCHEMA)


def test_the_desk_has_a_database_and_a_message_broker_beside_it():
    assert {name for name, service in SERVICES.items() if "profiles" not in service} == {
        "desk",
        "postgres",
        "mosquitto",
    }
    assert set(SERVICES["desk"]["depends_on"]) == {"postgres", "mosquitto"}


def test_a_gateway_is_started_when_it_is_asked_for_and_only_for_paper():
    gateway = SERVICES["gateway"]
    assert gateway["profiles"] == ["ib"]
    assert gateway["environment"]["TRADING_MODE"] == "paper"
    assert gateway["environment"]["READ_ONLY_API"] == "no"
    assert gateway["expose"] == ["4004"]
    assert "TWS_PASSWORD" not in gateway["environment"]
    assert "adapters.ib.port=4004" in SERVICES["live"]["command"]


@pytest.mark.parametrize("image", [service["image"] for service in SERVICES.values()])
def test_images_are_pinned_to_a_version(image):
    assert PINNED.match(image)


def test_the_image_is_built_from_pinned_ones():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.M)
    assert bases
    assert all(PINNED.match(base) for base in bases)


@pytest.mark.parametrize("name", SERVICES)
def test_nobody_is_privileged_or_reachable_from_outside(name):
    service = SERVICES[name]
    assert not service.get("privileged")
    assert "network_mode" not in service
    assert "ports" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert set(service["networks"]) == ({"inside", "outside"} if name == "gateway" else {"inside"})
    assert COMPOSE["networks"]["inside"]["internal"]


def test_the_desk_is_not_root_and_cannot_write_its_own_program():
    assert re.search(r"^USER paperpit$", DOCKERFILE, re.M)
    assert SERVICES["desk"]["read_only"]
    assert SERVICES["desk"]["cap_drop"] == ["ALL"]


def test_the_journal_is_in_postgres_and_its_password_in_a_secret():
    assert "journal.url_file=/run/secrets/journal_url" in SERVICES["desk"]["command"]
    assert SERVICES["desk"]["secrets"] == ["journal_url"]
    assert "POSTGRES_PASSWORD" not in SERVICES["postgres"]["environment"]


def test_make_secrets_writes_what_compose_reads(tmp_path):
    # given a folder with the Makefile alone, when asked twice
    for _ in range(2):
        subprocess.run(["make", "-f", ROOT / "Makefile", "secrets"], cwd=tmp_path, check=True, capture_output=True)
    # then
    files = [secret["file"] for name, secret in COMPOSE["secrets"].items() if name not in TYPED]
    written = {file: (tmp_path / file).read_text() for file in files}
    password = written["secrets/postgres_password"]
    assert len(password) == 48
    assert written["secrets/journal_url"] == f"postgresql+psycopg://paperpit:{password}@postgres/paperpit"


def test_the_image_gets_every_file_that_it_copies():
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M)
    sources = [source for line in copied for source in line.split()]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources
    assert all((ROOT / source).exists() for source in sources)
    assert set(sources) == allowed


def test_the_desk_s_command_journals_into_postgres(tmp_path):
    # given a database, and its URL where compose puts the secret
    with postgres() as server:
        secret = tmp_path / "journal_url"
        secret.write_text(server.database("desk").replace("postgresql://", "postgresql+psycopg://"))
        env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PAPERPIT_KERNEL_CACHE": str(cache_folder())}
        command = [word.replace("/run/secrets/journal_url", str(secret)) for word in SERVICES["desk"]["command"]]
        # when
        program = Path(sys.executable).with_name("paperpit")
        done = subprocess.run([program, *command], cwd=tmp_path, env=env, capture_output=True, text=True)
        # then
        assert done.returncode == 0, done.stderr
        read = [program, "journal", "round-trips", "--json", "--journal", server.url("desk")]
        found = subprocess.run(read, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
        assert len(json.loads(found.stdout)) >= 1
