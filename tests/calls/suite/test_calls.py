"""People in a call."""

import asyncio

from veche_calls.caller import Caller
from veche_calls.gate import Gate
from veche_calls.matrix import Account
from veche_calls.server import Server


async def join(account: Account, room_id: str, url: str | None = None, relay_only: bool = False) -> Caller:
    ticket = account.ticket(room_id)
    return await Caller(account.identity).join(url or ticket["url"], ticket["jwt"], relay_only)


def test_two_people_hear_and_see_one_another_and_send_messages(server: Server) -> None:
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        first, second = await join(anna, room_id), await join(boris, room_id)
        await first.saw(f"participant_connected {boris.identity}")
        microphone = await first.speak()
        await second.speak()
        picture = await first.show()
        await asyncio.gather(second.hears(anna.identity), first.hears(boris.identity), second.sees(anna.identity))
        await second.saw(f"speaks {anna.identity}")
        for reliable in (True, False):
            await second.room.local_participant.publish_data(b"hello", reliable=reliable, topic="chat")
            await first.until("a message", lambda: len(first.data) == (1 if reliable else 2))
        assert first.data == [(b"hello", boris.identity)] * 2
        microphone.mute()
        await second.saw(f"muted {anna.identity}")
        # What is ended frees a line, which is used again.
        await first.room.local_participant.unpublish_track(picture.sid)
        await second.saw(f"unsubscribed {anna.identity}")
        await first.show("other stripes")
        await second.sees(anna.identity)
        await first.leave()
        await second.saw(f"participant_disconnected {anna.identity}")
        await second.leave()

    asyncio.run(talk())


def test_six_people_hear_one_another(server: Server) -> None:
    people = [Account(server, f"person{number}") for number in range(6)]
    room_id = people[0].make_room(*people[1:])

    async def talk() -> None:
        callers = await asyncio.gather(*(join(person, room_id) for person in people))
        await asyncio.gather(*(caller.speak() for caller in callers))
        pairs = [(caller, person) for caller in callers for person in people if person.identity != caller.name]
        await asyncio.gather(*(caller.hears(person.identity) for caller, person in pairs))
        await asyncio.gather(*(caller.leave() for caller in callers))

    asyncio.run(talk())


def test_whoever_reaches_only_the_relay_takes_part(server: Server) -> None:
    """With the relays that the server names, and none of its own ways: TURN over TCP, and from there inside the process."""
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        first = await join(anna, room_id, relay_only=True)
        second = await join(boris, room_id)
        await first.speak()
        await second.speak()
        await first.show()
        await asyncio.gather(second.hears(anna.identity), first.hears(boris.identity), second.sees(anna.identity))
        await first.leave()
        await second.leave()

    asyncio.run(talk())


def test_a_cut_of_signaling_is_not_noticed_by_the_others(server: Server) -> None:
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        async with Gate(server.address) as gate:
            first = await join(anna, room_id, f"ws://{gate.address}/livekit/sfu")
            second = await join(boris, room_id)
            await first.speak()
            await second.hears(anna.identity)
            gate.cut()
            await first.saw("reconnected")
            await second.hears(anna.identity)
            # What is new since then comes as before.
            await first.show()
            await second.sees(anna.identity)
            assert f"participant_disconnected {anna.identity}" not in second.happened
            await first.leave()
            await second.leave()

    asyncio.run(talk())


def test_everybody_is_back_after_the_server_was_started_again(server: Server) -> None:
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        first, second = await join(anna, room_id), await join(boris, room_id)
        await first.speak()
        await second.hears(anna.identity)
        server.stop()
        server.start()
        await asyncio.gather(first.saw("reconnected"), second.saw("reconnected"))
        await second.hears(anna.identity)
        await first.leave()
        await second.leave()

    asyncio.run(talk())


def test_whoever_joins_again_takes_his_own_place(server: Server) -> None:
    anna = Account(server, "anna")
    room_id = anna.make_room()

    async def talk() -> None:
        first = await join(anna, room_id)
        second = await join(anna, room_id)
        await first.saw("disconnected")
        assert second.room.isconnected()
        await second.leave()

    asyncio.run(talk())
