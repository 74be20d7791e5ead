"""The server of the site: Veche, or coturn in its place, to see that the tests ask for nothing that only Veche has."""

import base64
import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import time
from dataclasses import dataclass

from . import plan
from .netns import Namespace, run
from .peers import Peer
from .program import Program
from .waits import LIMIT_SECONDS, Deadline

# Lets the tests make accounts, and coturn's clients their passwords.
SECRET = "a secret of the tests of the site"
CREDENTIALS_SECONDS = 3600


@dataclass(frozen=True)
class Relay:
    """What a client is told about TURN: the answer of `GET /_matrix/client/v3/voip/turnServer`."""

    uris: list[str]
    username: str
    password: str

    def by(self, way: str) -> dict:
        """The server entry of WebRTC with the URIs that go this way: `udp`, `tcp` or `tls`."""
        wanted = {"udp": ("turn:", "transport=udp"), "tcp": ("turn:", "transport=tcp"), "tls": ("turns:", "transport=tcp")}
        scheme, transport = wanted[way]
        fitting = [uri for uri in self.uris if uri.startswith(scheme) and uri.endswith(transport)]
        assert fitting, f"clients are told no URI for {way}: {self.uris}"
        return {"urls": fitting, "username": self.username, "credential": self.password}


class Veche:
    """The shipped binary in the namespace `server`."""

    def __init__(self, namespace: Namespace, folder: pathlib.Path, external_address: str | None, any_address: str) -> None:
        self.namespace = namespace
        self.data = folder / "data"
        self.data.mkdir(mode=0o700)
        settings = {
            "server.name": plan.SERVER_NAME,
            "listen.http": "127.0.0.1:0",
            "listen.https": f"{any_address}:443",
            "listen.turn": f"{any_address}:3478",
            "listen.sfu": f"{any_address}:7882",
            "listen.ice_tcp": f"{any_address}:7881",
            "registration.shared_secret": SECRET,
            "limits.rates": "off",
            # However full the disk of the machine that runs the tests is.
            "storage.reserve_bytes": "1048576",
            "setup.skip": "true",
        }
        if external_address is not None:
            settings["network.external_address"] = external_address
        sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        self.binary = os.environ["VECHE_BIN"]
        self._program = Program("veche", namespace.command(self.binary, "serve", "--data", str(self.data), *sets))
        ready = json.loads(self._program.line("the ready line"))
        self.loopback = f"http://{ready['http']}"
        assert (ready["ready"], ready["https"], ready["turn"]) == (True, f"{any_address}:443", f"{any_address}:3478")
        # What clients must trust to believe the server.
        self.root = folder / "root.pem"
        self.root.write_text(run(self.binary, "certificate", "root", "--data", str(self.data)))

    @property
    def log(self) -> str:
        return self._program.log

    def relay_for(self, peer: Peer) -> Relay:
        """Makes an account and asks for TURN as any client does: over HTTPS, from where the peer is."""
        base = f"https://{plan.SERVER_NAME}"
        path = f"{base}/_synapse/admin/v1/register"
        name, nonce = peer.name.replace("_", ""), peer.fetch("GET", path)["nonce"]
        mac = hmac.new(SECRET.encode(), "\0".join([nonce, name, SECRET, "notadmin"]).encode(), "sha1").hexdigest()
        body = {"nonce": nonce, "username": name, "password": SECRET, "admin": False, "mac": mac}
        token = peer.fetch("POST", path, body)["access_token"]
        answer = peer.fetch("GET", f"{base}/_matrix/client/v3/voip/turnServer", token=token)
        return Relay(answer["uris"], answer["username"], answer["password"])

    def metrics(self, peer: Peer) -> dict[str, float]:
        """The metrics without labels. They are told on the server's own machine only, where the peer must be."""
        text = peer.ask("fetch", method="GET", url=f"{self.loopback}/metrics", body=None, token=None)
        samples = (line.split(" ") for line in text.splitlines() if line and not line.startswith("#") and "{" not in line)
        return {name: float(value) for name, value, *_ in samples}

    def doctor(self) -> dict:
        """What `veche doctor --json` says on the server."""
        command = self.namespace.command(self.binary, "doctor", "--json", "--data", str(self.data))
        # It ends with 1 where it has something to complain about.
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
        assert done.returncode in (0, 1), f"veche doctor ended with {done.returncode}\n{done.stderr}"
        return json.loads(done.stdout)

    def stop(self) -> None:
        status = self._program.stop()
        assert status == 0, f"veche ended with {status}\n{self.log}"


class Coturn:
    """coturn with the same certificate, ports and addresses. It has no HTTP: its clients get their passwords from here."""

    def __init__(self, namespace: Namespace, folder: pathlib.Path) -> None:
        self.root = folder / "certificate.pem"
        key = folder / "key.pem"
        run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"),
            *("-subj", f"/CN={plan.SERVER_NAME}", "-addext", f"subjectAltName=DNS:{plan.SERVER_NAME}"),
            *("-keyout", str(key), "-out", str(self.root)),
        )
        options = {
            "listening-ip": plan.SERVER,
            "relay-ip": plan.SERVER,
            "external-ip": f"{plan.EXTERNAL}/{plan.SERVER}",
            "listening-port": "3478",
            "tls-listening-port": "443",
            "cert": str(self.root),
            "pkey": str(key),
            "realm": plan.SERVER_NAME,
            "static-auth-secret": SECRET,
            "userdb": str(folder / "turndb"),
            "pidfile": str(folder / "turnserver.pid"),
            "log-file": "stdout",
        }
        switches = ["-n", "--use-auth-secret", "--no-dtls", "--no-cli", "--no-rfc5780", "--fingerprint"]
        denied = [f"--denied-peer-ip={block}" for block in DENIED]
        words = [f"--{name}={value}" for name, value in options.items()]
        self._program = Program("turnserver", namespace.command("stdbuf", "-oL", "turnserver", *switches, *words, *denied))
        deadline = Deadline()
        # Said after its listeners are open.
        while "Total General servers" not in self._program.line("that it listens", deadline):
            pass

    @property
    def log(self) -> str:
        return self._program.log

    def relay_for(self, peer: Peer) -> Relay:
        username = f"{int(time.time()) + CREDENTIALS_SECONDS}:{peer.name}"
        mac = hmac.new(SECRET.encode(), username.encode(), hashlib.sha1).digest()
        host = plan.SERVER_NAME
        uris = [f"turn:{host}:3478?transport=udp", f"turn:{host}:3478?transport=tcp", f"turns:{host}:443?transport=tcp"]
        return Relay(uris, username, base64.b64encode(mac).decode())

    def stop(self) -> None:
        self._program.stop()


# What coturn must be told not to reach; Veche denies all of it by itself. The server's own address inside is missing,
# because coturn needs it to reach its own relayed addresses.
DENIED = (
    "0.0.0.0-0.255.255.255",
    "10.0.0.0-10.255.255.255",
    "127.0.0.0-127.255.255.255",
    "169.254.0.0-169.254.255.255",
    "192.168.0.0-192.168.10.1",
    "192.168.10.3-192.168.255.255",
)
