"""A running desk whose strategy's model lets nothing pass: it says so unasked, since when, and what opens it again."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from bot.journal import rows
from bot.journal.place import place
from bot.journal.reading import reading
from bot.models import record
from bot.models.fit import train
from bot.models.judge import STALE_NS
from bot.resources import shipped
from tests.programs import ended, program
from tests.rooms.models.build import candidates
from tests.rooms.web.served import serving

MINUTE_NS = 60 * 10**9


def model(until_ns: int) -> record.Model:
    """One that knows something, by its own word, of data until then."""
    made = train(candidates(12, 400, slope=2.0))
    good = msgspec.structs.replace(made.tested.venn_abers, ece=0.02)
    tested = msgspec.structs.replace(made.tested, skill=9.0, venn_abers=good)
    return msgspec.structs.replace(made, strategy="drill-es", until_ns=until_ns, tested=tested)


async def test_status_says_what_closes_a_model_and_a_person_resets_it(tmp_path: Path) -> None:
    # given a desk on a market that goes on, whose strategy names a model that is not there
    journal, desk = f"sqlite:///{tmp_path / 'journal.db'}", f"closed-{os.getpid()}"
    here = {"PAPERPIT_JOURNAL": journal}
    text = (shipped("config") / "strategies/drill-es.toml").read_text()
    (tmp_path / "drill.toml").write_text(f'{text}\n[model]\nfile = "m.json"\n')

    async def say(*words: str, code: int = 0) -> str:
        told, one = await ended(*words, "--desk", desk, env=here)
        assert told == code, one.words
        return one.told if code == 0 else "\n".join(one.said)

    async def drill() -> Mapping[str, Any]:
        status = json.loads(await say("status", "--json"))
        (one,) = status["strategies"]
        assert bool(one["model"]) == any(cause["rule"] == "model" for cause in status["causes"])
        return {**one, "now_ns": status["now_ns"]}

    given = ("--adapter", "synthetic", "--strategy", str(tmp_path / "drill.toml"), "--calendar", "none", "--once")
    async with program("run", *given, "--warm", "none", "--desk", desk, env=here) as running:
        await running.until("the model of drill-es is closed", seconds=600)
        # then status says that nothing passes, and what to do
        one = await drill()
        assert (one["state"], one["model"]["abstain"], one["model"]["since_ns"]) == ("held", "NOT_TRAINED", None)
        assert "its model lets nothing pass (NOT_TRAINED): paperpit model train" in await say("status")
        async with serving(tmp_path, "--journal", journal) as site:
            health, metrics = await site.get("/health"), await site.get("/metrics")
        assert "Models that let nothing pass" in health.text
        assert "NOT_TRAINED" in health.text
        assert re.search(r'^paperpit_cause\{[^}]*rule="model"[^}]*\} 1', metrics.text, re.M)
        # when an old one is put there and read, then it says since when that has been too old
        now = one["now_ns"]  # by the market's clock
        record.write(tmp_path / "m.json", model(now - STALE_NS - MINUTE_NS))
        await say("reload")
        old = (await drill())["model"]
        assert (old["abstain"], old["since_ns"]) == ("STALE_MODEL", now - MINUTE_NS)
        assert "paperpit reload" in old["do"]
        # when a newer one is, then nothing closes it
        record.write(tmp_path / "m.json", model(now))
        await say("reload")
        assert (await drill())["model"] is None
        # and a person may say of it, and of nothing else, that it may judge again
        assert "reset: the model of drill-es" in await say("model", "reset", "drill-es", "--reason", "looked at it")
        refused = await say("model", "reset", "another", "--reason", "no such", code=2)
        assert "no strategy another sits at the desk" in refused
        await say("stop")
        assert await running.code() == 0
    # then the journal has it, with who said it, and when the desk could do what
    with reading(place(journal)) as reader:
        controls = [row for row in reader.read(rows.Control, reader.runs) if row.key == "model.drill-es"]
        (command,) = [row for row in reader.read(rows.Command, reader.runs) if row.verb == "model-reset"]
        modes = [row.causes for row in reader.read(rows.ModeChange, reader.runs)]
    assert [row.why.startswith("looked at it (") for row in controls] == [True]
    assert (command.strategy, command.result) == ("drill-es", "reset: the model of drill-es")
    assert any("the model of drill-es is closed" in causes for causes in modes)
