"""Whatever is asked of the API, as its own description says and against it: it answers as described, never with 500."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import negative_data_rejection, positive_data_acceptance

from bot.journal.paging import PARTS
from bot.journal.place import place
from bot.web.api import ROUTES
from bot.web.api.openapi import document
from bot.web.api.writing import Telling
from bot.web.app import application
from bot.web.control_pages import VERBS
from bot.web.guard import Keys
from bot.web.site import Site
from tests.playing import Played
from tests.rooms.web.served import TOKEN

NOT_SAID = [positive_data_acceptance, negative_data_rejection]
"""A schema cannot say which text is the name of a run, nor that an empty filter asks for nothing."""
BEARER = {"authorization": f"Bearer {TOKEN}"}
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture(scope="module")
def described(reviewed: Played, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The API of a journal of its own, by its description."""
    own = tmp_path_factory.mktemp("described") / "own.db"
    own.write_bytes(Path(reviewed.url.removeprefix("sqlite:///")).read_bytes())
    site = Site(lambda: place(str(own)), Keys(TOKEN), lambda: 1_790_000_000_000_000_000, "token")
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", application(site, ["testserver"]))


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: str(mode.value))
def test_no_question_finds_a_bug(described: Any, mode: GenerationMode) -> None:
    asked = 0
    for operation in (found.ok() for found in described.get_all_operations()):
        if mode is GenerationMode.NEGATIVE and not operation.definition.raw.get("parameters", True):
            continue  # nothing can be said wrongly
        for_whom = {} if "security" not in operation.definition.raw else BEARER
        asked += _asked(operation.as_strategy(generation_mode=mode), for_whom)
    assert asked > 80


def _asked(cases: Any, headers: dict[str, str]) -> int:
    """How many questions were asked."""
    asked = 0

    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(cases)
    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        case.call_and_validate(headers=headers, excluded_checks=NOT_SAID)

    call: Callable[[], None] = ask
    call()
    return asked


def test_every_route_is_described_and_every_description_has_a_route() -> None:
    described = set(document()["paths"])
    assert described == {route.path for route in ROUTES if not route.path.endswith("openapi.json")}
    assert {f"/api/v1/{name}" for name in PARTS} < described


def test_every_schema_is_one() -> None:
    for schema in document()["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    json.dumps(document())


def test_programs_may_tell_the_desk_what_pages_may() -> None:
    told = document()["components"]["schemas"][Telling.__name__]["properties"]["verb"]["enum"]
    assert sorted(told) == sorted(VERBS)
