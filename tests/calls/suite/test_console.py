"""The console sees calls and ends them."""

import asyncio

from veche_calls.caller import Caller
from veche_calls.matrix import Account, Refused, ask
from veche_calls.server import Server

CALLS = "/api/admin/v1/calls"


def refused(server: Server, path: str, token: str, body: dict) -> int:
    try:
        ask(server, "POST", path, body, token)
    except Refused as error:
        return error.status
    return 200


def test_an_administrator_sees_who_is_in_a_call_and_by_which_way_and_ends_it(server: Server) -> None:
    root = Account(server, "root", admin=True)
    anna, boris = Account(server, "anna"), Account(server, "boris")
    room_id = anna.make_room(boris)
    look = lambda: ask(server, "GET", CALLS, None, root.token)
    nobody = {"full": 0, "busy": 0, "latest": []}
    assert look() == {"open": True, "calls": [], "refused": nobody}

    async def talk() -> None:
        tickets = [account.ticket(room_id) for account in (anna, boris)]
        first = await Caller(anna.identity).join(tickets[0]["url"], tickets[0]["jwt"], relay_only=True)
        second = await Caller(boris.identity).join(tickets[1]["url"], tickets[1]["jwt"])
        await first.speak()
        await second.speak()
        await asyncio.gather(first.hears(boris.identity), second.hears(anna.identity))
        [call] = look()["calls"]
        assert (call["room_id"], call["room_name"]) == (room_id, None)
        told = {it["user_id"]: it for it in call["participants"]}
        assert [told[who.user_id]["path"] for who in (anna, boris)] == ["relay_tcp", "direct"]
        for who in (anna, boris):
            it = told[who.user_id]
            assert (it["device_id"], it["connected"], it["tracks"]) == (who.device_id, True, 1)
            stages = [it["stages"][name] for name in ("reached_ms", "secured_ms", "connected_ms", "media_ms")]
            assert it["stages"]["ticket_ms"] is not None
            assert None not in stages and stages == sorted(stages), stages
        now = ask(server, "GET", "/api/admin/v1/dashboard", None, root.token)
        assert now["calls"] == {"calls": 1, "people": 2}
        removal = {"call": call["call"], "identity": boris.identity}
        assert refused(server, f"{CALLS}/remove", anna.token, removal) == 403
        assert refused(server, f"{CALLS}/end", root.token, {"call": "another"}) == 404
        ask(server, "POST", f"{CALLS}/remove", removal, root.token)
        await second.saw("disconnected")
        assert refused(server, f"{CALLS}/remove", root.token, removal) == 404
        ask(server, "POST", f"{CALLS}/end", {"call": call["call"]}, root.token)
        await first.saw("disconnected")
        await first.leave()
        await second.leave()

    asyncio.run(talk())
    rows = ask(server, "GET", "/api/admin/v1/journal", None, root.token)["rows"]
    acts = [(row["action"], row["target"], row["detail"]) for row in rows if "call" in row["action"]]
    assert acts == [
        ("room.end_call", room_id, {"people": 1}),
        ("room.remove_from_call", room_id, {"identity": boris.user_id}),
    ]
