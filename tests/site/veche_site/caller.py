"""A member of a room in its call, with LiveKit's own client: a program that is told what to do as `veche_site.peer` is."""

import asyncio
import collections
import os
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

    async def show(self, width: int, height: int, grain: int = 0) -> None:
        await self.caller.show(width=width, height=height, grain=grain)

    async def say(self, text: str) -> None:
        await self.caller.room.local_participant.publish_data(text.encode(), reliable=True)

    async def reads(self, text: str, sender: str) -> None:
        await self.caller.until("a message", lambda: (text.encode(), sender) in self.caller.data)

    async def hears(self, other: str, hundredths: int) -> None:
        await self.caller.hears(other, hundredths)

    async def sees(self, other: str, frames: int = 10) -> None:
        await self.caller.sees(other, frames)

    async def sees_between(self, other: str, width_min: int, width_max: int) -> None:
        """Waits until what he sees is as wide as that."""
        seen = self.caller.frames.setdefault(other, [])
        try:
            await self.caller.until("that size", lambda: seen and width_min <= seen[-1][0] <= width_max)
        except AssertionError as error:
            raise AssertionError(f"{error}; sizes: {collections.Counter(seen)}") from None

    async def saw(self, event: str) -> None:
        await self.caller.saw(event)

    async def widest(self, other: str, frames: int) -> int:
        """How many pixels wide most of what he sees is at most: of so many last frames one in ten may be wider."""
        widths = sorted(width for width, _ in self.caller.frames[other][-frames:])
        return widths[len(widths) * 9 // 10]

    async def happened(self) -> list[str]:
        return self.caller.happened

    async def forget_standstills(self) -> None:
        self.caller.forget_standstills()

    async def standstill(self, of: str) -> float:
        return self.caller.standstill(of)

    async def leave(self) -> None:
        await self.caller.leave()


async def main() -> None:
    member = Member()
    await serve(member)
    if member.caller is not None:
        await member.leave()


if __name__ == "__main__":
    asyncio.run(main())
    # The library's threads abort the process if the interpreter is taken apart below them.
    os._exit(0)
