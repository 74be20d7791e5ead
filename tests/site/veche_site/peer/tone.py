"""Sound that can be told from other sound: a sine to send, and how much of what is heard is that sine."""

import array
import cmath
import math

from aiortc import AudioStreamTrack
from av import AudioFrame

AMPLITUDE = 8_000


class Tone(AudioStreamTrack):
    """A sine of `hertz`, at the pace of the silence that it is made of."""

    def __init__(self, hertz: int) -> None:
        super().__init__()
        self.hertz = hertz

    async def recv(self) -> AudioFrame:
        frame = await super().recv()
        step = math.tau * self.hertz / frame.sample_rate
        # The sine goes on where the last frame left it.
        samples = array.array("h", (int(AMPLITUDE * math.sin(step * (frame.pts + i))) for i in range(frame.samples)))
        for plane in frame.planes:
            plane.update(samples.tobytes().ljust(plane.buffer_size, b"\0"))
        return frame


def left_channel(frame: AudioFrame) -> list[int]:
    """The samples of the first channel of a frame as the Opus decoder makes it: 16 bits, packed."""
    channels = len(frame.layout.channels)
    samples = array.array("h", bytes(frame.planes[0])[: 2 * frame.samples * channels])
    return list(samples[::channels])


def share(samples: list[int], rate: int, hertz: int) -> float:
    """How much of the energy in these samples is a sine of that frequency: 1 for the pure sine, 0 for silence."""
    energy = sum(sample * sample for sample in samples)
    if energy == 0:
        return 0.0
    turn = cmath.exp(-1j * math.tau * hertz / rate)
    found, phase = 0j, 1 + 0j
    for sample in samples:
        found += sample * phase
        phase *= turn
    return 2 * abs(found) ** 2 / (len(samples) * energy)
