"""One side of a call by aiortc: a data channel whose other end echoes, and a tone in each direction."""

import asyncio
import os

from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)

from .tone import Tone, left_channel, share

# A window of sound that is judged as a whole, and what must be the tone in it. Opus is not exact, other sound is far off.
WINDOW_SECONDS = 0.5
SHARE_MIN = 0.8


class Call:
    """One peer connection."""

    def __init__(self, servers: list[dict], policy: str, tone: int) -> None:
        self.pc = RTCPeerConnection(
            RTCConfiguration(
                iceServers=[RTCIceServer(**server) for server in servers],
                iceTransportPolicy=RTCIceTransportPolicy(policy),
            )
        )
        loop = asyncio.get_running_loop()
        self.state = loop.create_future()
        self.track = loop.create_future()
        self.opened = asyncio.Event()
        self.channel: RTCDataChannel | None = None
        self.echoes: asyncio.Queue[bytes] = asyncio.Queue()
        self.pc.addTrack(Tone(tone))
        self.pc.on("connectionstatechange", self._state_changed)
        self.pc.on("track", self.track.set_result)
        self.pc.on("datachannel", self._echo)

    async def offer(self) -> dict:
        self.channel = self.pc.createDataChannel("site")
        self.channel.on("open", self.opened.set)
        self.channel.on("message", self.echoes.put_nowait)
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self._described()

    async def answer(self, offer: dict) -> dict:
        await self.pc.setRemoteDescription(RTCSessionDescription(**offer))
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        return self._described()

    async def accept(self, answer: dict) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(**answer))

    async def connected(self) -> dict:
        """Waits until media can flow, and tells which pair of candidates carries it."""
        await self.state
        # aiortc has no public way to ask for the pair.
        pair = self.pc.sctp.transport.transport._connection._nominated[1]
        return {
            side: {"type": candidate.type, "host": candidate.host, "port": candidate.port}
            for side, candidate in (("local", pair.local_candidate), ("remote", pair.remote_candidate))
        }

    async def exchange(self, sizes: list[int]) -> int:
        """Sends messages of these sizes and waits until each came back as it was. Returns their bytes."""
        await self.opened.wait()
        messages = [os.urandom(size) for size in sizes]
        for message in messages:
            self.channel.send(message)
        for message in messages:
            if await self.echoes.get() != message:
                raise AssertionError(f"a message of {len(message)} bytes came back as another one")
        return sum(sizes)

    async def hear(self, tone: int) -> float:
        """Listens until the tone is there, and tells how pure it is."""
        track = await self.track
        samples: list[int] = []
        while True:
            frame = await track.recv()
            samples += left_channel(frame)
            if len(samples) >= WINDOW_SECONDS * frame.sample_rate:
                found = share(samples, frame.sample_rate, tone)
                if found >= SHARE_MIN:
                    return found
                samples.clear()

    async def close(self) -> None:
        await self.pc.close()

    def _described(self) -> dict:
        return {"sdp": self.pc.localDescription.sdp, "type": self.pc.localDescription.type}

    def _state_changed(self) -> None:
        if self.state.done():
            return
        if self.pc.connectionState == "connected":
            self.state.set_result(None)
        elif self.pc.connectionState in ("failed", "closed"):
            self.state.set_exception(ConnectionError(f"the connection is {self.pc.connectionState}"))

    def _echo(self, channel: RTCDataChannel) -> None:
        channel.on("message", channel.send)
