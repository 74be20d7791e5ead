"""The plan of the site: who has which name and address. Nothing here does anything.

    office1 ── lan ── gate ══ internet ══ home_a ── client_a
    office2 ──┘│                     ╚═══ home_b ── client_b
    server ────┘

The gate has two addresses outside: one is the server's (one to one, the ports of `SERVED` only), behind the other it hides
everybody else. All addresses are from the blocks for documentation and for private networks: nothing leaves the machine.
"""

# What clients are told, and what the certificate must be for.
SERVER_NAME = "chat.example.org"

# The server inside, and what the world sees of it.
SERVER = "192.168.10.2"
EXTERNAL = "203.0.113.10"

# The company's network.
LAN = "192.168.10.0/24"
GATE_INSIDE = "192.168.10.1"
OFFICES = {"office1": "192.168.10.11", "office2": "192.168.10.12"}

# The company's line.
GATE_OUTSIDE = "203.0.113.2"
PROVIDER = "203.0.113.1"

# IPv6, in the sites that have it. Nothing is translated: the server has one address inside and outside.
SERVER6 = "2001:db8:10::2"
LAN6 = "2001:db8:10::/64"
GATE_INSIDE6 = "2001:db8:10::1"
GATE_OUTSIDE6 = "2001:db8:1::2"
PROVIDER6 = "2001:db8:1::1"

# Everybody can reach this one: it tells others how they look from outside.
REFLECTOR = "192.0.2.1"

# What the one-to-one NAT lets through to the server: the ports of DESIGN.md D3, equal inside and outside.
SERVED_TCP = (80, 443, 3478, 7881)
SERVED_UDP = (3478, 7882)


class Home:
    """The addresses of a client's own network behind its own router."""

    def __init__(self, name: str, number: int) -> None:
        self.router = f"home_{name}"
        self.client = f"client_{name}"
        self.lan = f"10.0.{number}.0/24"
        self.router_inside = f"10.0.{number}.1"
        self.address = f"10.0.{number}.2"
        # A line of its own: a block of four addresses.
        self.provider = f"198.51.100.{4 * number + 1}"
        self.outside = f"198.51.100.{4 * number + 2}"
        # The same with IPv6, for a home that has nothing else.
        self.lan6 = f"2001:db8:a{number}::/64"
        self.router_inside6 = f"2001:db8:a{number}::1"
        self.address6 = f"2001:db8:a{number}::2"
        self.provider6 = f"2001:db8:f{number}::1"
        self.outside6 = f"2001:db8:f{number}::2"


HOMES = {"client_a": Home("a", 1), "client_b": Home("b", 2)}
