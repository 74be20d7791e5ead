"""Members of rooms, each at his own place in the site, whose calls LiveKit's client makes (`veche_site.caller`)."""

import pathlib

from veche_calls.matrix import Account

from . import plan
from .netns import Namespace
from .peers import Peer
from .servers import SECRET
from .waits import LIMIT_SECONDS, Deadline


class Door:
    """The server as a peer reaches it: over HTTPS, from where the peer is."""

    url = f"https://{plan.SERVER_NAME}"
    secret = SECRET

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    def fetch(self, method: str, url: str, body: dict | None, token: str | None) -> str:
        return self._peer.ask("fetch", method=method, url=url, body=body, token=token)


class Member(Peer):
    """Somebody with an account, who can take part in the call of a room."""

    module = "veche_site.caller"

    def __init__(self, namespace: Namespace, root: pathlib.Path, library: pathlib.Path) -> None:
        self.environment = {"LIVEKIT_LIB_PATH": str(library)}
        super().__init__(namespace, root)
        self.door = Door(self)
        self.account: Account | None = None

    def sign_up(self, name: str | None = None, admin: bool = False) -> Account:
        """Makes the account that this member has from now on."""
        self.account = Account(self.door, name or self.name.replace("_", ""), admin)
        return self.account

    @property
    def identity(self) -> str:
        """His name in a call."""
        return self.account.identity

    def begin_joining(self, room_id: str) -> int:
        """Begins to join the call of a room with the tokens and the relays that the server names."""
        ticket = self.account.ticket(room_id)
        return self.begin("join", name=self.name, url=ticket["url"], token=ticket["jwt"])


def gather(*asked: tuple[Member, str, dict]) -> list:
    """Lets several members do something at the same time, and waits for all of them."""
    # A wait of his own ends sooner, and says what came instead.
    deadline = Deadline(LIMIT_SECONDS + 10)
    begun = [(member, member.begin(what, **arguments), f"{what} {arguments}") for member, what, arguments in asked]
    return [member.end(number, what, deadline) for member, number, what in begun]


def meet(*members: Member) -> str:
    """Makes a room with these people in it, and lets all join its call. Returns the room's id."""
    first, *others = members
    room_id = first.account.make_room(*(other.account for other in others))
    begun = [(member, member.begin_joining(room_id)) for member in members]
    deadline = Deadline()
    for member, number in begun:
        print(f"{member.name} joined in {member.end(number, 'joining', deadline):.2f} s")
    return room_id


def speak_up(*members: Member) -> None:
    gather(*((member, "speak", {}) for member in members))


def show_one_another(*members: Member) -> None:
    """Lets each show something small, and waits until each sees all others."""
    gather(*((member, "show", {"width": 320, "height": 180}) for member in members))
    gather(*((one, "sees", {"other": other.identity}) for one in members for other in members if other is not one))


def hear_one_another(*members: Member, hundredths: int = 50) -> None:
    """Waits until each hears all others, from now on."""
    pairs = [(member, other.identity) for member in members for other in members if other is not member]
    gather(*((member, "hears", {"other": other, "hundredths": hundredths}) for member, other in pairs))
