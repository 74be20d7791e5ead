"""How long anything may take. A wait ends with what it waits for, or fails here."""

import os
import time

LIMIT_SECONDS = int(os.environ.get("VECHE_TEST_WAIT_MS", "60000")) / 1000


class Deadline:
    """A moment until which several waits together may last."""

    def __init__(self, seconds: float = LIMIT_SECONDS) -> None:
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        return max(0.0, self.end - time.monotonic())
