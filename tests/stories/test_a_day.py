"""The day that docs/operations.md tells, played: each of its commands is typed, and what it shows is what comes."""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from tests.programs import Program, ended, program
from tests.rooms.mqtt.listening import listening
from tests.servers import mosquitto

PAGE = (Path(__file__).resolve().parents[2] / "docs/operations.md").read_text()
DAY = PAGE.partition("\n## A day\n")[2].partition("\n## ")[0]
SETTINGS, STORY = (block[1] for block in re.finditer(r"```(?:toml)?\n(.*?)```", DAY, re.S))
TYPED = re.compile(r"^\d\d:\d\d \$ (.*)\n((?:(?!\d\d:\d\d \$ ).*\n)*)", re.M)


@dataclass(frozen=True)
class Line:
    """One command of the page, and what it shows."""

    words: tuple[str, ...]
    shown: tuple[re.Pattern[str], ...]

    def missing_in(self, said: str) -> list[str]:
        """What it shows and did not come."""
        lines = [" ".join(line.split()) for line in said.splitlines()]
        return [one.pattern for one in self.shown if not any(one.search(line) for line in lines)]


def read(story: str) -> list[Line]:
    """The page's commands; blanks are one blank, `…` is anything."""

    def pattern(text: str) -> re.Pattern[str]:
        return re.compile(".*".join(re.escape(part) for part in " ".join(text.split()).split("…")))

    return [Line(tuple(shlex.split(one[1])), tuple(map(pattern, one[2].splitlines()))) for one in TYPED.finditer(story)]


async def test_the_day_of_the_page_on_operations(tmp_path: Path) -> None:
    first, *rest = read(STORY)
    name, journal = f"floor-{os.getpid()}", tmp_path / "journal.db"
    here = {"PAPERPIT_JOURNAL": f"sqlite:///{journal}"}
    (tmp_path / "mqtt-secret").write_text("correct horse battery staple\n")
    (tmp_path / "mqtt-secret").chmod(0o600)
    with mosquitto() as broker:
        # given the settings of the page, with this broker's port and a name that no other desk has
        settings = SETTINGS.replace("mqtt://127.0.0.1:1883", broker.url).replace('"floor"', f'"{name}"')
        (tmp_path / "bot.toml").write_text(settings)

        async def typed(line: Line, desk: Program) -> str:
            """What came of a command."""
            match line.words:
                case ("systemctl", "restart", "mosquitto"):
                    broker.stop()
                    broker.start()
                    # the desk comes back by itself; until it has, nobody there would hear a command
                    async with listening(broker, f"paperpit/{name}") as heard:
                        await heard.until("status")
                    return ""
                case ("cat", file):
                    return (tmp_path / file).read_text().replace(name, "floor")
                case ("paperpit", "mqtt", "send", "resume", *_):
                    # the page waits for the end of the blackout: only then does the desk trade again
                    done = await said(*line.words[1:])
                    await desk.until("trading", times=2)
                    return done
                case ("paperpit", "stop" | "status" as verb):
                    told = await said(verb, "--desk", name)
                    if verb == "stop":
                        assert await desk.code() == 0
                    return told
                case _:
                    return await said(*line.words[1:])

        async def said(*words: str) -> str:
            code, done = await ended(*words, env=here, cwd=tmp_path)
            assert code == 0, (words, done.words)
            return done.told + done.words

        # when the desk is started and each command is typed in its turn
        async with program(*first.words[1:], env=here, cwd=tmp_path) as desk:
            await desk.until("no-entries; FOMC minutes")
            told = [(line, await typed(line, desk)) for line in rest]
        # then all that the page shows has come
        assert first.missing_in(desk.words) == []
        assert {line.words: missing for line, text in told if (missing := line.missing_in(text))} == {}, told
    with reading(place(str(journal))) as reader:
        assert check(reader) == []
