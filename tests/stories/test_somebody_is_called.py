"""A real desk that calls a person: when something happens, and in the evening; whether or not anybody answers."""

import asyncio
import json
import os
from pathlib import Path

from tests.patience import PATIENCE_S
from tests.programs import ended, program
from tests.servers import free_port
from tests.stories.hooks import SECRET, webhook

COMMAND = 'notify.command=["/bin/sh","-c","cat >> told.txt"]'


def given(folder: Path, name: str, *sets: str) -> tuple[tuple[object, ...], dict[str, str]]:
    """A desk on a market that goes on, and where its journal is."""
    words = ("--strategy", "drill-es.toml", "--calendar", "none", "--warm", "none", "--once")
    settings = [word for one in ("adapter=synthetic", *sets) for word in ("--set", one)]
    return ("run", *words, "--desk", name, *settings), {"PAPERPIT_JOURNAL": f"sqlite:///{folder / 'journal.db'}"}


async def told(folder: Path, words: str, seconds: float = PATIENCE_S) -> str:
    """What was told to the person, once it holds these words."""
    file = folder / "told.txt"
    async with asyncio.timeout(seconds):
        while not (file.exists() and words in file.read_text()):
            await asyncio.sleep(0.05)
    return file.read_text()


async def test_a_webhook_that_is_down_or_broken_gets_what_it_missed_and_the_desk_does_not_care(tmp_path: Path) -> None:
    # given a webhook that is broken at first, and whose address is a secret
    name = f"hooks-{os.getpid()}"
    async with webhook("500", "500", "500") as hook:
        secret = tmp_path / "hook"
        secret.write_text(f"{hook.url}\n")
        run, here = given(tmp_path, name, f"notify.webhook_file={json.dumps(str(secret))}")
        async with program(*run, env=here, cwd=tmp_path) as desk:
            await desk.until("trading")
            assert (await ended("flatten", "--yes", "--reason", "a fire in the pit", "--desk", name, env=here))[0] == 0
            # when it fails three times
            await desk.until("nobody could be called: the webhook answered 500")
            # then the desk says so in its status, and stops as it would have done
            _, status = await ended("status", "--json", "--desk", name, env=here)
            notices = json.loads(status.told)["notices"]
            assert notices["trouble"] == "the webhook answered 500"
            assert notices["waiting"] >= 1
            assert (await ended("stop", "--desk", name, env=here))[0] == 0
            assert await desk.code() == 0
        # and nobody saw the address
        assert SECRET not in desk.words + status.told
        # then the next start, or the end of this one, tells what was missed
        async with program(*run, env=here, cwd=tmp_path) as desk:
            notice = await hook.until("kill switch")
            assert (notice["v"], notice["about"], notice["state"], notice["desk"]) == (1, "kill", "begun", name)
            assert notice["title"].startswith("the kill switch is set: flatten: a fire in the pit")
            assert [line.partition(":")[0] for line in notice["text"].splitlines()[1:]] == ["since", "do"]
            assert (await ended("stop", "--desk", name, env=here))[0] == 0
            await desk.code()
        # and when the day ends it is told what that came to
        evening = await hook.until("the day: nothing was traded")
        assert "not right  kill True" in evening["text"]
        assert [one["state"] for one in hook.got if one["about"] == "kill"] == ["begun"]


async def test_a_start_that_is_refused_calls_somebody(tmp_path: Path) -> None:
    # given a broker's gateway that nobody runs
    name, port = f"refused-{os.getpid()}", free_port()
    run, here = given(tmp_path, name, COMMAND, "adapter=ib", "record.enabled=false", f"adapters.ib.port={port}")
    # when the desk is started
    code, _ = await ended(*run, env=here, cwd=tmp_path)
    # then a person hears that it does not trade
    assert code == 69
    assert "the desk has ended: nobody listens" in await told(tmp_path, "the desk has ended")


async def test_a_start_that_is_refused_before_anything_was_waited_for_calls_somebody(tmp_path: Path) -> None:
    # given a journal that is gone and of which there is a copy
    name = f"gone-{os.getpid()}"
    run, here = given(tmp_path, name, COMMAND)
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups/journal-2026-05-27.db").touch()
    # when the desk is started
    code, _ = await ended(*run, env=here, cwd=tmp_path)
    # then a person hears that it does not trade
    assert code == 65
    assert "the journal is gone or empty" in await told(tmp_path, "the desk has ended")


async def test_a_person_tries_it_before_it_matters(tmp_path: Path) -> None:
    # given a program that is not there, and a webhook that is
    async with webhook() as hook:
        (tmp_path / "hook").write_text(hook.url)
        (tmp_path / "bot.toml").write_text(
            'strategies = ["drill-es.toml"]\n[notify]\ncommand = ["/nowhere/to/call"]\nwebhook_file = "hook"\n'
        )
        code, doctor = await ended("doctor", "notify", "--json", cwd=tmp_path)
        # then a test arrives, and what did not work is told
        assert (await hook.until("a test"))["about"] == "test"
    (finding,) = json.loads(doctor.told)
    assert (code, finding["level"]) == (0, "warn")
    assert finding["message"] == "/nowhere/to/call cannot be started: No such file or directory"
    assert SECRET not in doctor.words + doctor.told


async def test_a_program_that_is_not_there_is_found_before_it_matters(tmp_path: Path) -> None:
    (tmp_path / "bot.toml").write_text('strategies = ["drill-es.toml"]\n[notify]\ncommand = ["tell-me-so"]\n')
    code, judged = await ended("check", "--json", cwd=tmp_path)
    assert (code, "there is no program tell-me-so" in judged.told) == (0, True), judged.told + judged.words
