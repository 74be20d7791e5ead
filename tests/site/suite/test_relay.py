"""TURN as one client sees it: which addresses he is shown, and whom he may not reach through the relay."""

import pytest

from veche_site import plan
from veche_site.peers import Refused
from veche_site.site import ONLY_443_TCP, Variant

WAYS = ("udp", "tcp", "tls")


@pytest.mark.parametrize("way", WAYS)
def test_relayed_address_is_the_external_one(start, way):
    world = start(Variant())
    client = world.peer("client_a")
    allocated = client.ask("allocate", server=world.relay_for(client).by(way))
    assert allocated["relayed"][0] == plan.EXTERNAL
    assert allocated["mapped"][0] == plan.HOMES["client_a"].outside


def test_relayed_address_is_the_external_one_for_those_inside_too(start):
    world = start(Variant())
    office = world.peer("office1")
    allocated = office.ask("allocate", server=world.relay_for(office).by("udp"))
    assert allocated["relayed"][0] == plan.EXTERNAL
    assert allocated["mapped"][0] == plan.OFFICES["office1"]


def test_external_address_that_nobody_has_set_is_taken_from_dns(start, only_veche):
    world = start(Variant(external_is_set=False, split_dns=False))
    client = world.peer("client_a")
    allocated = client.ask("allocate", server=world.relay_for(client).by("udp"))
    assert allocated["relayed"][0] == plan.EXTERNAL


def test_tls_is_told_by_the_name_that_the_certificate_is_for(start):
    world = start(Variant())
    relay = world.relay_for(world.peer("client_a"))
    assert relay.by("tls")["urls"] == [f"turns:{plan.SERVER_NAME}:443?transport=tcp"]


def test_client_who_does_not_trust_the_certificate_makes_no_allocation(start, tmp_path):
    world = start(Variant())
    server = world.relay_for(world.peer("client_a")).by("tls")
    stranger = world.stranger("client_b")
    with pytest.raises(Refused, match="CERTIFICATE_VERIFY_FAILED"):
        stranger.ask("allocate", server=server)


def test_wrong_password_makes_no_allocation(start):
    world = start(Variant())
    client = world.peer("client_a")
    server = world.relay_for(client).by("udp")
    with pytest.raises(Refused, match="401"):
        client.ask("allocate", server=server | {"credential": "wrong"})


# The neighbors of the server, its machine by other names, and where clouds keep their secrets.
DENIED = [plan.GATE_INSIDE, plan.OFFICES["office1"], "127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254"]


@pytest.mark.parametrize("way", WAYS)
def test_permission_for_what_lies_inside_is_refused(start, only_veche, way):
    world = start(Variant())
    client = world.peer("client_a")
    client.ask("allocate", server=world.relay_for(client).by(way))
    peers = [[address, port] for address in DENIED for port in (443, 3478)]
    assert client.ask("permit", probe=0, peers=peers) == [403] * len(peers)
    # Of the server's own addresses only the relayed ones are peers, which lie above the ports of services, and calls. A
    # permission names no port, so it is given; a channel names one.
    peers += [[address, port] for address in (plan.EXTERNAL, plan.SERVER) for port in (22, 443, 3478)]
    assert client.ask("bind", probe=0, peers=peers) == [403] * len(peers)


def test_what_was_refused_is_not_sent_either(start, only_veche):
    world = start(Variant())
    client = world.peer("client_a")
    server = world.relay_for(client).by("udp")
    addresses = [client.ask("allocate", server=server)["relayed"] for _ in range(2)]
    client.ask("send", probe=0, peers=[[address, 3478] for address in (plan.SERVER, *DENIED)], text="to be dropped")
    # Both talk, so that both have a channel; then what is sent last arrives, and all before it is decided.
    client.ask("talk", probe=1, peer=addresses[0], text="not expected yet")
    client.ask("talk", probe=0, peer=addresses[1], text="hello")
    assert client.ask("received", probe=1) == {"text": "hello", "from": addresses[0]}
    # Not even what one relayed address says to another is seen outside of the process.
    assert world.counted("server", "other_udp") == 0
    client.ask("free")
