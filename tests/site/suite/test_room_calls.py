"""Calls of a room through firewalls, with LiveKit's own client: whatever lies between a member and the SFU, he takes part."""

import pytest

from veche_calls.matrix import ask

from veche_site import plan
from veche_site.members import Member, gather, hear_one_another, meet, show_one_another, speak_up
from veche_site.peers import Refused
from veche_site.site import EVERYTHING, ONLY_443_TCP, Variant

pytestmark = pytest.mark.usefixtures("only_veche")

# As long as a train is in a tunnel, in hundredths of a second of what somebody else is heard meanwhile.
CUT_HUNDREDTHS = 800
# How long those may hear nothing of one another whom nothing has happened to, however busy this machine is.
HICCUP_SECONDS = 5


def paths(member: Member) -> dict[str, str]:
    """By which way each one's media goes, as the console tells this administrator."""
    [call] = ask(member.door, "GET", "/api/admin/v1/calls", None, member.account.token)["calls"]
    return {it["user_id"]: it["path"] for it in call["participants"]}


def end(*members: Member) -> None:
    gather(*((member, "leave", {}) for member in members))


def test_one_with_nothing_but_443_and_one_behind_a_symmetric_nat_and_one_inside_are_in_one_call(start):
    world = start(Variant(client_a=ONLY_443_TCP))
    blocked, hidden, inside = world.members("client_a", "client_b", "office1")
    inside.sign_up("root", admin=True)
    meet(blocked, hidden, inside)
    speak_up(blocked, hidden, inside)
    hear_one_another(blocked, hidden, inside)
    ways = {blocked: "relay_tls", hidden: "direct", inside: "direct"}
    assert paths(inside) == {member.account.user_id: way for member, way in ways.items()}
    show_one_another(blocked, hidden)
    for says, reads in ((blocked, hidden), (hidden, blocked)):
        says.ask("say", text="hello")
        reads.ask("reads", text="hello", sender=says.identity)
    assert world.counted("server", "other_udp") == 0
    assert world.blocked_at("client_a") > 0
    end(blocked, hidden, inside)


@pytest.mark.parametrize("allowed", [EVERYTHING, ONLY_443_TCP], ids=["direct", "relay over TLS"])
def test_a_cut_of_eight_seconds_is_a_silence_and_no_end(start, allowed):
    world = start(Variant(client_a=allowed))
    cut, *others = world.members("client_a", "client_b", "office1")
    meet(cut, *others)
    speak_up(cut, *others)
    hear_one_another(cut, *others)
    gather(*((member, "forget_standstills", {}) for member in others))
    router = world.site[plan.HOMES["client_a"].router]
    router.ip("link set lan down")
    hear_one_another(*others, hundredths=CUT_HUNDREDTHS)
    router.ip("link set lan up")
    hear_one_another(cut, *others)
    for one, other in (others, others[::-1]):
        assert one.ask("standstill", of=f"sound {other.identity}") < HICCUP_SECONDS
        assert f"participant_disconnected {cut.identity}" not in one.ask("happened")
    assert "disconnected" not in cut.ask("happened")
    # Media is back before signaling is, without which nothing is published.
    others[1].ask("mute")
    cut.ask("saw", event=f"muted {others[1].identity}")
    show_one_another(cut, others[0])
    end(cut, *others)


def test_whoever_gets_another_address_stays_in_the_call(start):
    world = start(Variant())
    moving, other = world.members("client_a", "client_b")
    meet(moving, other)
    speak_up(moving, other)
    hear_one_another(moving, other)
    home = plan.HOMES["client_a"]
    elsewhere = home.address.rsplit(".", 1)[0] + ".77"
    world.site["client_a"].ip(
        f"address delete {home.address}/24 dev lan",
        f"address add {elsewhere}/24 dev lan",
        f"route add default via {home.router_inside}",
    )
    moving.ask("saw", event="reconnecting")
    moving.ask("saw", event="reconnected")
    hear_one_another(moving, other)
    assert f"participant_disconnected {moving.identity}" not in other.ask("happened")
    assert "disconnected" not in moving.ask("happened")
    show_one_another(moving, other)
    end(moving, other)


def test_whoever_is_put_out_of_the_room_is_heard_no_more_from_behind_the_relay_or_a_nat(start):
    world = start(Variant(client_a=ONLY_443_TCP))
    moderator, kicked, banned = world.members("office1", "client_a", "client_b")
    room_id = meet(moderator, kicked, banned)
    speak_up(moderator, kicked, banned)
    hear_one_another(moderator, kicked, banned)
    for act, out in (("kick", kicked), ("ban", banned)):
        moderator.account.put_out(act, room_id, out.account)
        out.ask("saw", event="disconnected")
        moderator.ask("saw", event=f"participant_disconnected {out.identity}")
        # Nor does he get a ticket again.
        with pytest.raises(Refused, match="403"):
            out.account.ticket(room_id)
    end(moderator, kicked, banned)
