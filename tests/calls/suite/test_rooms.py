"""Calls and the Matrix rooms that they belong to."""

import asyncio
import base64
import json
import urllib.error
import urllib.request

import pytest

from veche_calls.caller import Caller
from veche_calls.matrix import Account, Refused
from veche_calls.server import LIMIT_SECONDS, Server


def test_only_members_get_a_token(server: Server) -> None:
    anna, boris, mallory = (Account(server, name) for name in ("anna", "boris", "mallory"))
    room_id = anna.make_room(boris)
    assert anna.ticket(room_id)["url"] == f"ws://{server.address}/livekit/sfu"
    with pytest.raises(Refused) as refused:
        mallory.ticket(room_id)
    assert refused.value.status == 403
    anna.kick(room_id, boris)
    with pytest.raises(Refused):
        boris.ticket(room_id)


def status(server: Server, token: str) -> int:
    """What a client is told who asks why it was not let in."""
    request = urllib.request.Request(f"{server.url}/livekit/sfu/rtc/v1/validate")
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=LIMIT_SECONDS) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_tokens_that_are_no_good_open_nothing(server: Server) -> None:
    anna = Account(server, "anna")
    room_id = anna.make_room()
    good = anna.ticket(room_id)["jwt"]
    assert status(server, good) == 200
    head, claims, signature = good.split(".")
    write = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    read = json.loads(base64.urlsafe_b64decode(claims + "=="))
    other_room = write({**read, "video": {**read["video"], "room": "other"}})
    unsigned = write({"alg": "none", "typ": "JWT"})
    for wrong in ("", "x", f"{head}.{other_room}.{signature}", f"{unsigned}.{claims}.", f"{unsigned}.{claims}.{signature}"):
        assert status(server, wrong) == 401, wrong


def test_a_kick_ends_the_media_at_once(server: Server) -> None:
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        tickets = [account.ticket(room_id) for account in (anna, boris)]
        first, second = [
            await Caller(account.identity).join(ticket["url"], ticket["jwt"])
            for account, ticket in zip((anna, boris), tickets)
        ]
        await second.speak()
        await first.hears(boris.identity)
        anna.kick(room_id, boris)
        await second.saw("disconnected")
        await first.saw(f"participant_disconnected {boris.identity}")
        # The token that he still has lets him in no more.
        assert status(server, tickets[1]["jwt"]) == 403
        await first.leave()
        await second.leave()

    asyncio.run(talk())


def test_the_room_hears_that_somebody_has_gone_without_a_word(server: Server) -> None:
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)

    async def talk() -> None:
        ticket = boris.ticket(room_id)
        caller = await Caller(boris.identity).join(ticket["url"], ticket["jwt"])
        boris.say_in_call(room_id)
        scheduled = boris.say_in_call(room_id, delay_ms=3_600_000, leave=True)
        boris.delegate_leave(room_id, scheduled["delay_id"])
        assert anna.call_members(room_id) == [boris.user_id]
        # He says nothing to the room; only his connection ends.
        await caller.leave()

    asyncio.run(talk())
    since = anna.ask("GET", "/v3/sync?timeout=0")["next_batch"]
    while anna.call_members(room_id):
        since = anna.ask("GET", f"/v3/sync?timeout=10000&since={since}")["next_batch"]
