//! Guests at the door, in the room, and gone again.

use std::{net::Ipv4Addr, time::Duration};

use ruma::{OwnedRoomId, events::room::member::MembershipState};
use veche_directory::{Caller, Language, MeetError};

use super::{AdmitError, EnterError, Entered, Knock, KnockError, LinkError, LinkWish};
use crate::{
    creation::Preset,
    membership::MemberAction,
    testing::{House, user},
};

fn browser() -> Caller {
    Caller::new(Ipv4Addr::LOCALHOST.into())
}

fn wish(room: &OwnedRoomId, lobby: bool) -> LinkWish {
    LinkWish {
        room_id: room.clone(),
        title: "Budget".to_owned(),
        pin: None,
        lobby,
        guests_max: 2,
        lifetime_secs: 3_600,
    }
}

async fn link(house: &House, room: &OwnedRoomId, lobby: bool) -> String {
    let (_, token) = house.server.meetings.make(&user("alice"), wish(room, lobby)).await.unwrap();
    token.into_exposed()
}

async fn knock(house: &House, token: &str, name: &str) -> Result<String, KnockError> {
    let knock = Knock { token: token.to_owned(), name: name.to_owned(), pin: None, language: Some(Language::En) };
    house.server.meetings.knock(knock, &browser()).await.map(veche_base::Secret::into_exposed)
}

/// A guest who came by a link without a door.
async fn come(house: &House, room: &OwnedRoomId) -> ruma::OwnedUserId {
    let ticket = knock(house, &link(house, room, false).await, "Petr").await.unwrap();
    house.server.meetings.enter(&ticket, &browser()).await.unwrap().0.user_id
}

fn joined(house: &House, room: &OwnedRoomId, who: &ruma::UserId) -> bool {
    house.server.parts.rooms.find(room).unwrap().head().membership(who) == MembershipState::Join
}

#[tokio::test]
async fn links_are_for_members_who_may_invite() {
    let house = House::new().await;
    let room = house.room(&user("alice"), Preset::Private).await;
    let meetings = &house.server.meetings;
    assert!(matches!(meetings.make(&user("bob"), wish(&room, true)).await, Err(LinkError::Forbidden)));
    assert!(matches!(meetings.list(&user("bob"), &room).await, Err(LinkError::Forbidden)));
    assert!(matches!(meetings.waiting(&user("bob"), &room, 0).await, Err(LinkError::Forbidden)));
    assert!(matches!(meetings.admit(&user("bob"), &room, 1).await, Err(AdmitError::Link(LinkError::Forbidden))));
    let (meeting, _) = meetings.make(&user("alice"), wish(&room, true)).await.unwrap();
    assert_eq!(meetings.list(&user("alice"), &room).await.unwrap(), std::slice::from_ref(&meeting));
    meetings.end(&user("alice"), &room, meeting.meeting_id).await.unwrap();
    assert!(matches!(meetings.end(&user("alice"), &room, meeting.meeting_id).await, Err(LinkError::Unknown)));
}

#[tokio::test]
async fn whoever_is_let_in_comes_in_once() {
    let house = House::new().await;
    let (alice, room) = (user("alice"), house.room(&user("alice"), Preset::Private).await);
    let meetings = &house.server.meetings;
    let token = link(&house, &room, true).await;
    let ticket = knock(&house, &token, " Petr ").await.unwrap();
    let (known, waiting) = meetings.waiting(&alice, &room, 0).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].name.as_str()), (1, "Petr (guest)"));
    assert!(matches!(meetings.enter("forged", &browser()).await, Err(EnterError::Unknown)));
    meetings.admit(&alice, &room, waiting[0].id).await.unwrap();
    assert!(matches!(meetings.admit(&alice, &room, waiting[0].id).await, Err(AdmitError::Gone)), "once");
    assert!(matches!(meetings.refuse(&alice, &room, waiting[0].id).await, Err(AdmitError::Gone)));
    let (_, waiting) = meetings.waiting(&alice, &room, known).await.unwrap();
    assert!(waiting.is_empty());
    assert_eq!(meetings.wait(&ticket).await.unwrap(), Entered::LetIn);
    let (signed_in, entered) = meetings.enter(&ticket, &browser()).await.unwrap();
    assert_eq!(entered, room);
    assert!(joined(&house, &room, &signed_in.user_id));
    assert!(matches!(meetings.enter(&ticket, &browser()).await, Err(EnterError::Unknown)), "a ticket is used once");
    assert!(matches!(meetings.wait(&ticket).await, Err(EnterError::Unknown)));
    let member = house.server.profiles.member_content(&signed_in.user_id).unwrap();
    assert_eq!(member["displayname"], "Petr (guest)");
}

#[tokio::test]
async fn whoever_is_refused_hears_so_and_whoever_asks_before_is_not_in() {
    let house = House::new().await;
    let (alice, room) = (user("alice"), house.room(&user("alice"), Preset::Private).await);
    let meetings = &house.server.meetings;
    let ticket = knock(&house, &link(&house, &room, true).await, "Eve").await.unwrap();
    let (_, waiting) = meetings.waiting(&alice, &room, 0).await.unwrap();
    meetings.refuse(&alice, &room, waiting[0].id).await.unwrap();
    assert!(matches!(meetings.wait(&ticket).await, Err(EnterError::Refused)));
    assert!(matches!(meetings.wait(&ticket).await, Err(EnterError::Unknown)));
    let early = knock(&house, &link(&house, &room, true).await, "Eve").await.unwrap();
    assert!(matches!(meetings.enter(&early, &browser()).await, Err(EnterError::Unknown)));
    assert_eq!(house.server.core.directory.guests().await.unwrap(), []);
}

#[tokio::test]
async fn a_name_has_to_be_one() {
    let house = House::new().await;
    let room = house.room(&user("alice"), Preset::Private).await;
    let token = link(&house, &room, true).await;
    for name in ["", "  ", "a\u{202e}b", "a\nb", &"x".repeat(129)] {
        assert!(matches!(knock(&house, &token, name).await, Err(KnockError::Name)), "{name:?}");
    }
    assert!(matches!(knock(&house, "forged", "Petr").await, Err(KnockError::Meet(MeetError::Unknown))));
}

#[tokio::test]
async fn whoever_waits_hears_that_the_meeting_was_ended() {
    let house = House::new().await;
    let (alice, room) = (user("alice"), house.room(&user("alice"), Preset::Private).await);
    let meetings = &house.server.meetings;
    let (meeting, token) = meetings.make(&alice, wish(&room, true)).await.unwrap();
    let ticket = knock(&house, token.expose(), "Petr").await.unwrap();
    meetings.end(&alice, &room, meeting.meeting_id).await.unwrap();
    assert!(matches!(meetings.wait(&ticket).await, Err(EnterError::Meet(MeetError::Ended))));
}

#[tokio::test]
async fn whoever_does_not_ask_any_more_waits_no_more() {
    let house = House::new().await;
    let (alice, room) = (user("alice"), house.room(&user("alice"), Preset::Private).await);
    let meetings = &house.server.meetings;
    let ticket = knock(&house, &link(&house, &room, true).await, "Petr").await.unwrap();
    let (_, waiting) = meetings.waiting(&alice, &room, 0).await.unwrap();
    house.clock.advance(Duration::from_secs(61));
    assert!(matches!(meetings.admit(&alice, &room, waiting[0].id).await, Err(AdmitError::Gone)));
    meetings.look_after().await.unwrap();
    assert!(matches!(meetings.wait(&ticket).await, Err(EnterError::Unknown)));
}

#[tokio::test]
async fn without_a_door_the_link_is_enough_as_long_as_its_maker_may_invite() {
    let house = House::new().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let room = house.room(&alice, Preset::Private).await;
    let meetings = &house.server.meetings;
    house.server.members.change(&room, &alice, &bob, MemberAction::Invite, None).await.unwrap();
    house.join(&room, &bob).await;
    let (_, token) = meetings.make(&bob, wish(&room, false)).await.unwrap();
    let ticket = knock(&house, token.expose(), "Petr").await.unwrap();
    assert_eq!(meetings.wait(&ticket).await.unwrap(), Entered::LetIn);
    meetings.enter(&ticket, &browser()).await.unwrap();
    house.leave(&room, &bob).await;
    let ticket = knock(&house, token.expose(), "Ivan").await.unwrap();
    assert!(matches!(meetings.enter(&ticket, &browser()).await, Err(EnterError::NoHost)));
}

#[tokio::test]
async fn a_guest_reads_what_is_said_from_his_coming_on() {
    let house = House::new().await;
    let (alice, room) = (user("alice"), house.room(&user("alice"), Preset::Private).await);
    let before = house.say(&room, &alice, "the salaries").await;
    let guest = come(&house, &room).await;
    let after = house.say(&room, &alice, "welcome").await;
    assert!(house.seen(&room, &guest, &before).is_none(), "though the room shows its history to newcomers");
    assert!(house.seen(&room, &guest, &after).is_some());
    house.server.members.change(&room, &alice, &user("bob"), MemberAction::Invite, None).await.unwrap();
    house.join(&room, &user("bob")).await;
    assert!(house.seen(&room, &user("bob"), &before).is_some());
}

#[tokio::test]
async fn whoever_is_put_out_or_has_left_is_nobody_any_more() {
    let house = House::new().await;
    let (alice, room) = (user("alice"), house.room(&user("alice"), Preset::Private).await);
    let (meetings, directory) = (&house.server.meetings, &house.server.core.directory);
    let (kicked, left, stays) = (come(&house, &room).await, come(&house, &room).await, come(&house, &room).await);
    house.server.members.change(&room, &alice, &kicked, MemberAction::Kick, None).await.unwrap();
    house.leave(&room, &left).await;
    meetings.look_after().await.unwrap();
    assert!(directory.is_deactivated(&kicked) && directory.is_deactivated(&left) && directory.is_active(&stays));
}

#[tokio::test]
async fn a_guest_of_whom_nothing_is_heard_leaves_the_room() {
    let house = House::new().await;
    let room = house.room(&user("alice"), Preset::Private).await;
    let guest = come(&house, &room).await;
    house.clock.advance(Duration::from_secs(179));
    house.server.meetings.look_after().await.unwrap();
    assert!(joined(&house, &room, &guest));
    house.clock.advance(Duration::from_secs(2));
    house.server.meetings.look_after().await.unwrap();
    house.server.departures.settle_all().await.unwrap();
    assert!(!joined(&house, &room, &guest));
}

#[tokio::test]
async fn a_guest_whose_page_is_closed_is_gone_unless_another_one_comes() {
    let house = House::new().await;
    let room = house.room(&user("alice"), Preset::Private).await;
    let guests = [come(&house, &room).await, come(&house, &room).await, come(&house, &room).await];
    let meetings = &house.server.meetings;
    assert!(!meetings.page_closed(&user("alice"), "a".to_owned()), "she is no guest");
    for guest in &guests {
        assert!(meetings.page_closed(guest, "one".to_owned()));
    }
    let [closed, anew, overtaken] = &guests;
    assert!(meetings.page_opened(anew, "two".to_owned()));
    meetings.page_opened(overtaken, "two".to_owned());
    meetings.page_closed(overtaken, "one".to_owned());
    let until = meetings.look_after().await.unwrap();
    assert_eq!(until, Duration::from_secs(20), "it is looked in time");
    let directory = &house.server.core.directory;
    assert!(guests.iter().all(|guest| directory.is_active(guest)));
    house.clock.advance(until);
    meetings.look_after().await.unwrap();
    assert!(directory.is_deactivated(closed));
    assert!(directory.is_active(anew) && directory.is_active(overtaken));
}

#[tokio::test]
async fn the_end_of_the_meeting_empties_the_room_of_guests_also_in_the_next_process() {
    let house = House::new().await;
    let room = house.room(&user("alice"), Preset::Private).await;
    let guest = come(&house, &room).await;
    let next = house.restarted();
    next.meetings.look_after().await.unwrap();
    assert!(joined(&house, &room, &guest), "a restart sends nobody home");
    house.clock.advance(Duration::from_secs(3_600));
    next.meetings.look_after().await.unwrap();
    next.departures.settle_all().await.unwrap();
    assert!(house.server.core.directory.is_deactivated(&guest));
    let room = next.parts.rooms.find(&room).unwrap();
    assert_eq!(room.head().membership(&guest), MembershipState::Leave);
}
