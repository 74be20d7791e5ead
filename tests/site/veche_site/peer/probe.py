"""A TURN client below WebRTC, on aioice's: it may ask for what no honest client asks for, and tells the answers."""

import asyncio

from aioice import stun
from aioice.turn import TurnClientTcpProtocol, TurnClientUdpProtocol
from aiortc.rtcicetransport import parse_stun_turn_uri

LIFETIME_SECONDS = 600


class Inbox(asyncio.DatagramProtocol):
    """What the relay delivers."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.queue.put_nowait((data, addr))


class Probe:
    """One allocation, by one URI."""

    def __init__(self, server: dict, uri: str) -> None:
        self.text = uri
        self.uri = parse_stun_turn_uri(uri)
        self.credentials = {"username": server["username"], "password": server["credential"]}
        self.inbox = Inbox()
        self.turn: TurnClientTcpProtocol | TurnClientUdpProtocol | None = None
        self.allocated: dict | None = None

    @classmethod
    async def by_any(cls, server: dict) -> "Probe":
        """Tries all URIs of a server at once, as a browser does, and keeps the allocation that is made first."""
        probes = [cls(server, uri) for uri in server["urls"]]
        waiting = {asyncio.create_task(probe.allocate()): probe for probe in probes}
        failures = []
        while waiting:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                probe = waiting.pop(task)
                if task.exception() is None:
                    await asyncio.gather(*(rest.forget(attempt) for attempt, rest in waiting.items()))
                    return probe
                failures.append(task.exception())
        raise ExceptionGroup("no allocation", failures)

    async def allocate(self) -> None:
        loop, address = asyncio.get_running_loop(), (self.uri["host"], self.uri["port"])
        kind = TurnClientTcpProtocol if self.uri["transport"] == "tcp" else TurnClientUdpProtocol

        def protocol():
            return kind(address, **self.credentials, lifetime=LIFETIME_SECONDS, channel_refresh_time=LIFETIME_SECONDS)

        if self.uri["transport"] == "tcp":
            tls = True if self.uri["scheme"] == "turns" else None
            _, self.turn = await loop.create_connection(protocol, *address, ssl=tls)
        else:
            _, self.turn = await loop.create_datagram_endpoint(protocol, remote_addr=address)
        self.turn.receiver = self.inbox
        relayed = await self.turn.connect()
        self.allocated = {"relayed": relayed, "mapped": self.turn.mapped_address}

    async def permit(self, peers: list) -> list:
        """Asks permission for each of these peers alone; the error code of each, or nothing."""
        return [await self._code(stun.Method.CREATE_PERMISSION, {"XOR-PEER-ADDRESS": tuple(peer)}) for peer in peers]

    async def bind(self, peers: list) -> list:
        """Binds a channel to each of these peers; the error code of each, or nothing."""
        codes = []
        for channel, peer in enumerate(peers, start=0x4000):
            attributes = {"CHANNEL-NUMBER": channel, "XOR-PEER-ADDRESS": tuple(peer)}
            codes.append(await self._code(stun.Method.CHANNEL_BIND, attributes))
        return codes

    def send(self, peers: list, text: str) -> None:
        """One Send indication to each of these peers."""
        for peer in peers:
            message = stun.Message(message_method=stun.Method.SEND, message_class=stun.Class.INDICATION)
            message.attributes["XOR-PEER-ADDRESS"] = tuple(peer)
            message.attributes["DATA"] = text.encode()
            self.turn.send_stun(message, self.turn.server)

    async def talk(self, peer: list, text: str) -> None:
        """Binds a channel to the peer if there is none, and sends to it."""
        await self.turn.send_data(text.encode(), tuple(peer))

    async def received(self) -> dict:
        """The next packet from a peer that was talked to."""
        data, peer = await self.inbox.queue.get()
        return {"text": data.decode(), "from": peer}

    async def forget(self, attempt: asyncio.Task) -> None:
        """Gives up an attempt that is not needed any more, and what it has allocated or is about to."""
        attempt.cancel()
        await asyncio.wait([attempt])
        if self.turn is None:
            return
        if self.turn.integrity_key is None:
            # It does not know yet what to sign with, so it has not asked for an allocation that it could get.
            self.turn.transport.close()
        else:
            await self.free()

    async def free(self) -> None:
        await self.turn.delete()

    async def _code(self, method: stun.Method, attributes: dict) -> int | None:
        request = stun.Message(message_method=method, message_class=stun.Class.REQUEST)
        request.attributes.update(attributes)
        try:
            await self.turn.request_with_retry(request)
        except stun.TransactionFailed as error:
            return error.response.error_code
        return None
