"""Whether the site is what its plan says. Without these the other tests could pass through an open door."""

from veche_site import plan
from veche_site.site import ONLY_443_TCP, Variant


def reflected(world, client: str) -> list:
    """How two servers outside see one socket of this client."""
    internet, peer = world.peer("internet"), world.peer(client)
    ports = internet.ask("reflect", address=plan.REFLECTOR, ports=[0, 0])
    return peer.ask("reflexive", address=plan.REFLECTOR, ports=ports)


def test_home_has_a_symmetric_nat(build):
    (host, port), (other_host, other_port) = reflected(build(Variant()), "client_a")
    assert host == other_host == plan.HOMES["client_a"].outside
    assert port != other_port


def test_offices_share_the_address_of_the_gate(build):
    (host, port), (other_host, other_port) = reflected(build(Variant()), "office1")
    assert host == other_host == plan.GATE_OUTSIDE
    assert port != other_port


def test_server_is_one_to_one_with_its_external_address(build):
    (host, _), (other_host, _) = reflected(build(Variant()), "server")
    assert host == other_host == plan.EXTERNAL


def test_home_with_ipv6_reaches_the_server_and_nothing_beside_it(build):
    world = build(Variant(ipv6=True))
    client = world.peer("client_b")
    client.ask("shout", address=plan.SERVER6, port=22)
    for port in plan.SERVED_TCP:
        assert client.ask("knock", address=plan.SERVER6, port=port) == "refused"
    assert world.counted("gate", "not_served") == 1


def test_home_that_lets_out_443_lets_out_nothing_else(build):
    world = build(Variant(client_a=ONLY_443_TCP))
    client = world.peer("client_a")
    client.ask("shout", address=plan.EXTERNAL, port=3478)
    client.ask("shout", address=plan.EXTERNAL, port=443)
    client.begin("knock", address=plan.EXTERNAL, port=3478)
    # Nobody listens: the refusal is the server's, so the way there and back is open.
    assert client.ask("knock", address=plan.EXTERNAL, port=443) == "refused"
    assert world.blocked_at("client_a") >= 3
    assert world.counted("server", "tcp_443") == 1
    assert world.counted("server", "tcp_3478") == 0
    assert world.counted("server", "udp_3478") == 0


def test_only_the_ports_that_are_served_come_through_the_gate(build):
    world = build(Variant())
    client = world.peer("client_a")
    for port in (22, 49_152, 65_535):
        client.ask("shout", address=plan.EXTERNAL, port=port)
    for port in plan.SERVED_TCP:
        assert client.ask("knock", address=plan.EXTERNAL, port=port) == "refused"
    assert world.counted("gate", "not_served") == 3


def test_without_hairpin_the_external_address_does_not_answer_inside(build):
    world = build(Variant(hairpin=False))
    office = world.peer("office1")
    office.begin("knock", address=plan.EXTERNAL, port=443)
    assert office.ask("knock", address=plan.SERVER, port=443) == "refused"
    assert world.counted("gate", "not_served") >= 1
    assert world.counted("server", "tcp_443") == 1


def test_with_hairpin_the_external_address_answers_inside(build):
    world = build(Variant(hairpin=True))
    for name in ("office1", "server"):
        assert world.peer(name).ask("knock", address=plan.EXTERNAL, port=443) == "refused"
    assert world.counted("gate", "not_served") == 0
    assert world.counted("server", "tcp_443") == 2
