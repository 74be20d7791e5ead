"""Network namespaces: making and linking them, their firewalls and counters, and how programs get into them."""

import json
import os
import pathlib
import subprocess

# What the kernel says where namespaces, links or firewalls are not allowed.
REFUSALS = ("Operation not permitted", "Permission denied", "Operation not supported", "No such device")

# Uses what the kernel may lack.
TRIAL_RULES = """
table inet trial {
  chain out {
    type nat hook postrouting priority srcnat;
    masquerade fully-random
  }
}
"""


def run(*command: str, text: str | None = None) -> str:
    """Runs a short command that must succeed, with `text` as its input."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{text or ''}")
    return done.stdout


def refusal() -> str | None:
    """Why no site can be made here, if the machine does not allow it. Anything else that fails is a failure."""
    if "VECHE_SITE_REFUSED" in os.environ:
        return os.environ["VECHE_SITE_REFUSED"].strip() or "no namespaces"
    try:
        one, two = Namespace("trial1", pathlib.Path(os.devnull)), Namespace("trial2", pathlib.Path(os.devnull))
        link(one, "wan", two, "wan")
        one.nft(TRIAL_RULES)
        one.delete()
        two.delete()
    except RuntimeError as error:
        if any(word in str(error) for word in REFUSALS):
            return str(error)
        raise
    return None


class Namespace:
    """One machine of the site. It begins with nothing but its loopback."""

    def __init__(self, name: str, etc: pathlib.Path) -> None:
        self.name = name
        # What is in this folder stands in for the machine's files in /etc.
        self.etc = etc
        run("ip", "netns", "add", name)
        self.ip("link set lo up")

    def delete(self) -> None:
        """Its interfaces go with it once its last program has ended."""
        run("ip", "netns", "delete", self.name)

    def ip(self, *lines: str) -> None:
        """Gives these lines to `ip`."""
        run("ip", "-netns", self.name, "-batch", "-", text="\n".join(lines))

    def forward(self) -> None:
        """Makes a router of it."""
        self._sysctl("net/ipv4/ip_forward", 1)
        self._sysctl("net/ipv6/conf/all/forwarding", 1)

    def bridge(self, name: str) -> None:
        """A switch. What it only passes on is no business of the firewall, which some kernels see differently by default."""
        self.ip(f"link add {name} type bridge", f"link set {name} up")
        for firewall in ("iptables", "ip6tables"):
            self._sysctl(f"net/bridge/bridge-nf-call-{firewall}", 0)

    def nft(self, rules: str) -> None:
        """Adds to its firewall."""
        run("ip", "netns", "exec", self.name, "nft", "--file", "-", text=rules)

    def tc(self, line: str) -> None:
        """Gives this line to `tc`."""
        run("tc", "-netns", self.name, *line.split())

    def counted(self, counter: str) -> int:
        """Packets that one of the firewall's named counters has seen."""
        found = json.loads(run("ip", "netns", "exec", self.name, "nft", "--json", "list", "counters"))["nftables"]
        return next(entry["counter"]["packets"] for entry in found if entry.get("counter", {}).get("name") == counter)

    def _sysctl(self, name: str, value: int) -> None:
        """Sets a value of the kernel, where it has it."""
        set_value = 'test ! -e "/proc/sys/$0" || echo "$1" >"/proc/sys/$0"'
        run("ip", "netns", "exec", self.name, "sh", "-c", set_value, name, str(value))

    def command(self, *command: str) -> list[str]:
        """The command that runs this one here, with the names of this namespace."""
        mounts = 'for file in "$0"/*; do ! test -e "/etc/${file##*/}" || mount --bind "$file" "/etc/${file##*/}"; done'
        return ["ip", "netns", "exec", self.name, "sh", "-c", f'{mounts}; exec "$@"', str(self.etc), *command]


def link(one: Namespace, one_interface: str, other: Namespace, other_interface: str) -> None:
    """A cable between two namespaces. `master` of a bridge is set by the caller."""
    one.ip(f"link add {one_interface} type veth peer name {other_interface} netns {other.name}", f"link set {one_interface} up")
    other.ip(f"link set {other_interface} up")
