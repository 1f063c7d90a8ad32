"""`paperpit serve` as a process of its own, and what somebody asks of it: real sockets, real HTTP."""

import asyncio
import http.client
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.programs import Program, program

TOKEN = "a-token-for-tests-of-32-letters."


@dataclass(frozen=True)
class Answer:
    """What came back."""

    code: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Served:
    """A server that answers at `address` (host and port)."""

    address: str
    running: Program

    async def get(self, path: str, **headers: str) -> Answer:
        """A page, with further headers (`_` for `-`)."""
        return await asyncio.to_thread(self._ask, "GET", path, None, headers)

    async def post(self, path: str, form: Mapping[str, str], **headers: str) -> Answer:
        """A form."""
        return await asyncio.to_thread(self._ask, "POST", path, urlencode(form), headers)

    async def send(self, name: str, body: object, **headers: str) -> Answer:
        """One object to the API."""
        headers = {"content_type": "application/json", **headers}
        return await asyncio.to_thread(self._ask, "POST", f"/api/v1/{name}", json.dumps(body), headers)

    async def delete(self, path: str) -> Answer:
        """What nothing here takes."""
        return await asyncio.to_thread(self._ask, "DELETE", path, None, {})

    async def unlocked(self) -> dict[str, str]:
        """Headers and the form's secret of a browser that has shown the token: (`cookie`, `form_secret`)."""
        shown = await self.post("/unlock", {"token": TOKEN})
        cookie = shown.headers["set-cookie"].partition(";")[0]
        page = await self.get("/control/pause", cookie=cookie)
        found = re.search(r'name="form_secret" value="(\w+)"', page.text)
        assert found is not None, page.text
        return {"cookie": cookie, "form_secret": found[1]}

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> Answer:
        wire = http.client.HTTPConnection(self.address, timeout=60)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            given.setdefault("content-type", "application/x-www-form-urlencoded")
        try:
            wire.request(method, path, body, given)
            answer = wire.getresponse()
            text = answer.read().decode()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, text)
        finally:
            wire.close()


@asynccontextmanager
async def serving(folder: Path, *words: object) -> AsyncIterator[Served]:
    """A server with a token of our own."""
    token = folder / "token"
    if not token.exists():
        token.touch(0o600)
        token.write_text(TOKEN + "\n")
    async with served("--token-file", token, *words) as site:
        yield site


@asynccontextmanager
async def served(*words: object, cwd: Path | None = None) -> AsyncIterator[Served]:
    """A server on any free port, started in a folder; it must end in order."""
    async with program("serve", "--port", "0", *words, cwd=cwd) as running:
        await running.until("serving http")
        line = next(line for line in running.said if "serving http" in line)
        address = re.search(r"http://\S+", line)
        assert address is not None
        yield Served(urlsplit(address[0]).netloc, running)
        assert await running.interrupted() == 130
