"""Two clients in a call: how they are brought together, and what must come through."""

from .peers import Peer
from .waits import Deadline

TONES_HERTZ = (440, 1_000)

# Small ones as chats have, some that need several packets, and the largest that a data channel carries everywhere.
MESSAGE_BYTES = [1, 20, 300, 1_200, 1_201, 5_000, 16_384] * 4


def call(caller: Peer, callee: Peer, servers: tuple[dict, dict], policy: str) -> tuple[dict, dict]:
    """Lets one call the other, each with its own ICE server, until both are connected. Returns how each is.

    What the clients tell one another goes through the test, as it would go through a room.
    """
    prepared = [
        (peer, peer.begin("prepare", kind=peer.kind, servers=[server], policy=policy, tone=tone))
        for peer, server, tone in zip((caller, callee), servers, TONES_HERTZ, strict=True)
    ]
    for peer, number in prepared:
        peer.end(number, "getting ready")
    offer = caller.ask("offer")
    answer = callee.ask("answer", offer=offer)
    caller.ask("accept", answer=answer)
    deadline = Deadline()
    asked = [(peer, peer.begin("connected")) for peer in (caller, callee)]
    one, other = (peer.end(number, "the connection", deadline) for peer, number in asked)
    return one, other


def talk(caller: Peer, callee: Peer) -> None:
    """Lets data go there and back, and each hear the tone of the other, all at the same time."""
    deadline = Deadline()
    asked = [
        (caller, caller.begin("exchange", sizes=MESSAGE_BYTES), "the data channel"),
        (caller, caller.begin("hear", tone=TONES_HERTZ[1]), "the tone of the other"),
        (callee, callee.begin("hear", tone=TONES_HERTZ[0]), "the tone of the other"),
    ]
    done = [peer.end(number, what, deadline) for peer, number, what in asked]
    assert done[0] == sum(MESSAGE_BYTES)


def hang_up(*peers: Peer) -> None:
    """Ends the call and gives its allocations back."""
    for peer in peers:
        peer.ask("hang_up")
