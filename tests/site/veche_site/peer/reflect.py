"""What lies between two machines: by which address a sender is seen, and which packets come through at all."""

import asyncio


class Mirror(asyncio.DatagramProtocol):
    """Answers each datagram with the address that it came from."""

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.transport.sendto(f"{addr[0]} {addr[1]}".encode(), addr)


class Reflector:
    """Mirrors on several ports of one address."""

    def __init__(self, transports: list[asyncio.DatagramTransport]) -> None:
        self.transports = transports
        self.ports = [transport.get_extra_info("sockname")[1] for transport in transports]

    @classmethod
    async def listen(cls, address: str, ports: list[int]) -> "Reflector":
        loop = asyncio.get_running_loop()
        return cls([(await loop.create_datagram_endpoint(Mirror, local_addr=(address, port)))[0] for port in ports])


class Answers(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.queue.put_nowait(data)


async def reflexive(address: str, ports: list[int]) -> list[list]:
    """How one socket of ours is seen on each of these ports."""
    loop = asyncio.get_running_loop()
    transport, answers = await loop.create_datagram_endpoint(Answers, local_addr=("0.0.0.0", 0))
    seen = []
    for port in ports:
        transport.sendto(b"who am I?", (address, port))
        host, own_port = (await answers.queue.get()).decode().split()
        seen.append([host, int(own_port)])
    transport.close()
    return seen


async def shout(address: str, port: int) -> None:
    """One datagram that expects no answer."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Answers, remote_addr=(address, port))
    transport.sendto(b"hello?")
    transport.close()


async def knock(address: str, port: int) -> str:
    """Opens a TCP connection, and tells whether somebody took it or refused it. Either way it came through."""
    try:
        _, writer = await asyncio.open_connection(address, port)
    except ConnectionRefusedError:
        return "refused"
    writer.close()
    return "taken"
