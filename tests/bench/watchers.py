"""Pages that watch, without a browser: they hear that something has come and ask for what has changed.

usage: python -P watchers.py HOST:PORT COUNT        says "watching" once all of them hear, and at a SIGTERM how often
                                                    they have asked
"""

import asyncio
import signal
import sys
from collections.abc import Callable


async def _ask(host: str, port: str, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(host, int(port))
    question = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    writer.write(question.encode())
    return reader, writer


async def watch(host: str, port: str, ready: asyncio.Semaphore, asked: Callable[[int], None]) -> None:
    """One page, for ever. What comes while it asks is asked for once, afterwards."""
    came = asyncio.Event()

    async def renew() -> None:
        while True:
            await came.wait()
            came.clear()
            reader, writer = await _ask(host, port, "/?part=now")
            asked(len(await reader.read()))
            writer.close()

    stream, _ = await _ask(host, port, "/api/v1/events")
    renewing = asyncio.create_task(renew())
    async for line in stream:
        if line.startswith(b"event: hello"):
            ready.release()
        if line.startswith(b"event:"):
            came.set()
    renewing.cancel()


async def main(address: str, count: int) -> None:
    """Watch until a signal ends it."""
    host, _, port = address.partition(":")
    ready, over = asyncio.Semaphore(0), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    answers: list[int] = []
    pages = [asyncio.create_task(watch(host, port, ready, answers.append)) for _ in range(count)]
    for _ in range(count):
        await ready.acquire()
    print("watching", flush=True)
    await over.wait()
    for one in pages:
        one.cancel()
    print(len(answers), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
