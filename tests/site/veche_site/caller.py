"""A member of a room in its call, with LiveKit's own client: a program that is told what to do as `veche_site.peer` is."""

import asyncio
import time

from livekit import rtc
from veche_calls.caller import Caller

from .peer.commands import serve
from .peer.fetch import fetch


class Member:
    """What one member has: his place in one call."""

    def __init__(self) -> None:
        self.caller: Caller | None = None
        self.microphone: rtc.LocalAudioTrack | None = None

    async def fetch(self, method: str, url: str, body: dict | None, token: str | None) -> str:
        return await asyncio.to_thread(fetch, method, url, body, token)

    async def join(self, name: str, url: str, token: str, relay_only: bool = False) -> float:
        """How many seconds it took."""
        begun = time.monotonic()
        self.caller = await Caller(name).join(url, token, relay_only)
        return time.monotonic() - begun

    async def speak(self) -> None:
        self.microphone = await self.caller.speak()

    async def mute(self) -> None:
        self.microphone.mute()

    async def show(self, width: int, height: int) -> None:
        await self.caller.show(width=width, height=height)

    async def say(self, text: str) -> None:
        await self.caller.room.local_participant.publish_data(text.encode(), reliable=True)

    async def reads(self, text: str, sender: str) -> None:
        await self.caller.until("a message", lambda: (text.encode(), sender) in self.caller.data)

    async def hears(self, other: str, hundredths: int) -> None:
        await self.caller.hears(other, hundredths)

    async def sees(self, other: str, frames: int = 10) -> list[int]:
        """The size of what he sees."""
        await self.caller.sees(other, frames)
        return list(self.caller.frames[other][-1])

    async def saw(self, event: str) -> None:
        await self.caller.saw(event)

    async def happened(self) -> list[str]:
        return self.caller.happened

    async def forget_standstills(self) -> None:
        self.caller.forget_standstills()

    async def standstill(self, of: str) -> float:
        return self.caller.standstill(of)

    async def leave(self) -> None:
        await self.caller.leave()


if __name__ == "__main__":
    asyncio.run(serve(Member()))
