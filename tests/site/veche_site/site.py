"""The site itself: built by the plan, in the variants that the tests ask for."""

import pathlib
from dataclasses import dataclass

from . import plan
from .netns import Namespace, link

# What a client's router lets out, besides answers to it: rules of nft.
EVERYTHING = "accept"
ONLY_TCP = "meta l4proto tcp accept"
ONLY_443_TCP = "tcp dport 443 accept"


@dataclass(frozen=True)
class Variant:
    """How this site differs from others."""

    # What the routers of the clients outside let out.
    client_a: str = EVERYTHING
    client_b: str = EVERYTHING
    # Whether the gate turns around what comes from inside for the server's address outside.
    hairpin: bool = False
    # Whether the company's own name server tells those inside the server's address inside.
    split_dns: bool = True
    # Whether the company has IPv6 too, and the home of client_b nothing else.
    ipv6: bool = False
    # Whether the administrator has told the server its address outside.
    external_is_set: bool = True


class Site:
    """All namespaces of one site. `close` removes them."""

    def __init__(self, folder: pathlib.Path, variant: Variant) -> None:
        self.folder = folder
        self.variant = variant
        self.namespaces: dict[str, Namespace] = {}
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def __getitem__(self, name: str) -> Namespace:
        return self.namespaces[name]

    def lose(self, client: str, hundredths: int) -> None:
        """From now on the line of this client loses so many of a hundred packets of UDP on their way to him."""
        self[plan.HOMES[client].router].nft(LOSS_RULES.replace("LOST", str(hundredths)))

    def narrow(self, client: str, kilobits: int) -> None:
        """From now on no more than that comes to this client in a second."""
        shape = f"rate {kilobits}kbit burst 5kb latency 300ms"
        self[plan.HOMES[client].router].tc(f"qdisc add dev lan root tbf {shape}")

    def close(self) -> None:
        for namespace in self.namespaces.values():
            namespace.delete()
        self.namespaces.clear()

    def _build(self) -> None:
        inside = self._etc("inside", plan.SERVER if self.variant.split_dns else plan.EXTERNAL)
        outside = self._etc("outside", plan.EXTERNAL)
        for name in ("gate", "server", *plan.OFFICES):
            self.namespaces[name] = Namespace(name, inside)
        for name in ("internet", *(place for home in plan.HOMES.values() for place in (home.router, home.client))):
            self.namespaces[name] = Namespace(name, outside)
        self._build_company()
        self._build_internet()
        for client, home in plan.HOMES.items():
            self._build_home(home, getattr(self.variant, client))

    def _etc(self, name: str, server: str) -> pathlib.Path:
        """What those there know of names. There is no DNS server, and asking for one is refused at once."""
        folder = self.folder / f"etc-{name}"
        folder.mkdir()
        # Chromium asks for names with the dot of the root.
        servers = [server, plan.SERVER6] if self.variant.ipv6 else [server]
        lines = ["127.0.0.1 localhost", "::1 localhost"]
        lines += [f"{address} {plan.SERVER_NAME} {plan.SERVER_NAME}." for address in servers]
        (folder / "hosts").write_text("\n".join(lines) + "\n")
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        return folder

    def _build_company(self) -> None:
        gate = self["gate"]
        gate.bridge("lan")
        gate.ip(f"address add {plan.GATE_INSIDE}/24 dev lan")
        for name, address in {"server": plan.SERVER, **plan.OFFICES}.items():
            link(self[name], "lan", gate, f"to-{name}")
            gate.ip(f"link set to-{name} master lan")
            self[name].ip(f"address add {address}/24 dev lan", f"route add default via {plan.GATE_INSIDE}")
        link(gate, "wan", self["internet"], "to-gate")
        # Two addresses on one line; the first is that of everything but the server.
        gate.ip(
            f"address add {plan.GATE_OUTSIDE}/24 dev wan",
            f"address add {plan.EXTERNAL}/24 dev wan",
            f"route add default via {plan.PROVIDER}",
        )
        if self.variant.ipv6:
            gate.ip(
                f"address add {plan.GATE_INSIDE6}/64 dev lan nodad",
                f"address add {plan.GATE_OUTSIDE6}/64 dev wan nodad",
                f"route add default via {plan.PROVIDER6}",
            )
            server = self["server"]
            server.ip(f"address add {plan.SERVER6}/64 dev lan nodad", f"route add default via {plan.GATE_INSIDE6}")
        gate.forward()
        gate.nft(_gate_rules(self.variant.hairpin))
        self["server"].nft(SERVER_RULES)

    def _build_internet(self) -> None:
        internet = self["internet"]
        internet.forward()
        internet.ip(f"address add {plan.PROVIDER}/24 dev to-gate", f"address add {plan.REFLECTOR}/32 dev lo")
        internet.nft(INTERNET_RULES)
        if self.variant.ipv6:
            internet.ip(
                f"address add {plan.PROVIDER6}/64 dev to-gate nodad", f"route add {plan.LAN6} via {plan.GATE_OUTSIDE6}"
            )

    def _build_home(self, home: plan.Home, allowed: str) -> None:
        router, client, internet = self[home.router], self[home.client], self["internet"]
        link(router, "wan", internet, f"to-{home.router}")
        link(client, "lan", router, "lan")
        if self.variant.ipv6 and home.client == "client_b":
            addresses = home.provider6, home.outside6, home.router_inside6, home.address6
            internet.ip(f"route add {home.lan6} via {home.outside6} dev to-{home.router} onlink")
            bits, flags = (64, 64), " nodad"
        else:
            addresses, bits, flags = (home.provider, home.outside, home.router_inside, home.address), (30, 24), ""
        provider, outside, router_inside, address = addresses
        internet.ip(f"address add {provider}/{bits[0]} dev to-{home.router}{flags}")
        router.ip(
            f"address add {outside}/{bits[0]} dev wan{flags}",
            f"address add {router_inside}/{bits[1]} dev lan{flags}",
            f"route add default via {provider}",
        )
        client.ip(f"address add {address}/{bits[1]} dev lan{flags}", f"route add default via {router_inside}")
        router.forward()
        router.nft(HOME_RULES.replace("ALLOWED", allowed))


# Symmetric: each destination sees another port. Nothing comes in that was not asked for, nor with IPv6.
HOME_RULES = """
table inet home {
  counter blocked { }
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "lan" ALLOWED
    iifname "lan" counter name blocked
  }
  chain out {
    type nat hook postrouting priority srcnat;
    meta nfproto ipv4 oifname "wan" masquerade fully-random
  }
}
"""

LOSS_RULES = """
table inet line {
  counter lost { }
  chain forward {
    type filter hook forward priority filter - 1;
    iifname "wan" meta l4proto udp numgen random mod 100 < LOST counter name lost drop
  }
}
"""

# A private address has no business on the internet.
INTERNET_RULES = """
table inet internet {
  chain forward {
    type filter hook forward priority filter;
    ip saddr { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 } drop
    ip daddr { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 } drop
  }
}
"""

# Which way clients came, and what the server sends by UDP from another port than those that the site has opened.
SERVER_RULES = """
table inet server {
  counter udp_3478 { }
  counter tcp_3478 { }
  counter tcp_443 { }
  counter other_udp { }
  chain in {
    type filter hook input priority filter;
    udp dport 3478 counter name udp_3478
    tcp dport 3478 counter name tcp_3478
    tcp dport 443 counter name tcp_443
  }
  chain out {
    type filter hook output priority filter;
    meta l4proto udp udp sport != { 3478, 7882 } udp dport != 53 counter name other_udp
  }
}
"""


def _gate_rules(hairpin: bool) -> str:
    tcp, udp = (", ".join(map(str, ports)) for ports in (plan.SERVED_TCP, plan.SERVED_UDP))
    # Without hairpin the gate believes that a packet from inside for an address of its own is for itself.
    entrances = '{ "wan", "lan" }' if hairpin else '"wan"'
    return f"""
table inet gate {{
  counter not_served {{ }}
  chain here {{
    type filter hook input priority filter;
    ip daddr {plan.EXTERNAL} counter name not_served drop
  }}
  chain forward {{
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ct status dnat accept
    iifname "lan" oifname "wan" accept
    ip6 daddr {plan.SERVER6} tcp dport {{ {tcp} }} accept
    ip6 daddr {plan.SERVER6} udp dport {{ {udp} }} accept
    counter name not_served
  }}
  chain in {{
    type nat hook prerouting priority dstnat;
    iifname {entrances} ip daddr {plan.EXTERNAL} tcp dport {{ {tcp} }} dnat ip to {plan.SERVER}
    iifname {entrances} ip daddr {plan.EXTERNAL} udp dport {{ {udp} }} dnat ip to {plan.SERVER}
  }}
  chain out {{
    type nat hook postrouting priority srcnat;
    iifname "lan" oifname "lan" ct status dnat masquerade
    oifname "wan" ip saddr {plan.SERVER} snat ip to {plan.EXTERNAL}
    oifname "wan" ip saddr {plan.LAN} snat ip to {plan.GATE_OUTSIDE} fully-random
  }}
}}
"""
