"""Ways to call: a program, a web server; when they are slow, broken, gone."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from bot.config.services import NotifySettings
from bot.log import hide, scrub
from bot.notify import Sender, trial
from tests.patience import PATIENCE_S
from tests.servers import free_port
from tests.stories.hooks import SECRET, webhook

NOTICE = trial(1_800_000_000_000_000_000)


def sender(**told: object) -> Sender:
    """In no hurry but between two tries."""
    return Sender("here", **{"program_s": 30.0, "webhook_s": 30.0, "between_s": 0.01, **told})  # type: ignore[arg-type]


async def test_a_program_gets_the_notice_on_its_standard_input_and_no_shell_sees_it(tmp_path: Path) -> None:
    file = tmp_path / "it has; a $(name)"
    sent = await sender(command=("/usr/bin/tee", str(file))).send(NOTICE)
    assert (sent.arrived, sent.why) == (True, "")
    assert file.read_text().startswith("paperpit here: a test: notices of this desk arrive here\n\n")


async def test_what_leaves_the_machine_has_no_whole_account_and_no_secret(tmp_path: Path) -> None:
    file, said = tmp_path / "told", structs.replace(NOTICE, title="DU1234567", text=f"DU1234567 {hide(SECRET)}")
    await sender(command=("/usr/bin/tee", str(file))).send(said)
    assert file.read_text() == "paperpit here: DU…567\n\nDU…567 …\n"


@pytest.mark.parametrize(
    ("command", "seconds", "why"),
    [
        (("/bin/sh", "-c", "exit 3"), 30.0, "/bin/sh ended with 3"),
        (("/bin/sh", "-c", "sleep 60 & sleep 60"), 0.2, "/bin/sh took longer than 0.2 s"),
        (("/nowhere/to/call",), 30.0, "/nowhere/to/call cannot be started: No such file or directory"),
        (("/bin/true",), 30.0, ""),
    ],
)
async def test_a_program_that_does_not_take_it_is_told(command: tuple[str, ...], seconds: float, why: str) -> None:
    # "true" reads nothing at all, and has taken it
    sent = await sender(command=command, program_s=seconds).send(NOTICE)
    assert (sent.arrived, sent.why) == (not why, why)


async def test_a_webhook_gets_it_as_json_at_the_second_try() -> None:
    async with webhook("500") as hook:
        sent = await sender(webhook=hook.url).send(NOTICE)
    assert (sent.arrived, sent.why) == (True, "")
    (got,) = hook.got
    assert (got["v"], got["desk"], got["about"], got["state"]) == (1, "here", "test", "test")
    assert got["text"] == NOTICE.text


async def test_a_webhook_that_is_slow_or_gone_or_speaks_something_else_is_told() -> None:
    async with webhook("silence", "silence", "silence") as hook:
        slow = await sender(webhook=hook.url, webhook_s=0.3).send(NOTICE)
    async with webhook("404", "404", "404") as hook:
        wrong = await sender(webhook=hook.url).send(NOTICE)
    gone = await sender(webhook=f"http://127.0.0.1:{free_port()}/").send(NOTICE)
    assert [one.arrived for one in (slow, wrong, gone)] == [False] * 3
    assert slow.why == "the webhook cannot be reached: timed out"
    assert wrong.why == "the webhook answered 404"
    assert gone.why.startswith("the webhook cannot be reached: [Errno")


async def test_one_way_that_works_is_enough_and_the_other_is_told(tmp_path: Path) -> None:
    both = sender(command=("/usr/bin/tee", str(tmp_path / "told")), webhook=f"http://127.0.0.1:{free_port()}/")
    sent = await both.send(NOTICE)
    assert sent.arrived
    assert sent.why.startswith("the webhook cannot be reached")


async def test_an_address_is_read_from_its_file_each_time_and_shown_nowhere(tmp_path: Path) -> None:
    here = replace(Sender.of(NotifySettings(webhook_file="hook"), "here", tmp_path), between_s=0.01)
    assert (await here.send(NOTICE)).why.endswith("hook cannot be read: No such file or directory")
    (tmp_path / "hook").write_text("tell me\n")
    assert 'holds no address of a webhook: a webhook is "https://HOST/PATH"' in (await here.send(NOTICE)).why
    async with webhook() as hook:
        (tmp_path / "hook").write_text(f"{hook.url}\n")
        assert (await here.send(NOTICE)).arrived
    assert SECRET not in scrub(json.dumps({"said": hook.url}))


async def test_a_notice_that_is_given_up_leaves_no_program_behind(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    running = sender(command=("/bin/sh", "-c", f"echo $$ > {pid}; exec sleep 60"), program_s=60.0)
    task = asyncio.create_task(running.send(NOTICE))
    async with asyncio.timeout(PATIENCE_S):
        while not (pid.exists() and pid.read_text()):
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()
