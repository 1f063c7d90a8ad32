"""docs/configuration.md tells every key of every file, with what holds when it is absent."""

from bot.config.describe import describe
from tests.rooms.config.manual import FILES, MANUAL, manual


def test_the_manual_tells_every_key_as_the_models_have_it() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    assert text == manual(text), "python -m tests.rooms.config.manual writes the tables anew"
    assert text.count("<!-- keys: ") == 6


def test_every_key_says_what_it_means() -> None:
    silent = [f"{file}: {key.name}" for file, model in FILES.items() for key in describe(model) if not key.about]
    assert silent == []
