"""People in a call."""

import asyncio

import pytest
from livekit import rtc

from veche_calls.caller import Caller
from veche_calls.gate import Gate
from veche_calls.matrix import Account
from veche_calls.server import Server


# Clients of before `/rtc/v1` have one peer connection for what they publish and one for what they get.
either_protocol = pytest.mark.parametrize("two", [False, True], ids=["rtc-v1", "rtc"])


async def join(
    account: Account, room_id: str, url: str | None = None, relay_only: bool = False, two: bool = False
) -> Caller:
    ticket = account.ticket(room_id)
    return await Caller(account.identity).join(url or ticket["url"], ticket["jwt"], relay_only, two)


@pytest.mark.parametrize(
    ("anna_has_two", "boris_has_two"),
    [(False, False), (True, False), (False, True), (True, True)],
    ids=["rtc-v1 to rtc-v1", "rtc to rtc-v1", "rtc-v1 to rtc", "rtc to rtc"],
)
def test_two_people_hear_and_see_one_another_and_send_messages(
    server: Server, anna_has_two: bool, boris_has_two: bool
) -> None:
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        first = await join(anna, room_id, two=anna_has_two)
        second = await join(boris, room_id, two=boris_has_two)
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


@either_protocol
def test_a_picture_in_vp9_is_seen_by_those_who_are_there_and_those_who_come_late(server: Server, two: bool) -> None:
    anna, boris, clara = (Account(server, name) for name in ("anna", "boris", "clara"))
    room_id = anna.make_room(boris, clara)

    async def talk() -> None:
        first, second = await join(anna, room_id), await join(boris, room_id, two=two)
        await first.show(codec=rtc.VideoCodec.VP9)
        await second.sees(anna.identity)
        third = await join(clara, room_id, two=two)
        # From the next keyframe on, which he is not the only one to get.
        await asyncio.gather(third.sees(anna.identity), second.sees(anna.identity))
        [published] = second.room.remote_participants[anna.identity].track_publications.values()
        assert published.mime_type.lower() == "video/vp9"
        await asyncio.gather(first.leave(), second.leave(), third.leave())

    asyncio.run(talk())


def test_six_people_hear_one_another(server: Server) -> None:
    people = [Account(server, f"person{number}") for number in range(6)]
    room_id = people[0].make_room(*people[1:])

    async def talk() -> None:
        joins = (join(person, room_id, two=number % 2 == 1) for number, person in enumerate(people))
        callers = await asyncio.gather(*joins)
        await asyncio.gather(*(caller.speak() for caller in callers))
        pairs = [(caller, person) for caller in callers for person in people if person.identity != caller.name]
        await asyncio.gather(*(caller.hears(person.identity) for caller, person in pairs))
        await asyncio.gather(*(caller.leave() for caller in callers))

    asyncio.run(talk())


@either_protocol
def test_whoever_reaches_only_the_relay_takes_part(server: Server, two: bool) -> None:
    """With the relays that the server names, and none of its own ways: TURN over TCP, and from there inside the process."""
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        first = await join(anna, room_id, relay_only=True, two=two)
        second = await join(boris, room_id)
        await first.speak()
        await second.speak()
        await first.show()
        await asyncio.gather(second.hears(anna.identity), first.hears(boris.identity), second.sees(anna.identity))
        await first.leave()
        await second.leave()

    asyncio.run(talk())


@either_protocol
def test_a_cut_of_signaling_is_not_noticed_by_the_others(server: Server, two: bool) -> None:
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        async with Gate(server.address) as gate:
            first = await join(anna, room_id, f"ws://{gate.address}/livekit/sfu", two=two)
            second = await join(boris, room_id)
            await first.speak()
            await second.speak()
            await asyncio.gather(second.hears(anna.identity), first.hears(boris.identity))
            gate.cut()
            await first.saw("reconnected")
            await asyncio.gather(second.hears(anna.identity), first.hears(boris.identity))
            # What is new since then comes as before.
            await first.show()
            await second.show()
            await asyncio.gather(second.sees(anna.identity), first.sees(boris.identity))
            assert f"participant_disconnected {anna.identity}" not in second.happened
            await first.leave()
            await second.leave()

    asyncio.run(talk())


@either_protocol
def test_everybody_is_back_after_the_server_was_started_again(server: Server, two: bool) -> None:
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        first, second = await join(anna, room_id, two=two), await join(boris, room_id, two=two)
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
