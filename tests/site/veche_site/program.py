"""Programs in namespaces: their lines on standard output as they come, and the end of what they complain."""

import queue
import signal
import subprocess
import threading

from .waits import LIMIT_SECONDS, Deadline

# What is kept of standard error for the message of a failed test.
LOG_CHARACTERS_MAX = 20_000


class Program:
    """A running program. `finish` or `stop` ends it; if the tests forget, it ends with the room they run in."""

    def __init__(self, name: str, command: list[str], env: dict[str, str] | None = None) -> None:
        self.name = name
        self.log = ""
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_lines, self._read_log)]
        for reader in self._readers:
            reader.start()

    def line(self, what: str, deadline: Deadline | None = None) -> str:
        """The next line on standard output, which tells `what`."""
        deadline = deadline or Deadline()
        try:
            line = self._lines.get(timeout=deadline.left())
        except queue.Empty:
            raise AssertionError(f"{self.name}: {what} did not come in time\n{self.log}") from None
        if line is None:
            raise AssertionError(f"{self.name} ended with {self._process.wait()} before {what}\n{self.log}")
        return line

    def tell(self, line: str) -> None:
        """Writes one line to standard input."""
        try:
            self._process.stdin.write(line + "\n")
        except BrokenPipeError:
            raise AssertionError(f"{self.name} has ended\n{self.log}") from None

    def finish(self) -> int:
        """Ends its input, lets it end by itself, and returns how it did."""
        self._process.stdin.close()
        return self._wait("after its input")

    def stop(self) -> int:
        """Asks it to end by SIGTERM and returns how it did."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._wait("after SIGTERM")

    def _wait(self, after: str) -> int:
        try:
            status = self._process.wait(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"{self.name} does not end {after}\n{self.log}") from None
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            stream.close()
        return status

    def _read_lines(self) -> None:
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_log(self) -> None:
        for line in self._process.stderr:
            self.log = (self.log + line)[-LOG_CHARACTERS_MAX:]
