"""Calls of two clients through firewalls: whatever lies between them, they meet, and data and sound come through."""

import pytest

from veche_site import plan
from veche_site.calls import call, hang_up, talk
from veche_site.site import EVERYTHING, ONLY_443_TCP, ONLY_TCP, Variant
from veche_site.waits import Deadline


def meet(world, names: tuple[str, str], ways: tuple[str, str], policy: str = "relay", shown: str = plan.EXTERNAL) -> None:
    """Two clients meet through the relay, each by his own way to it, talk, and hang up.

    `shown` is the address that relayed addresses have.
    """
    peers = [world.peer(name) for name in names]
    servers = [world.relay_for(peer).by(way) for peer, way in zip(peers, ways, strict=True)]
    for pair in call(*peers, servers=servers, policy=policy):
        assert [pair[side]["type"] for side in ("local", "remote")] == ["relay", "relay"]
        assert [pair[side]["host"] for side in ("local", "remote")] == [shown, shown]
    talk(*peers)
    hang_up(*peers)


def came_by(world) -> set[str]:
    """The entrances of the server that packets came through."""
    return {entrance for entrance in ("udp_3478", "tcp_3478", "tcp_443") if world.counted("server", entrance) > 0}


# With "all" the clients try every other way first, and only the relay is left.
@pytest.mark.parametrize("policy", ["relay", "all"])
def test_only_443_is_left_to_both_and_they_meet_over_tls(start, policy):
    world = start(Variant(client_a=ONLY_443_TCP, client_b=ONLY_443_TCP))
    meet(world, ("client_a", "client_b"), ("tls", "tls"), policy)
    assert came_by(world) == {"tcp_443"}
    tried_otherwise = [world.blocked_at(client) > 0 for client in ("client_a", "client_b")]
    assert tried_otherwise == [policy == "all"] * 2


@pytest.mark.parametrize("policy", ["relay", "all"])
def test_both_are_behind_symmetric_nats_and_meet_over_udp(start, policy):
    world = start(Variant())
    meet(world, ("client_a", "client_b"), ("udp", "udp"), policy)
    assert "udp_3478" in came_by(world)
    assert "tcp_3478" not in came_by(world)


def test_udp_is_blocked_for_both_and_they_meet_over_tcp(start):
    world = start(Variant(client_a=ONLY_TCP, client_b=ONLY_TCP))
    meet(world, ("client_a", "client_b"), ("tcp", "tcp"))
    assert "tcp_3478" in came_by(world)
    assert "udp_3478" not in came_by(world)


@pytest.mark.parametrize("way", ["udp", "tcp"])
def test_one_has_only_443_and_meets_one_who_has_more(start, way):
    world = start(Variant(client_a=ONLY_443_TCP, client_b=EVERYTHING))
    meet(world, ("client_a", "client_b"), ("tls", way))


# Those inside are told the external address too, which does not answer them: the name must lead them to the internal one.
@pytest.mark.parametrize("way", ["udp", "tls"])
def test_one_inside_and_one_outside_meet_without_hairpin(start, way):
    world = start(Variant(hairpin=False))
    meet(world, ("office1", "client_a"), (way, "udp"))


def test_one_inside_who_knows_the_external_address_only_meets_one_outside_by_hairpin(start):
    world = start(Variant(hairpin=True, split_dns=False))
    meet(world, ("office1", "client_a"), ("udp", "udp"))


def test_two_inside_meet_without_hairpin(start):
    world = start(Variant(hairpin=False))
    meet(world, ("office1", "office2"), ("udp", "udp"))
    assert "udp_3478" in came_by(world)


@pytest.mark.parametrize("names", [("client_a", "client_b"), ("office1", "client_a")])
def test_server_that_knows_its_internal_address_only_relays_all_the_same(start, only_veche, names):
    world = start(Variant(external_is_set=False, split_dns=True))
    meet(world, names, ("udp", "tls"), shown=plan.SERVER)


def test_one_with_ipv6_only_meets_one_with_ipv4_only(start, only_veche):
    world = start(Variant(ipv6=True, external_is_set=False))
    meet(world, ("client_b", "client_a"), ("udp", "tls"), shown=plan.SERVER)


def test_media_between_clients_stays_in_the_process_and_nothing_of_the_call_is_left(start, only_veche):
    world = start(Variant())
    meet(world, ("client_a", "client_b"), ("udp", "tls"))
    assert world.counted("server", "other_udp") == 0
    # The clients have said good-bye; the server tells its numbers once a second.
    looker, deadline = world.peer("server"), Deadline()
    while (metrics := world.server.metrics(looker))["veche_turn_allocations"] != 0 and deadline.left() > 0:
        pass
    assert metrics["veche_turn_allocations"] == 0
    assert metrics["veche_turn_relayed_packets_total"] > 0
