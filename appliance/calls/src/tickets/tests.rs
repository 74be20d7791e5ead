use std::time::Duration;

use ruma::owned_room_id;
use serde_json::json;
use veche_directory::Authority;
use veche_homeserver::delayed::Action;
use veche_homeserver::membership::MemberAction;

use super::*;
use crate::LEGACY_SLOT;
use crate::testing::{House, device, user, wish};

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_member_gets_a_token_with_the_rights_of_a_participant() {
    let house = House::new().await;
    let room = house.room().await;
    let ticket = house.calls.ticket(&wish("bob", &room)).unwrap();
    assert_eq!(ticket.room, room_name(&room, LEGACY_SLOT));
    assert_eq!(ticket.identity, "@bob:x.example:HOME");
    let grants = house.calls.admit(ticket.jwt.expose()).unwrap();
    let video = VideoGrant {
        room_join: true,
        room: ticket.room,
        can_publish: Some(true),
        can_subscribe: Some(true),
        can_publish_data: Some(true),
        can_update_own_metadata: Some(true),
        ..VideoGrant::default()
    };
    assert_eq!((grants.identity, grants.video), (ticket.identity, video));
    house.clock.advance(HOUR + Duration::from_secs(60));
    assert!(matches!(house.calls.admit(ticket.jwt.expose()), Err(AdmitError::Token(TokenError::Expired))));
}

#[tokio::test]
async fn strangers_and_those_who_were_put_out_get_none() {
    let house = House::new().await;
    let room = house.room().await;
    house.sign_in("carol", "HOME").await;
    let refused = |name: &str| house.calls.ticket(&wish(name, &room)).unwrap_err();
    assert!(matches!(refused("carol"), TicketError::NotInRoom));
    let members = &house.server.members;
    members.change(&room, &user("alice"), &user("carol"), MemberAction::Invite, None).await.unwrap();
    assert!(matches!(refused("carol"), TicketError::NotInRoom));
    members.change(&room, &user("alice"), &user("bob"), MemberAction::Ban, None).await.unwrap();
    assert!(matches!(refused("bob"), TicketError::NotInRoom));
    let nowhere = wish("alice", &owned_room_id!("!nowhere:x.example"));
    assert!(matches!(house.calls.ticket(&nowhere), Err(TicketError::NotInRoom)));
    let elsewhere = Wish { device_id: device("ELSEWHERE"), ..wish("alice", &room) };
    assert!(matches!(house.calls.ticket(&elsewhere), Err(TicketError::Device)));
}

#[tokio::test]
async fn an_account_that_may_not_write_gets_none() {
    for locked in [true, false] {
        let house = House::new().await;
        let room = house.room().await;
        let directory = &house.server.core.directory;
        if locked {
            directory.set_locked(&Authority::console(), &user("bob"), true).await.unwrap();
        } else {
            directory.set_suspended(&Authority::console(), &user("bob"), true).await.unwrap();
        }
        assert!(matches!(house.calls.ticket(&wish("bob", &room)), Err(TicketError::Account)), "locked: {locked}");
    }
}

#[tokio::test]
async fn where_only_some_may_speak_the_others_listen() {
    let house = House::new().await;
    let levels = json!({ "events_default": 50, "events": { "org.matrix.msc3401.call.member": 50 } });
    let room = house.room_with(Some(levels)).await;
    let speaks = |name: &str| {
        let ticket = house.calls.ticket(&wish(name, &room)).unwrap();
        let video = house.calls.keys().verify(ticket.jwt.expose(), house.server.core.clock.wall_ms()).unwrap().video;
        assert!(video.may_subscribe());
        (video.may_publish(), video.may_publish_data())
    };
    assert_eq!(speaks("alice"), (true, true));
    assert_eq!(speaks("bob"), (false, false));
}

#[tokio::test]
async fn a_full_call_takes_nobody_but_those_who_are_in_it() {
    let house = House::new().await;
    let room = house.room().await;
    let ticket = house.calls.ticket(&wish("bob", &room)).unwrap();
    house.calls.admit(ticket.jwt.expose()).unwrap();
    assert!(house.calls.participant_joined(&ticket.room, &ticket.identity));
    *house.sfu.refuses.lock().unwrap() = Some(NoPlace::Full);
    assert!(matches!(house.calls.ticket(&wish("alice", &room)), Err(TicketError::Full)));
    house.calls.ticket(&wish("bob", &room)).unwrap();
    *house.sfu.refuses.lock().unwrap() = Some(NoPlace::Busy);
    assert!(matches!(house.calls.ticket(&wish("alice", &room)), Err(TicketError::Busy)));
    house.calls.ticket(&wish("bob", &room)).unwrap();
    house.calls.participant_refused(&ticket.room, &ticket.identity, NoPlace::Full);
    house.calls.participant_refused(&ticket.room, "a stranger", NoPlace::Full);
    let refused = house.calls.refused();
    assert_eq!((refused.full, refused.busy), (2, 1));
    let who: Vec<_> = refused.latest.iter().map(|it| (it.holder.user_id.localpart(), it.why)).collect();
    assert_eq!(who, [("bob", NoPlace::Full), ("alice", NoPlace::Busy), ("alice", NoPlace::Full)]);
    assert!(refused.latest.iter().all(|it| it.holder.room_id == room));
}

#[tokio::test]
async fn how_long_a_token_took_is_told_of_whoever_came_with_it() {
    let house = House::new().await;
    let room = house.room().await;
    let ticket = house.calls.ticket(&wish("bob", &room)).unwrap();
    let took = || house.calls.ticket_took(&ticket.room, &ticket.identity);
    let ms = Duration::from_millis;
    house.calls.ticket_answered(ticket.room.clone(), ticket.identity.clone(), ms(7));
    assert_eq!(took(), None, "he has not come yet");
    house.calls.admit(ticket.jwt.expose()).unwrap();
    assert_eq!(took(), Some(ms(7)));
    house.calls.admit(ticket.jwt.expose()).unwrap();
    assert_eq!(took(), Some(ms(7)), "he comes back with the same token");
    house.calls.ticket_answered(ticket.room.clone(), ticket.identity.clone(), ms(9));
    house.calls.admit(ticket.jwt.expose()).unwrap();
    assert_eq!(took(), Some(ms(9)));
}

#[tokio::test]
async fn names_have_a_length() {
    let house = House::new().await;
    let room = house.room().await;
    let long = "x".repeat(ID_BYTES_MAX + 1);
    for bad in [
        Wish { slot_id: String::new(), ..wish("bob", &room) },
        Wish { slot_id: long.clone(), ..wish("bob", &room) },
        Wish { member: MemberName::Alone(String::new()), ..wish("bob", &room) },
        Wish { member: MemberName::WithDevice(long), ..wish("bob", &room) },
    ] {
        assert!(matches!(house.calls.ticket(&bad), Err(TicketError::Name(_))));
    }
}

#[tokio::test]
async fn a_token_lets_nobody_back_who_may_not_be_there_any_more() {
    let house = House::new().await;
    let room = house.room().await;
    let ticket = house.calls.ticket(&wish("bob", &room)).unwrap();
    let (alice, bob) = (user("alice"), user("bob"));
    house.server.members.change(&room, &alice, &bob, MemberAction::Kick, None).await.unwrap();
    assert!(matches!(house.calls.admit(ticket.jwt.expose()), Err(AdmitError::NotAnyMore)));
}

#[tokio::test]
async fn a_token_that_opens_no_call_or_is_for_nobody_lets_nobody_in() {
    let house = House::new().await;
    let room = house.room().await;
    let now_ms = house.server.core.clock.wall_ms();
    let ticket = house.calls.ticket(&wish("bob", &room)).unwrap();
    let good = house.calls.keys().verify(ticket.jwt.expose(), now_ms).unwrap();
    let no_holder = Grants { holder: None, ..good.clone() };
    let no_join = Grants { video: VideoGrant { room_join: false, ..good.video.clone() }, ..good };
    for bad in [no_holder, no_join] {
        let token = house.calls.keys().issue(&bad, now_ms);
        assert!(matches!(house.calls.admit(token.expose()), Err(AdmitError::NoCall)));
    }
}

#[tokio::test]
async fn only_ones_own_leaving_of_this_room_can_be_handed_over() {
    let house = House::new().await;
    let room = house.room().await;
    let leaving = house.announce(&room, HOUR).await;
    let refused = async |wish: Wish, delay_id: &str| match house.calls.delegate_leave(&wish, delay_id).await {
        Err(LeaveError::Delegate(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(refused(wish("alice", &room), &leaving).await, DelegateError::Unknown));
    assert!(matches!(refused(wish("bob", &room), "nonsense").await, DelegateError::Unknown));
    let short = house.announce(&room, Duration::from_secs(4)).await;
    assert!(matches!(refused(wish("bob", &room), &short).await, DelegateError::TooShort));
    house.calls.delegate_leave(&wish("bob", &room), &leaving).await.unwrap();
    house.server.delayed.manage(&leaving, Action::Cancel).await.unwrap();
    assert!(matches!(refused(wish("bob", &room), &leaving).await, DelegateError::Unknown));
    assert_eq!(house.server.delayed.delegated().unwrap(), []);
}

#[tokio::test]
async fn there_are_no_calls_without_an_sfu() {
    let house = House::new().await;
    let room = house.room().await;
    let calls = Calls::new(std::sync::Arc::clone(&house.server), house.calls.keys().clone());
    assert!(!calls.is_open());
    assert!(matches!(calls.ticket(&wish("bob", &room)), Err(TicketError::Closed)));
    let refused = calls.delegate_leave(&wish("bob", &room), "x").await;
    assert!(matches!(refused, Err(LeaveError::Ticket(TicketError::Closed))));
}

#[tokio::test]
async fn whoever_is_in_a_call_for_hours_can_come_back_to_it() {
    let house = House::new().await;
    let room = house.room().await;
    let ticket = house.calls.ticket(&wish("bob", &room)).unwrap();
    assert!(house.calls.fresh_token(&ticket.room, &ticket.identity).is_none(), "nobody is there");
    house.calls.admit(ticket.jwt.expose()).unwrap();
    assert!(house.calls.participant_joined(&ticket.room, &ticket.identity));
    house.clock.advance(2 * HOUR);
    assert!(house.calls.admit(ticket.jwt.expose()).is_err());
    let fresh = house.calls.fresh_token(&ticket.room, &ticket.identity).unwrap();
    assert_eq!(house.calls.admit(fresh.expose()).unwrap().identity, ticket.identity);
    let members = &house.server.members;
    members.change(&room, &user("alice"), &user("bob"), MemberAction::Kick, None).await.unwrap();
    assert!(house.calls.fresh_token(&ticket.room, &ticket.identity).is_none(), "he may not be there any more");
}
