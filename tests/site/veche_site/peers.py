"""Clients, each a program of its own in its namespace (`veche_site.peer`), told by lines of JSON what to do."""

import json
import os
import pathlib
import sys

from .netns import Namespace
from .program import Program
from .waits import Deadline


class Refused(AssertionError):
    """The peer could not do what it was asked."""


class Peer:
    """A client in a namespace that trusts one root certificate and no other."""

    module = "veche_site.peer"
    environment: dict[str, str] = {}

    def __init__(self, namespace: Namespace, root: pathlib.Path, kind: str = "aiortc") -> None:
        self.name = namespace.name
        # Who makes its calls: `aiortc` or `chromium`.
        self.kind = kind
        env = {**os.environ, "SSL_CERT_FILE": str(root), "SSL_CERT_DIR": os.devnull, **self.environment}
        self._program = Program(self.name, namespace.command(sys.executable, "-m", self.module), env)
        self._asked = 0
        self._answers: dict[int, dict] = {}

    def begin(self, what: str, **arguments) -> int:
        """Tells it to do something, and returns what `end` takes to get the answer."""
        self._asked += 1
        self._program.tell(json.dumps({"id": self._asked, "do": what, **arguments}))
        return self._asked

    def end(self, asked: int, what: str = "an answer", deadline: Deadline | None = None):
        """Waits until it has done that."""
        deadline = deadline or Deadline()
        while asked not in self._answers:
            answer = json.loads(self._program.line(what, deadline))
            self._answers[answer["id"]] = answer
        answer = self._answers.pop(asked)
        if "failed" in answer:
            raise Refused(f"{self.name}: {what}: {answer['failed']}\n{self._program.log}")
        return answer["done"]

    def ask(self, what: str, **arguments):
        """Tells it to do something and waits until it has."""
        return self.end(self.begin(what, **arguments), what)

    def fetch(self, method: str, url: str, body: dict | None = None, token: str | None = None) -> dict:
        """An HTTP request that must be answered with success and JSON."""
        return json.loads(self.ask("fetch", method=method, url=url, body=body, token=token))

    def stop(self) -> None:
        status = self._program.finish()
        assert status == 0, f"{self.name} ended with {status}\n{self._program.log}"
