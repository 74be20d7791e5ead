//! The list of rooms: its order, its counts, invitations, knocks, and many rooms.

use std::pin::pin;

use futures_util::StreamExt;
use matrix_sdk::RoomState;
use matrix_sdk::ruma::api::client::room::create_room::v3 as create_room;
use matrix_sdk::ruma::events::room::join_rules::RoomJoinRulesEventContent;
use matrix_sdk::ruma::events::room::message::RoomMessageEventContent;
use matrix_sdk::ruma::events::{EmptyStateKey, InitialStateEvent, Mentions};
use matrix_sdk::ruma::room::JoinRule;
use matrix_sdk::ruma::{OwnedRoomId, assign};
use matrix_sdk_ui::room_list_service::RoomListLoadingState;
use serde_json::json;
use veche_test_sdk::{Phone, Server, first, soon, until};

#[tokio::test(flavor = "multi_thread")]
async fn the_room_with_the_newest_message_comes_first() {
    let server = Server::start().await;
    let alice = Phone::of_new_user(&server, "alice").await;
    let bob = Phone::of_new_user(&server, "bob").await;
    let mut rooms = Vec::new();
    for name in ["Kitchen", "Workshop", "Library"] {
        let room = alice.create_encrypted_room(name, &[&bob]).await;
        rooms.push(bob.accept(room.room_id()).await);
    }
    let mut list = alice.room_list(20);
    list.shows("three rooms", |rooms| (rooms.len() == 3).then_some(())).await;
    for (index, order) in [
        (0, ["Kitchen", "Library", "Workshop"]),
        (1, ["Workshop", "Kitchen", "Library"]),
        (0, ["Kitchen", "Workshop", "Library"]),
    ] {
        let mut screen = bob.open(&rooms[index]).await;
        screen.send("news").await;
        list.begins_with(&order[..1]).await;
        if index != 0 || order[1] == "Workshop" {
            list.begins_with(&order).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unread_messages_and_mentions_are_counted_until_they_are_read() {
    let server = Server::start().await;
    let (alice, bob, id) = Phone::pair(&server).await;
    let room = alice.room(&id, RoomState::Joined).await;
    let mut his = bob.open(&bob.room(&id, RoomState::Joined).await).await;
    his.send("one").await;
    his.send("two").await;
    let counts = || (room.num_unread_messages(), room.num_unread_mentions());
    until("two unread", room.subscribe_info(), || (counts() == (2, 0)).then_some(())).await;
    let mention =
        RoomMessageEventContent::text_plain("Alice, look").add_mentions(Mentions::with_user_ids([alice.user_id()]));
    his.timeline.send(mention.into()).await.unwrap();
    until("three unread, one of them a mention", room.subscribe_info(), || (counts() == (3, 1)).then_some(())).await;

    let mut hers = alice.open(&room).await;
    let last = hers.message("Alice, look").await.event_id().unwrap().to_owned();
    let kind = matrix_sdk::ruma::api::client::receipt::create_receipt::v3::ReceiptType::Read;
    assert!(hers.timeline.send_single_receipt(kind, last).await.unwrap());
    until("all read", room.subscribe_info(), || (counts() == (0, 0)).then_some(())).await;
    // The same on the person's other device, which saw neither.
    let tablet = Phone::sign_in(&server, "alice").await;
    let room = tablet.room(&id, RoomState::Joined).await;
    let counts = || room.unread_notification_counts();
    until("all read", room.subscribe_info(), || {
        (counts().notification_count == 0 && counts().highlight_count == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_are_shown_accepted_and_declined() {
    let server = Server::start().await;
    let alice = Phone::of_new_user(&server, "alice").await;
    let bob = Phone::of_new_user(&server, "bob").await;
    let mut list = bob.room_list(20);
    let wanted = alice.create_encrypted_room("Council", &[&bob]).await;
    let unwanted = alice.create_encrypted_room("Lottery", &[&bob]).await;
    list.shows("two invitations", |rooms| {
        (rooms.len() == 2 && rooms.iter().all(|room| room.state() == RoomState::Invited)).then_some(())
    })
    .await;
    let invited = bob.room(wanted.room_id(), RoomState::Invited).await;
    let details = invited.invite_details().await.unwrap();
    assert_eq!(details.inviter.unwrap().user_id(), alice.user_id());
    assert!(invited.encryption_state().is_encrypted(), "one knows before joining");

    bob.room(unwanted.room_id(), RoomState::Invited).await.leave().await.unwrap();
    bob.accept(wanted.room_id()).await;
    list.shows("the accepted room alone", |rooms| {
        let ids: Vec<OwnedRoomId> = rooms.iter().map(|room| room.room_id().to_owned()).collect();
        (ids == [wanted.room_id().to_owned()] && rooms[0].state() == RoomState::Joined).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_knock_is_heard_and_answered() {
    let server = Server::start().await;
    let alice = Phone::of_new_user(&server, "alice").await;
    let bob = Phone::of_new_user(&server, "bob").await;
    let rule = RoomJoinRulesEventContent::new(JoinRule::Knock);
    let room = alice
        .create_room(assign!(create_room::Request::new(), {
            name: Some("Guild".to_owned()),
            initial_state: vec![InitialStateEvent::new(EmptyStateKey, rule).to_raw_any()],
        }))
        .await;
    alice.watch(&[&room]).await;
    let (requests, task) = room.subscribe_to_knock_requests().await.unwrap();

    let reason = Some("I make barrels".to_owned());
    bob.client.knock(room.room_id().to_owned().into(), reason.clone(), vec![]).await.unwrap();
    bob.room(room.room_id(), RoomState::Knocked).await;
    let mut requests = pin!(requests);
    let heard = soon("the knock", async {
        loop {
            if let Some(request) = requests.next().await.unwrap().into_iter().next() {
                return request;
            }
        }
    })
    .await;
    assert_eq!((heard.member_info.user_id.clone(), &heard.member_info.reason), (bob.user_id(), &reason));
    heard.accept().await.unwrap();
    bob.accept(room.room_id()).await;
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_rooms_come_in_a_growing_window() {
    let server = Server::start().await;
    let account = server.user("alice").await;
    for i in 0..50 {
        let body = json!({ "name": format!("Room {i:02}"), "preset": "private_chat" });
        account.post("/_matrix/client/v3/createRoom", &body).await.ok();
    }
    let alice = Phone::sign_in(&server, "alice").await;
    let service = alice.sync.room_list_service();
    let rooms = service.all_rooms().await.unwrap();
    let loading = rooms.loading_state();
    first("all fifty are announced", loading, |state| {
        matches!(state, RoomListLoadingState::Loaded { maximum_number_of_rooms: Some(50) })
    })
    .await;
    let mut list = alice.room_list(20);
    list.shows("the first page", |rooms| (rooms.len() == 20).then_some(())).await;
    list.next_page();
    list.shows("the second page", |rooms| (rooms.len() == 40).then_some(())).await;
    list.next_page();
    let order: Vec<String> = (0..50).rev().map(|i| format!("Room {i:02}")).collect();
    let order: Vec<&str> = order.iter().map(String::as_str).collect();
    list.shows("all", |rooms| (rooms.len() == 50).then_some(())).await;
    list.begins_with(&order).await;
}
