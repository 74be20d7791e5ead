"""A participant of a call with LiveKit's client for Node.js: a program (`node/caller.js`) that is told what to do."""

import asyncio
import json
import pathlib
from asyncio.subprocess import PIPE

from .server import LIMIT_SECONDS

PROGRAM = pathlib.Path(__file__).parent.parent / "node" / "caller.js"


class NodeCaller:
    """Somebody in a call. What happens to him can be waited for, once for each time that it does."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.happened: list[str] = []

    async def start(self) -> "NodeCaller":
        self._process = await asyncio.create_subprocess_exec("node", PROGRAM, stdin=PIPE, stdout=PIPE)
        return self

    async def saw(self, what: str) -> None:
        """Waits until something happens that has not been waited for."""

        async def wait() -> None:
            while what not in self.happened:
                line = await self._process.stdout.readline()
                assert line, f"{self.name} ended with {await self._process.wait()}"
                # The library writes lines of its own.
                if line.startswith(b'"'):
                    self.happened.append(json.loads(line))
                    assert not self.happened[-1].startswith("failed"), self.happened[-1]
            self.happened.remove(what)

        try:
            await asyncio.wait_for(wait(), LIMIT_SECONDS)
        except TimeoutError:
            raise AssertionError(f"{self.name}: {what} did not come; what came: {self.happened}") from None

    async def do(self, order: str, **about: str) -> None:
        """Tells him to do something, and waits until he has."""
        self._process.stdin.write(json.dumps({"order": order, **about}).encode() + b"\n")
        await self.saw(f"done {order}")

    async def leave(self) -> None:
        await self.do("leave")
        self._process.stdin.close()
        status = await asyncio.wait_for(self._process.wait(), LIMIT_SECONDS)
        assert status == 0, f"{self.name} ended with {status}"
