"""A participant of a call: LiveKit's own client, with a tone for a voice and moving stripes for a picture."""

import asyncio
import time
from collections.abc import Callable

import numpy
from livekit import rtc

from .server import LIMIT_SECONDS

RATE = 48_000
FRAME = RATE // 100
# How much is listened to at once: each time costs the same, and in a large call there are many.
HEARD_MS = 50
# What counts as heard, in hundredths of a second: half a second of it, so that no single piece of noise does.
LOUD_FRAMES = 50


class Caller:
    """Somebody in a call. Everything that happens to him is noted, and can be waited for."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.room = rtc.Room()
        self.loud: dict[str, int] = {}
        self.frames: dict[str, list[tuple[int, int]]] = {}
        self.happened: list[str] = []
        self.data: list[tuple[bytes, str]] = []
        # For each one's sound and picture: when it came last, and how long it has stood still at most.
        self._came_at: dict[str, float] = {}
        self._stood: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task] = []
        self._note()

    def _note(self) -> None:
        on = self.room.on
        for event in ("reconnecting", "reconnected", "disconnected"):
            on(event, lambda *_, event=event: self._happen(event))
        for event in ("participant_connected", "participant_disconnected"):
            on(event, lambda who, event=event: self._happen(f"{event} {who.identity}"))
        on("track_subscribed", lambda track, _, who: self._subscribed(track, who))
        on("track_muted", lambda who, _: self._happen(f"muted {who.identity}"))
        on("track_unsubscribed", lambda track, _, who: self._happen(f"unsubscribed {who.identity}"))
        on("active_speakers_changed", lambda who: [self._happen(f"speaks {it.identity}") for it in who])
        on("data_received", lambda packet: self._received(packet))

    def _happen(self, what: str) -> None:
        self.happened.append(what)
        self._changed.set()

    def _received(self, packet: rtc.DataPacket) -> None:
        self.data.append((packet.data, packet.participant.identity if packet.participant else ""))
        self._changed.set()

    def _subscribed(self, track: rtc.RemoteTrack, who: rtc.RemoteParticipant) -> None:
        self._happen(f"subscribed {who.identity}")
        is_sound = track.kind == rtc.TrackKind.KIND_AUDIO
        task = self._listen(track, who.identity) if is_sound else self._watch(track, who.identity)
        self._tasks.append(asyncio.create_task(task))

    async def _listen(self, track: rtc.RemoteTrack, identity: str) -> None:
        async for event in rtc.AudioStream(track, frame_size_ms=HEARD_MS):
            samples = numpy.frombuffer(event.frame.data, dtype=numpy.int16)
            if numpy.abs(samples).max() > 1_000:
                self.loud[identity] = self.loud.get(identity, 0) + HEARD_MS // 10
                self._came(f"sound {identity}")

    async def _watch(self, track: rtc.RemoteTrack, identity: str) -> None:
        async for event in rtc.VideoStream(track):
            self.frames.setdefault(identity, []).append((event.frame.width, event.frame.height))
            self._came(f"picture {identity}")

    def _came(self, what: str) -> None:
        now = time.monotonic()
        self._stood[what] = max(self._stood.get(what, 0.0), now - self._came_at.get(what, now))
        self._came_at[what] = now
        self._changed.set()

    def forget_standstills(self) -> None:
        """Lets `standstill` tell what is from now on."""
        self._stood = {}
        self._came_at = dict.fromkeys(self._came_at, time.monotonic())

    def standstill(self, what: str) -> float:
        """For how many seconds `sound IDENTITY` or `picture IDENTITY` has stood still at most."""
        return max(self._stood.get(what, 0.0), time.monotonic() - self._came_at[what])

    async def until(self, what: str, is_so: Callable[[], bool], seconds: float = LIMIT_SECONDS) -> None:
        """Waits for something to be so."""

        async def wait() -> None:
            while not is_so():
                self._changed.clear()
                await self._changed.wait()

        try:
            await asyncio.wait_for(wait(), seconds)
        except TimeoutError:
            raise AssertionError(f"{self.name}: {what} did not come; what came: {self.happened}") from None

    async def hears(self, identity: str, frames: int = LOUD_FRAMES) -> None:
        """Waits until he hears somebody, from now on: this many hundredths of a second."""
        before = self.loud.get(identity, 0)
        await self.until(f"the voice of {identity}", lambda: self.loud.get(identity, 0) >= before + frames)

    async def sees(self, identity: str, frames: int = 10) -> None:
        """Waits until he sees somebody move, from now on."""
        before = len(self.frames.get(identity, []))
        await self.until(f"the picture of {identity}", lambda: len(self.frames.get(identity, [])) >= before + frames)

    async def saw(self, what: str, seconds: float = LIMIT_SECONDS) -> None:
        """Waits until something has happened, whenever it did."""
        await self.until(what, lambda: what in self.happened, seconds)

    async def join(
        self, url: str, token: str, relay_only: bool = False, two_connections: bool = False, key: bytes | None = None
    ) -> "Caller":
        """Joins by `/rtc/v1`, or by the older `/rtc`, with two peer connections. With a key, all he sends is encrypted."""
        options = rtc.RoomOptions(single_peer_connection=not two_connections)
        if key is not None:
            options.encryption = rtc.E2EEOptions(key_provider_options=rtc.KeyProviderOptions(shared_key=key))
        if relay_only:
            options.rtc_config = rtc.RtcConfiguration(ice_transport_type=rtc.IceTransportType.TRANSPORT_RELAY)
        await asyncio.wait_for(self.room.connect(url, token, options), LIMIT_SECONDS)
        return self

    async def speak(self) -> rtc.LocalAudioTrack:
        """Publishes a tone."""
        source = rtc.AudioSource(RATE, 1)
        track = rtc.LocalAudioTrack.create_audio_track("tone", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await asyncio.wait_for(self.room.local_participant.publish_track(track, options), LIMIT_SECONDS)
        self._tasks.append(asyncio.create_task(self._sing(source)))
        return track

    async def _sing(self, source: rtc.AudioSource) -> None:
        at = 0
        while True:
            frame = rtc.AudioFrame.create(RATE, 1, FRAME)
            wave = numpy.sin((numpy.arange(FRAME) + at) * 2 * numpy.pi * 440 / RATE) * 12_000
            numpy.copyto(numpy.frombuffer(frame.data, dtype=numpy.int16), wave.astype(numpy.int16))
            at += FRAME
            # It takes as long as the frame sounds.
            await source.capture_frame(frame)

    async def show(
        self,
        name: str = "stripes",
        width: int = 1_280,
        height: int = 720,
        grain: int = 0,
        codec: int = rtc.VideoCodec.VP8,
    ) -> rtc.LocalTrackPublication:
        """Publishes moving stripes, in several sizes: of VP9 and AV1 they all come in one stream.

        With grain, of this many shades, they take the bits that a face takes."""
        source = rtc.VideoSource(width, height)
        track = rtc.LocalVideoTrack.create_video_track(name, source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=True, video_codec=codec)
        publication = await asyncio.wait_for(self.room.local_participant.publish_track(track, options), LIMIT_SECONDS)
        self._tasks.append(asyncio.create_task(self._move(source, width, height, grain)))
        return publication

    async def _move(self, source: rtc.VideoSource, width: int, height: int, grain: int) -> None:
        at, random = 0, numpy.random.default_rng(1)
        while True:
            picture = numpy.full((height, width, 4), at % 256, dtype=numpy.uint8)
            picture[:, : at % width] = 50
            if grain:
                picture[:, :, :3] += random.integers(grain, size=(height, width, 1), dtype=numpy.uint8)
            at += 7
            source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.RGBA, picture.tobytes()))
            await asyncio.sleep(1 / 15)

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.room.disconnect()
