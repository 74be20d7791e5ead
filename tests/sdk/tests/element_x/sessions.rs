//! Signing in, coming back, and tokens that end.

use futures_util::stream;
use matrix_sdk::ruma::api::FeatureFlag;
use matrix_sdk::{RoomState, SessionChange};
use veche_test_sdk::{PASSWORD, Phone, Server, builder, first, soon};

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_found_to_be_one_for_element_x() {
    let server = Server::start().await;
    let folder = tempfile::TempDir::new().unwrap();
    let client = builder(&server.base_url(), folder.path()).build().await.unwrap();
    assert!(client.unstable_features().await.unwrap().contains(&FeatureFlag::Msc4186));
    let wrong = client.matrix_auth().login_username("nobody", PASSWORD).send().await.unwrap_err();
    let code = wrong.as_client_api_error().unwrap();
    assert_eq!(code.status_code, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_restored_with_its_rooms_and_goes_on() {
    let server = Server::start().await;
    let (alice, bob, id) = Phone::pair(&server).await;
    let mut screen = alice.open(&alice.room(&id, RoomState::Joined).await).await;
    screen.send("before").await;
    drop(screen);
    let device = alice.session().meta.device_id;

    let alice = alice.restart(&server).await;
    assert_eq!(alice.session().meta.device_id, device);
    assert_eq!(alice.client.whoami().await.unwrap().device_id, Some(device));
    // The room was on the phone's disk already; what is new comes by sync.
    let room = alice.client.get_room(&id).unwrap();
    let mut screen = alice.open(&room).await;
    let mut other = bob.open(&bob.room(&id, RoomState::Joined).await).await;
    other.message("before").await;
    other.send("after").await;
    screen.message("after").await;
    screen.reads(&["before", "after"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_renewed_while_sync_runs() {
    let server = Server::start().await;
    let (alice, bob, id) = Phone::pair(&server).await;
    let changes = stream::unfold(alice.client.subscribe_to_session_changes(), async |mut changes| {
        changes.recv().await.ok().map(|change| (change, changes))
    });
    let before = alice.session().tokens;
    assert!(before.refresh_token.is_some(), "a refresh token was asked for");

    alice.client.refresh_access_token().await.unwrap();
    first("new tokens", changes, |change| matches!(change, SessionChange::TokensRefreshed)).await;
    let after = alice.session().tokens;
    assert_ne!(before.access_token, after.access_token);

    // The sync goes on with the new token, and the old one is worth nothing any more.
    let mut screen = alice.open(&alice.room(&id, RoomState::Joined).await).await;
    let mut other = bob.open(&bob.room(&id, RoomState::Joined).await).await;
    other.send("after the renewal").await;
    screen.message("after the renewal").await;
    soon("an answer", alice.client.whoami()).await.unwrap();
}
