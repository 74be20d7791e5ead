"""Moderators of a room administer its call, over LiveKit's API for servers with LiveKit's own client of it."""

import asyncio
import base64
import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable

import pytest
from livekit import api

from veche_calls.caller import Caller
from veche_calls.matrix import Account
from veche_calls.server import LIMIT_SECONDS, Server


@contextlib.asynccontextmanager
async def administering(ticket: dict) -> AsyncIterator[api.room_service.RoomService]:
    """The API as the bearer of a ticket may use it."""
    async with api.LiveKitAPI.with_token(ticket["jwt"], ticket["url"], failover=False) as client:
        yield client.room


async def refusal(asked: Awaitable) -> tuple[str, int]:
    with pytest.raises(api.ServerError) as refused:
        await asked
    return refused.value.code, refused.value.status


def call_of(ticket: dict) -> str:
    """The name of the call that a ticket opens, as its bearer reads it."""
    return json.loads(base64.urlsafe_b64decode(ticket["jwt"].split(".")[1] + "=="))["video"]["room"]


async def join(account: Account, ticket: dict) -> Caller:
    return await Caller(account.identity).join(ticket["url"], ticket["jwt"])


def person(call: str, account: Account) -> api.RoomParticipantIdentity:
    return api.RoomParticipantIdentity(room=call, identity=account.identity)


def test_a_moderator_sends_somebody_out_and_the_room_hears_of_it(server: Server) -> None:
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        tickets = [account.ticket(room_id) for account in (anna, boris)]
        call = call_of(tickets[0])
        first, second = await join(anna, tickets[0]), await join(boris, tickets[1])
        await second.speak()
        await first.hears(boris.identity)
        boris.say_in_call(room_id)
        scheduled = boris.say_in_call(room_id, delay_ms=3_600_000, leave=True)
        boris.delegate_leave(room_id, scheduled["delay_id"])
        async with administering(tickets[0]) as rooms:
            listed = (await rooms.list_rooms(api.ListRoomsRequest())).rooms
            assert [(it.name, it.num_participants) for it in listed] == [(call, 2)]
            there = (await rooms.list_participants(api.ListParticipantsRequest(room=call))).participants
            assert sorted(it.identity for it in there) == sorted([anna.identity, boris.identity])
            assert len((await rooms.get_participant(person(call, boris))).tracks) == 1
            await rooms.remove_participant(person(call, boris))
            await second.saw("disconnected")
            await first.saw(f"participant_disconnected {boris.identity}")
            assert await refusal(rooms.remove_participant(person(call, boris))) == ("not_found", 404)
        await first.leave()
        await second.leave()

    asyncio.run(talk())
    since = anna.ask("GET", "/v3/sync?timeout=0")["next_batch"]
    while anna.call_members(room_id):
        since = anna.ask("GET", f"/v3/sync?timeout=10000&since={since}")["next_batch"]
    assert "a call was administered" in server.log


def test_a_moderator_mutes_and_takes_rights_away_and_does_not_open_microphones(server: Server) -> None:
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        tickets = [account.ticket(room_id) for account in (anna, boris)]
        call = call_of(tickets[0])
        first, second = await join(anna, tickets[0]), await join(boris, tickets[1])
        await second.speak()
        await first.hears(boris.identity)
        async with administering(tickets[0]) as rooms:
            [voice] = (await rooms.get_participant(person(call, boris))).tracks
            about = {"room": call, "identity": boris.identity, "track_sid": voice.sid}
            muted = await rooms.mute_published_track(api.MuteRoomTrackRequest(**about, muted=True))
            assert muted.track.muted
            await first.saw(f"muted {boris.identity}")
            unmute = api.MuteRoomTrackRequest(**about, muted=False)
            assert await refusal(rooms.mute_published_track(unmute)) == ("failed_precondition", 412)
            await rooms.send_data(api.SendDataRequest(room=call, data=b"quiet please", topic="house"))
            for caller in (first, second):
                await caller.until("a message", lambda caller=caller: caller.data == [(b"quiet please", "")])
            listens = api.ParticipantPermission(can_subscribe=True)
            request = api.UpdateParticipantRequest(
                room=call, identity=boris.identity, name="Boris", permission=listens
            )
            told = await rooms.update_participant(request)
            assert (told.name, told.permission.can_publish, len(told.tracks)) == ("Boris", False, 0)
            await first.saw(f"unsubscribed {boris.identity}")
            await rooms.delete_room(api.DeleteRoomRequest(room=call))
            await asyncio.gather(first.saw("disconnected"), second.saw("disconnected"))
        await first.leave()
        await second.leave()

    asyncio.run(talk())


def test_only_those_administer_a_call_who_could_put_people_out_of_its_room(server: Server) -> None:
    anna, boris, vera = (Account(server, name) for name in ("anna", "boris", "vera"))
    room_id, other_id = anna.make_room(boris, vera), anna.make_room()
    denied, unknown = ("permission_denied", 403), ("unauthenticated", 401)

    async def talk() -> None:
        call = call_of(anna.ticket(room_id))
        there = api.ListParticipantsRequest(room=call)
        async with administering(vera.ticket(room_id)) as rooms:
            assert await refusal(rooms.list_participants(there)) == denied
            assert await refusal(rooms.list_rooms(api.ListRoomsRequest())) == denied
        async with administering(anna.ticket(other_id)) as rooms:
            assert await refusal(rooms.list_participants(there)) == denied
        callers = [await join(account, account.ticket(room_id)) for account in (anna, boris, vera)]
        anna.give_power(room_id, boris, 50)
        ticket = boris.ticket(room_id)
        async with administering(ticket) as rooms:
            assert len((await rooms.list_participants(there)).participants) == 3
            # In the room he could not do it to her either.
            assert await refusal(rooms.remove_participant(person(call, anna))) == denied
            assert await refusal(rooms.delete_room(api.DeleteRoomRequest(room=call))) == denied
            assert await refusal(rooms.create_room(api.CreateRoomRequest(name="mine"))) == denied
            subscriptions = api.UpdateSubscriptionsRequest(room=call, identity=vera.identity)
            assert await refusal(rooms.update_subscriptions(subscriptions)) == ("unimplemented", 501)
            anna.give_power(room_id, boris, 0)
            assert await refusal(rooms.remove_participant(person(call, vera))) == denied
        head, claims, signature = ticket["jwt"].split(".")
        for token in ("x", f"{head}.{claims}.{signature[::-1]}"):
            async with administering({**ticket, "jwt": token}) as rooms:
                assert await refusal(rooms.list_participants(there)) == unknown
        for caller in callers:
            assert caller.room.isconnected()
            await caller.leave()

    asyncio.run(talk())


def test_the_api_speaks_json_and_says_in_twirps_words_what_is_wrong(server: Server) -> None:
    anna = Account(server, "anna")
    ticket = anna.ticket(anna.make_room())

    def ask(path: str, body: bytes, kind: str = "application/json") -> tuple[int, dict]:
        request = urllib.request.Request(f"{server.url}/livekit/sfu/twirp/{path}", body, method="POST")
        request.add_header("Content-Type", kind)
        request.add_header("Authorization", f"Bearer {ticket['jwt']}")
        try:
            with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    name = call_of(ticket)
    body = json.dumps({"room": name, "identity": anna.identity, "trackSid": "TR_none", "muted": True}).encode()
    assert ask("livekit.RoomService/ListRooms", b"{}") == (200, {})
    assert ask("livekit.RoomService/MutePublishedTrack", body)[1]["code"] == "not_found"
    for path, sent, kind, status, code in [
        ("livekit.RoomService/ListRooms", b"{", "application/json", 400, "malformed"),
        ("livekit.RoomService/ListRooms", b"\xff", "application/protobuf", 400, "malformed"),
        ("livekit.RoomService/ListRooms", b"{}", "text/plain", 404, "bad_route"),
        ("livekit.RoomService/MakeCoffee", b"{}", "application/json", 404, "bad_route"),
        ("livekit.Egress/ListEgress", b"{}", "application/json", 404, "bad_route"),
        ("livekit.RoomService/DeleteRoom", b"{}", "application/json", 400, "invalid_argument"),
    ]:
        answered, said = ask(path, sent, kind)
        assert (answered, said["code"]) == (status, code), path
        assert said["msg"]
    # More than anybody sends who has signed in with nothing but this.
    assert ask("livekit.RoomService/SendData", b"x" * 20_000)[0] == 413
