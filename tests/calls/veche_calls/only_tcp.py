"""A call where the network lets nothing through but the TCP port of calls: run in a network namespace of its own.

Prints what the console tells of it. Whatever else the server listens on for calls is really shut: the firewall counts what was
tried there.
"""

import asyncio
import json
import pathlib
import subprocess
import tempfile

from .caller import Caller
from .matrix import Account, ask
from .server import Server

# An address of the machine as clients see it: libwebrtc takes none of loopback.
ADDRESS = "10.99.0.1"

# Nothing of calls comes in by UDP or through the relay. What is left is signaling and TCP at the port of calls.
RULES = """
table inet only_tcp {
  counter all_udp { }
  counter the_relay { }
  chain in {
    type filter hook input priority filter;
    meta l4proto udp counter name all_udp drop
    tcp dport RELAY counter name the_relay drop
  }
}
"""


def run(*command: str, text: str | None = None) -> str:
    return subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout


def lay_network() -> None:
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there")
    run("ip", "address", "add", f"{ADDRESS}/24", "dev", "here")
    for end in ("here", "there"):
        run("ip", "link", "set", end, "up")


def counted(name: str) -> int:
    told = json.loads(run("nft", "-j", "list", "counter", "inet", "only_tcp", name))
    return next(item["counter"]["packets"] for item in told["nftables"] if "counter" in item)


async def talk(server: Server) -> dict:
    root = Account(server, "root", admin=True)
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)
    callers = []
    for account, two_connections in ((anna, False), (boris, True)):
        ticket = account.ticket(room_id)
        caller = Caller(account.identity)
        callers.append(await caller.join(ticket["url"], ticket["jwt"], two_connections=two_connections))
    first, second = callers
    await first.speak()
    await first.show()
    await second.speak()
    await asyncio.gather(first.hears(boris.identity), second.hears(anna.identity), second.sees(anna.identity))
    [call] = ask(server, "GET", "/api/admin/v1/calls", None, root.token)["calls"]
    told = {"paths": [it["path"] for it in call["participants"]], "happened": [list(it.happened) for it in callers]}
    for caller in callers:
        await caller.leave()
    return told


def main() -> None:
    lay_network()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(pathlib.Path(folder), media="0.0.0.0", external=ADDRESS)
        relay = server.ready["turn"].rsplit(":", 1)[1]
        try:
            run("nft", "-f", "-", text=RULES.replace("RELAY", relay))
            told = asyncio.run(talk(server))
        finally:
            server.stop()
    print(json.dumps({**told, "udp": counted("all_udp"), "relay": counted("the_relay")}))


if __name__ == "__main__":
    main()
