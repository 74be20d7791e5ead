"""The calls of browsers: Chromium's WebRTC is what most clients are made of, and it asks otherwise than aiortc."""

import pytest

from veche_site import plan
from veche_site.calls import call, hang_up, talk
from veche_site.peer.chromium import program
from veche_site.site import EVERYTHING, ONLY_443_TCP, Variant

pytestmark = pytest.mark.skipif(program() is None, reason="there is no Chromium on this machine")

CHROMIUMS = ("chromium", "chromium")


def meet(world, names: tuple[str, str], kinds: tuple[str, str], ways: tuple[str, ...]) -> None:
    """Two clients meet through the relay, talk, and hang up. They are told of these ways to the relay, all at once."""
    peers = [world.peer(name, kind) for name, kind in zip(names, kinds, strict=True)]
    servers = []
    for peer in peers:
        relay = world.relay_for(peer)
        entries = [relay.by(way) for way in ways]
        servers.append(entries[0] | {"urls": [uri for entry in entries for uri in entry["urls"]]})
    for pair in call(*peers, servers=servers, policy="relay"):
        assert (pair["local"]["type"], pair["local"]["host"]) == ("relay", plan.EXTERNAL)
        # The other end may have been learned from a check; then a page is not shown its address.
        assert pair["remote"]["type"] in ("relay", "prflx")
        assert pair["remote"]["host"] in (plan.EXTERNAL, "")
    talk(*peers)
    hang_up(*peers)


@pytest.mark.parametrize("way", ["udp", "tcp", "tls"])
def test_two_browsers_meet(start, way):
    meet(start(Variant()), ("client_a", "client_b"), CHROMIUMS, (way,))


@pytest.mark.parametrize("kinds", [("chromium", "aiortc"), ("aiortc", "chromium")])
def test_browser_and_another_implementation_meet(start, kinds):
    world = start(Variant(client_a=ONLY_443_TCP))
    meet(world, ("client_a", "client_b"), kinds, ("tls",))


def test_browsers_find_the_way_that_is_left_among_all_that_they_are_told(start):
    world = start(Variant(client_a=ONLY_443_TCP, client_b=EVERYTHING))
    meet(world, ("client_a", "client_b"), CHROMIUMS, ("udp", "tcp", "tls"))


def test_browser_inside_and_browser_outside_meet_without_hairpin(start):
    world = start(Variant(hairpin=False))
    meet(world, ("office1", "client_a"), CHROMIUMS, ("udp", "tcp", "tls"))
