"""The shipped binary."""

import json
import os
import pathlib
import signal
import subprocess
import threading
import urllib.error
import urllib.request

SECRET = "a secret of the tests of calls"
# How long anything may take on a busy machine; nothing waits this long unless it fails.
LIMIT_SECONDS = 60


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, body: dict) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.errcode = body.get("errcode")


class Server:
    """A server on ports that it picks itself. Started again it keeps them, as a server does."""

    def __init__(self, folder: pathlib.Path, media: str = "127.0.0.1", external: str = "127.0.0.1") -> None:
        """Media come to the address `media`, which others call `external`."""
        self.data = folder / "data"
        self.data.mkdir(mode=0o700)
        self._external = external
        self._ports = {f"listen.{name}": f"{media}:0" for name in ("turn", "sfu", "ice_tcp")}
        self._ports["listen.http"] = "127.0.0.1:0"
        self._log: list[str] = []
        self.start()

    def start(self) -> None:
        settings = {
            "server.name": "localhost",
            "listen.https": "off",
            "registration.shared_secret": SECRET,
            "network.external_address": self._external,
            "limits.rates": "off",
            # However full the disk of the machine that runs the tests is.
            "storage.reserve_bytes": "1048576",
            "setup.skip": "true",
            **self._ports,
        }
        sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        command = [os.environ["VECHE_BIN"], "serve", "--data", str(self.data), *sets]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        reader = threading.Thread(target=lambda: self._log.extend(self._process.stderr), daemon=True)
        reader.start()
        line = self._process.stdout.readline()
        assert line, f"the server did not start\n{self.log}"
        self.ready = ready = json.loads(line)
        assert ready["ready"] and ready["sfu"] and ready["ice_tcp"], ready
        self.address = ready["http"]
        self._ports = {f"listen.{name}": ready[name] for name in ("http", "turn", "sfu", "ice_tcp")}

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def secret(self) -> str:
        """Makes accounts, and is everybody's password."""
        return SECRET

    def fetch(self, method: str, url: str, body: dict | None, token: str | None) -> str:
        """What a request is answered with; `Refused` if it is an error."""
        request = urllib.request.Request(url, method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            raise Refused(error.code, json.loads(text) if text.startswith("{") else {"text": text}) from None

    @property
    def log(self) -> str:
        return "".join(self._log)

    def kill(self) -> None:
        """Ends it without a word, as a loss of power does."""
        self._process.kill()
        self._process.wait(LIMIT_SECONDS)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(LIMIT_SECONDS)
        assert status == 0, f"the server ended with {status}\n{self.log}"
