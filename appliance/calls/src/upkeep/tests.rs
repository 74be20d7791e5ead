use ruma::OwnedRoomId;
use veche_base::metrics::Registry;
use veche_directory::Authority;
use veche_homeserver::membership::MemberAction;

use super::*;
use crate::Ticket;
use crate::testing::{House, user, wish};

const HOUR: Duration = Duration::from_secs(3_600);

/// Bob is in the call of a room, and has handed his leaving over.
async fn in_call(house: &House) -> (OwnedRoomId, String, Ticket) {
    let room = house.room().await;
    let leaving = house.announce(&room, HOUR).await;
    let ticket = house.calls.ticket(&wish("bob", &room)).unwrap();
    house.calls.admit(ticket.jwt.expose()).unwrap();
    assert!(house.calls.participant_joined(&ticket.room, &ticket.identity));
    house.calls.delegate_leave(&wish("bob", &room), &leaving).await.unwrap();
    work(&house.calls).await;
    (room, leaving, ticket)
}

async fn work(calls: &Calls) {
    calls.work(&|| false).await;
}

#[tokio::test]
async fn a_room_hears_at_once_that_somebody_has_gone_without_a_word() {
    let house = House::new().await;
    let (room, _, ticket) = in_call(&house).await;
    house.clock.advance(Duration::from_secs(600));
    work(&house.calls).await;
    assert!(house.is_announced(&room));
    house.calls.participant_left(&ticket.room, &ticket.identity);
    work(&house.calls).await;
    assert!(!house.is_announced(&room));
    assert_eq!(house.server.delayed.delegated().unwrap(), []);
}

#[tokio::test]
async fn a_leaving_never_comes_true_while_its_owner_is_there() {
    let house = House::new().await;
    let (room, leaving, _) = in_call(&house).await;
    for _ in 0..10 {
        house.clock.advance(HOUR * 8 / 10);
        work(&house.calls).await;
    }
    let record = house.server.delayed.get(&user("bob"), &leaving).unwrap().unwrap().record;
    assert_eq!(record.running_since_ms, house.server.core.clock.wall_ms());
    assert!(house.is_announced(&room) && record.outcome.is_none());
}

#[tokio::test]
async fn after_a_restart_those_who_do_not_come_back_are_out_of_the_call() {
    let house = House::new().await;
    let (room, _, _) = in_call(&house).await;
    let (calls, _) = house.restarted();
    work(&calls).await;
    house.clock.advance(Duration::from_secs(19));
    work(&calls).await;
    assert!(house.is_announced(&room));
    house.clock.advance(Duration::from_secs(1));
    work(&calls).await;
    assert!(!house.is_announced(&room));
}

#[tokio::test]
async fn after_a_restart_those_who_come_back_stay_with_the_token_they_have() {
    let house = House::new().await;
    let (room, _, ticket) = in_call(&house).await;
    let (calls, _) = house.restarted();
    calls.admit(ticket.jwt.expose()).unwrap();
    assert!(calls.participant_joined(&ticket.room, &ticket.identity));
    house.clock.advance(Duration::from_secs(600));
    work(&calls).await;
    assert!(house.is_announced(&room));
    calls.participant_left(&ticket.room, &ticket.identity);
    work(&calls).await;
    assert!(!house.is_announced(&room));
}

#[tokio::test]
async fn nothing_is_sent_by_a_server_that_stops() {
    let house = House::new().await;
    let (room, _, ticket) = in_call(&house).await;
    house.calls.participant_left(&ticket.room, &ticket.identity);
    house.calls.work(&|| true).await;
    assert!(house.is_announced(&room));
    assert_eq!(house.server.delayed.delegated().unwrap().len(), 1);
}

#[tokio::test]
async fn one_who_sends_his_leaving_himself_is_not_troubled() {
    let house = House::new().await;
    let (room, leaving, ticket) = in_call(&house).await;
    house.server.delayed.manage(&leaving, Action::Send).await.unwrap();
    assert!(!house.is_announced(&room));
    house.clock.advance(HOUR);
    work(&house.calls).await;
    house.calls.participant_left(&ticket.room, &ticket.identity);
    work(&house.calls).await;
    assert_eq!(house.sfu.removed(), []);
}

/// Whatever ends the right to be in the call ends the media, without anybody asking.
async fn check_put_out(house: &House, ticket: &Ticket) {
    let expected = (ticket.room.clone(), ticket.identity.clone());
    let removed = async {
        while house.sfu.removed() != std::slice::from_ref(&expected) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), removed).await.expect("he is still in the call");
    assert!(house.calls.admit(ticket.jwt.expose()).is_err());
}

#[tokio::test]
async fn whoever_may_not_be_in_the_room_any_more_is_out_of_its_call_at_once() {
    let (alice, bob) = (user("alice"), user("bob"));
    for how in ["kick", "ban", "leave", "logout", "lock", "deactivate", "close"] {
        let house = House::new().await;
        let workers = Supervisor::new(&Registry::new());
        house.calls.start(&workers).unwrap();
        let (room, _, ticket) = in_call(&house).await;
        let (members, directory) = (&house.server.members, &house.server.core.directory);
        match how {
            "kick" => members.change(&room, &alice, &bob, MemberAction::Kick, None).await.unwrap(),
            "ban" => members.change(&room, &alice, &bob, MemberAction::Ban, None).await.unwrap(),
            "leave" => members.leave(&room, &bob, None).await.unwrap(),
            "logout" => {
                let home = house.sign_in("bob", "HOME").await;
                directory.logout(&home).await.unwrap();
            }
            "lock" => directory.set_locked(&Authority::console(), &bob, true).await.unwrap(),
            "deactivate" => directory.deactivate_user(&Authority::console(), &bob, false).await.unwrap(),
            _ => house.server.closing.close(&Authority::console(), &room).await.unwrap(),
        }
        check_put_out(&house, &ticket).await;
    }
}

#[tokio::test]
async fn a_suspended_account_is_out_of_calls_with_the_next_look() {
    let house = House::new().await;
    let (room, _, ticket) = in_call(&house).await;
    house.server.core.directory.set_suspended(&Authority::console(), &user("bob"), true).await.unwrap();
    house.clock.advance(LOOK);
    work(&house.calls).await;
    assert_eq!(house.sfu.removed(), [(ticket.room, ticket.identity)]);
    assert!(!house.is_announced(&room));
}

#[tokio::test]
async fn one_who_was_put_out_of_the_room_has_no_leaving_left() {
    let house = House::new().await;
    let (room, leaving, _) = in_call(&house).await;
    let (alice, bob) = (user("alice"), user("bob"));
    house.server.members.change(&room, &alice, &bob, MemberAction::Ban, None).await.unwrap();
    house.calls.seats.doubt();
    work(&house.calls).await;
    assert!(house.server.delayed.get(&user("bob"), &leaving).unwrap().unwrap().record.outcome.is_some());
    assert_eq!(house.server.delayed.delegated().unwrap(), []);
}
