"""A client who calls another one, or only knocks."""

import asyncio

from .call import Call
from .chromium import ChromiumCall
from .commands import serve
from .fetch import fetch
from .probe import Probe
from .reflect import Reflector, knock, reflexive, shout


class Client:
    """What one client has: a call, allocations of its own, ports that it listens on."""

    def __init__(self) -> None:
        self.call: Call | ChromiumCall | None = None
        self.probes: list[Probe] = []
        self.reflector: Reflector | None = None

    async def fetch(self, method: str, url: str, body: dict | None, token: str | None) -> str:
        return await asyncio.to_thread(fetch, method, url, body, token)

    async def prepare(self, kind: str, servers: list[dict], policy: str, tone: int) -> None:
        if kind == "chromium":
            self.call = await ChromiumCall.prepare(servers, policy, tone)
        else:
            self.call = Call([await one_uri(server) for server in servers], policy, tone)

    async def offer(self) -> dict:
        return await self.call.offer()

    async def answer(self, offer: dict) -> dict:
        return await self.call.answer(offer)

    async def accept(self, answer: dict) -> None:
        await self.call.accept(answer)

    async def connected(self) -> dict:
        return await self.call.connected()

    async def exchange(self, sizes: list[int]) -> int:
        return await self.call.exchange(sizes)

    async def hear(self, tone: int) -> float:
        return await self.call.hear(tone)

    async def hang_up(self) -> None:
        await self.call.close()

    async def allocate(self, server: dict) -> dict:
        probe = await Probe.by_any(server)
        self.probes.append(probe)
        return probe.allocated

    async def permit(self, probe: int, peers: list) -> list:
        return await self.probes[probe].permit(peers)

    async def bind(self, probe: int, peers: list) -> list:
        return await self.probes[probe].bind(peers)

    async def send(self, probe: int, peers: list, text: str) -> None:
        self.probes[probe].send(peers, text)

    async def talk(self, probe: int, peer: list, text: str) -> None:
        await self.probes[probe].talk(peer, text)

    async def received(self, probe: int) -> dict:
        return await self.probes[probe].received()

    async def free(self) -> None:
        await asyncio.gather(*(probe.free() for probe in self.probes))

    async def reflect(self, address: str, ports: list[int]) -> list[int]:
        self.reflector = await Reflector.listen(address, ports)
        return self.reflector.ports

    async def reflexive(self, address: str, ports: list[int]) -> list:
        return await reflexive(address, ports)

    async def shout(self, address: str, port: int) -> None:
        await shout(address, port)

    async def knock(self, address: str, port: int) -> str:
        return await knock(address, port)


async def one_uri(server: dict) -> dict:
    """The server with a URI that leads to it: of several, aiortc would take the first without trying the others."""
    if len(server["urls"]) == 1:
        return server
    probe = await Probe.by_any(server)
    await probe.free()
    return server | {"urls": [probe.text]}


asyncio.run(serve(Client()))
