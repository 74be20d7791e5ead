//! Links for guests, and the accounts that guests have.

use std::time::Duration;

use ruma::{owned_room_id, room_id, user_id};

use super::*;

const PIN: &str = "314159";

fn wish() -> NewMeeting {
    NewMeeting {
        room_id: owned_room_id!("!r:ex.org"),
        title: " Budget ".to_owned(),
        made_by: user_id!("@alice:ex.org").to_owned(),
        pin: None,
        lobby: true,
        guests_max: 2,
        lifetime_secs: 3_600,
    }
}

async fn make(house: &House, change: impl FnOnce(&mut NewMeeting)) -> (Meeting, String) {
    let mut new = wish();
    change(&mut new);
    let (meeting, token) = house.directory.make_meeting(new).await.unwrap();
    (meeting, token.into_exposed())
}

async fn guest(house: &House, meeting: &Meeting) -> Result<SignedIn, MeetError> {
    house.directory.make_guest(meeting.meeting_id, "Petr (guest)", user_id!("@alice:ex.org"), &away()).await
}

fn reason(error: MeetError) -> &'static str {
    match error {
        MeetError::Unknown => "unknown",
        MeetError::Expired => "expired",
        MeetError::Ended => "ended",
        MeetError::Full => "full",
        MeetError::WrongPin => "wrong_pin",
        MeetError::TooFast { .. } => "too_fast",
        MeetError::Internal(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn what_cannot_be_a_meeting_is_refused() {
    let house = House::with_people().await;
    async fn refused(house: &House, change: impl FnOnce(&mut NewMeeting)) -> NewMeetingError {
        let mut new = wish();
        change(&mut new);
        house.directory.make_meeting(new).await.unwrap_err()
    }
    assert!(matches!(refused(&house, |it| it.title = "  ".to_owned()).await, NewMeetingError::Title));
    assert!(matches!(refused(&house, |it| it.title = "a\nb".to_owned()).await, NewMeetingError::Title));
    for pin in ["", "12345", "12345a", "1234567890123"] {
        assert!(matches!(refused(&house, |it| it.pin = Some(secret(pin))).await, NewMeetingError::Pin), "{pin:?}");
    }
    for secs in [0, 299, 30 * 86_400 + 1] {
        assert!(matches!(refused(&house, |it| it.lifetime_secs = secs).await, NewMeetingError::Lifetime));
    }
    for guests in [0, 101] {
        assert!(matches!(refused(&house, |it| it.guests_max = guests).await, NewMeetingError::Guests));
    }
    for _ in 0..20 {
        make(&house, |_| ()).await;
    }
    assert!(matches!(refused(&house, |_| ()).await, NewMeetingError::TooMany));
}

#[tokio::test]
async fn a_link_is_good_until_it_is_over_and_then_says_why_it_is_not() {
    let house = House::with_people().await;
    let directory = &house.directory;
    let (meeting, token) = make(&house, |_| ()).await;
    assert_eq!((meeting.title.as_str(), meeting.has_pin, meeting.guests), ("Budget", false, 0));
    assert_eq!(directory.meeting(&token, &away()).await.unwrap(), meeting);
    for forged in ["", "vmt_", "vmt_forged", &token[..token.len() - 1], &"x".repeat(1_000)] {
        assert_eq!(reason(directory.meeting(forged, &away()).await.unwrap_err()), "unknown", "{forged:?}");
    }
    let (ended, ended_token) = make(&house, |_| ()).await;
    let (alice, room) = (user_id!("@alice:ex.org"), room_id!("!r:ex.org"));
    assert!(!directory.end_meeting(alice, room_id!("!other:ex.org"), ended.meeting_id).await.unwrap());
    assert!(directory.end_meeting(alice, room, ended.meeting_id).await.unwrap());
    assert!(!directory.end_meeting(alice, room, ended.meeting_id).await.unwrap(), "it is over once");
    assert_eq!(reason(directory.meeting(&ended_token, &away()).await.unwrap_err()), "ended");
    assert_eq!(reason(guest(&house, &ended).await.unwrap_err()), "ended");
    assert_eq!(directory.meetings(room).await.unwrap(), std::slice::from_ref(&meeting));
    house.clock.advance(Duration::from_secs(3_600));
    assert_eq!(reason(directory.meeting(&token, &away()).await.unwrap_err()), "expired");
    assert_eq!(reason(guest(&house, &meeting).await.unwrap_err()), "expired");
    assert_eq!(directory.meetings(room).await.unwrap(), []);
}

#[tokio::test]
async fn only_who_knows_the_pin_comes_in_and_guesses_are_slowed_down() {
    let house = House::new(|settings| settings.rates = true);
    house.make("alice").await;
    let (_, token) = make(&house, |it| it.pin = Some(secret(PIN))).await;
    let try_pin =
        async |pin: Option<&str>, from: &Caller| house.directory.check_pin(&token, pin.map(secret), from).await;
    assert!(try_pin(Some(PIN), &away()).await.is_ok());
    assert_eq!(reason(try_pin(None, &away()).await.unwrap_err()), "wrong_pin");
    for guess in ["000000", "000001", "", "31415", "1234567890123456"] {
        assert_eq!(reason(try_pin(Some(guess), &away()).await.unwrap_err()), "wrong_pin", "{guess:?}");
    }
    assert_eq!(reason(try_pin(Some("000004"), &away()).await.unwrap_err()), "wrong_pin");
    assert_eq!(reason(try_pin(Some(PIN), &away()).await.unwrap_err()), "too_fast", "not even the right one");
    assert!(try_pin(Some(PIN), &home()).await.is_ok(), "others are not kept out");
    house.clock.advance(Duration::from_secs(60));
    assert!(try_pin(Some(PIN), &away()).await.is_ok());
}

#[tokio::test]
async fn a_guest_is_signed_in_for_his_room_and_no_more_of_them_than_may_be() {
    let house = House::with_people().await;
    let (meeting, _) = make(&house, |_| ()).await;
    let first = guest(&house, &meeting).await.unwrap();
    let second = guest(&house, &meeting).await.unwrap();
    assert_ne!(first.user_id, second.user_id);
    assert!(first.user_id.as_str().starts_with("@guest-"));
    assert_eq!(reason(guest(&house, &meeting).await.unwrap_err()), "full");
    let who = house.who(&first).await.unwrap();
    assert_eq!(who.guest.as_deref(), Some(room_id!("!r:ex.org")));
    assert!(house.directory.is_guest(&first.user_id) && !house.directory.is_guest(user_id!("@alice:ex.org")));
    assert_eq!(house.requester("alice", "HOME").await.guest, None);
    house.directory.dismiss_guest(&first.user_id, Gone::Left).await.unwrap();
    house.directory.dismiss_guest(&first.user_id, Gone::Left).await.unwrap();
    assert!(matches!(house.who(&first).await, Err(AuthenticateError::Unknown)));
    assert!(who.is_revoked());
    assert!(house.directory.is_deactivated(&first.user_id));
    guest(&house, &meeting).await.unwrap();
    let actions = house.actions().await;
    let of = |name: &str| actions.iter().filter(|action| *action == name).count();
    assert_eq!((of("meeting.create"), of("guest.admit"), of("guest.leave")), (1, 3, 1));
}

#[tokio::test]
async fn nobody_else_gets_a_name_like_a_guests() {
    let house = House::with_people().await;
    let new = NewUser { username: "guest-0123456789abcdef".to_owned(), password: secret(PASSWORD), admin: false };
    let refused = house.directory.create_user(&Authority::console(), new).await;
    assert!(matches!(refused, Err(RegisterError::InvalidUsername)));
}

#[tokio::test]
async fn the_end_of_a_meeting_is_the_end_of_its_guests_also_after_a_crash() {
    let house = House::with_people().await;
    let (meeting, _) = make(&house, |_| ()).await;
    let (other, _) = make(&house, |it| it.lifetime_secs = 7_200).await;
    let (guest_of_it, guest_of_other) = (guest(&house, &meeting).await.unwrap(), guest(&house, &other).await.unwrap());
    assert_eq!(house.directory.end_due_meetings().await.unwrap(), Some(Duration::from_secs(3_600)));
    house.clock.advance(Duration::from_secs(3_600));
    assert!(matches!(house.who(&guest_of_it).await, Err(AuthenticateError::Unknown)), "before anybody looks");
    let house = house.after_a_crash();
    assert_eq!(house.who(&guest_of_other).await.unwrap().guest.as_deref(), Some(room_id!("!r:ex.org")));
    assert_eq!(house.directory.guests().await.unwrap().len(), 2);
    assert_eq!(house.directory.end_due_meetings().await.unwrap(), Some(Duration::from_secs(3_600)));
    assert!(house.directory.is_deactivated(&guest_of_it.user_id));
    assert!(house.directory.is_active(&guest_of_other.user_id));
    let work = house.directory.pending_work(10).await.unwrap();
    let left =
        |work: &Work| matches!(work, Work::AccountDeactivated { user_id, .. } if *user_id == guest_of_it.user_id);
    assert!(work.iter().any(|(_, work)| left(work)), "his rooms hear of it");
    house.directory.end_meeting(user_id!("@alice:ex.org"), room_id!("!r:ex.org"), other.meeting_id).await.unwrap();
    assert!(matches!(house.who(&guest_of_other).await, Err(AuthenticateError::Unknown)));
    assert_eq!(house.directory.guests().await.unwrap(), []);
}
