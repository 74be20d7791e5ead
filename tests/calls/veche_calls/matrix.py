"""A Matrix account, as far as calls need one."""

import hashlib
import hmac
import itertools
import json
import urllib.parse
from typing import Protocol

from .server import Refused as Refused


class Homeserver(Protocol):
    """The server, in the way in which somebody reaches it."""

    url: str
    # What accounts are made with.
    secret: str

    def fetch(self, method: str, url: str, body: dict | None, token: str | None) -> str: ...


def ask(server: Homeserver, method: str, path: str, body: dict | None = None, token: str | None = None) -> dict:
    """One request; `Refused` if its answer is an error."""
    return json.loads(server.fetch(method, f"{server.url}{path}", body, token))


class Account:
    """Somebody with an account, signed in."""

    _transactions = itertools.count()

    def __init__(self, server: Homeserver, name: str, admin: bool = False) -> None:
        path = "/_synapse/admin/v1/register"
        nonce = ask(server, "GET", path)["nonce"]
        said = "\0".join([nonce, name, server.secret, "admin" if admin else "notadmin"])
        mac = hmac.new(server.secret.encode(), said.encode(), "sha1").hexdigest()
        body = {"nonce": nonce, "username": name, "password": server.secret, "admin": admin, "mac": mac}
        made = ask(server, "POST", path, body)
        self.server = server
        self.user_id, self.device_id, self.token = made["user_id"], made["device_id"], made["access_token"]

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        return ask(self.server, method, f"/_matrix/client{path}", body, self.token)

    def make_room(self, *others: "Account") -> str:
        """A room with these people in it."""
        invite = [other.user_id for other in others]
        room_id = self.ask("POST", "/v3/createRoom", {"preset": "private_chat", "invite": invite})["room_id"]
        for other in others:
            other.ask("POST", f"/v3/rooms/{urllib.parse.quote(room_id)}/join", {})
        return room_id

    def put_out(self, act: str, room_id: str, other: "Account") -> None:
        """By `kick` or by `ban`."""
        self.ask("POST", f"/v3/rooms/{urllib.parse.quote(room_id)}/{act}", {"user_id": other.user_id})

    def kick(self, room_id: str, other: "Account") -> None:
        self.put_out("kick", room_id, other)

    def give_power(self, room_id: str, other: "Account", level: int) -> None:
        path = f"/v3/rooms/{urllib.parse.quote(room_id)}/state/m.room.power_levels/"
        levels = self.ask("GET", path)
        levels["users"] = {**levels.get("users", {}), other.user_id: level}
        self.ask("PUT", path, levels)

    def proof(self) -> dict:
        """What a service beside the server believes (OpenID)."""
        return self.ask("POST", f"/v3/user/{urllib.parse.quote(self.user_id)}/openid/request_token", {})

    def ticket(self, room_id: str) -> dict:
        """A token for the call of a room, asked for as Element Call does: `url` and `jwt`."""
        body = {"room": room_id, "openid_token": self.proof(), "device_id": self.device_id}
        return ask(self.server, "POST", "/livekit/jwt/sfu/get", body)

    @property
    def identity(self) -> str:
        """His name in a call."""
        return f"{self.user_id}:{self.device_id}"

    def say_in_call(self, room_id: str, delay_ms: int | None = None, leave: bool = False) -> dict:
        """Tells the room that he is in its call, or that he will have left it after a while."""
        key = urllib.parse.quote(f"_{self.user_id}_{self.device_id}_m.call")
        path = f"/v3/rooms/{urllib.parse.quote(room_id)}/state/org.matrix.msc3401.call.member/{key}"
        query = f"?org.matrix.msc4140.delay={delay_ms}" if delay_ms is not None else ""
        content = {} if leave else {"application": "m.call", "call_id": "", "device_id": self.device_id}
        return self.ask("PUT", path + query, content)

    def call_members(self, room_id: str) -> list[str]:
        """Whom the room says to be in its call."""
        events = self.ask("GET", f"/v3/rooms/{urllib.parse.quote(room_id)}/state")
        return [it["sender"] for it in events if it["type"] == "org.matrix.msc3401.call.member" and it["content"]]

    def delegate_leave(self, room_id: str, delay_id: str) -> None:
        """Hands over a leaving that was scheduled."""
        body = {
            "room": room_id,
            "openid_token": self.proof(),
            "device_id": self.device_id,
            "delay_id": delay_id,
            "delay_timeout": 3_600_000,
            "delay_cs_api_url": self.server.url,
        }
        ask(self.server, "POST", "/livekit/jwt/sfu/get", body)
