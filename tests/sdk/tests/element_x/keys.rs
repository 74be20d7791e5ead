//! Identities, recovery, verification, and notifications that must be decrypted.

use std::pin::pin;

use futures_util::StreamExt;
use matrix_sdk::RoomState;
use matrix_sdk::encryption::VerificationState;
use matrix_sdk::encryption::recovery::RecoveryState;
use matrix_sdk::encryption::verification::{
    SasVerification, Verification, VerificationRequest, VerificationRequestState,
};
use matrix_sdk::ruma::events::AnySyncTimelineEvent;
use matrix_sdk::ruma::events::key::verification::request::ToDeviceKeyVerificationRequestEvent;
use matrix_sdk_ui::notification_client::{
    NotificationClient, NotificationEvent, NotificationProcessSetup, NotificationStatus,
};
use veche_test_sdk::{Phone, Server, first, soon, until};

async fn is_verified(phone: &Phone) {
    let states = phone.client.encryption().verification_state();
    let now = states.clone();
    until("the device is verified", states, || (now.get() == VerificationState::Verified).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_device_makes_an_identity_that_others_see() {
    let server = Server::start().await;
    let (alice, bob, _) = Phone::pair(&server).await;
    for phone in [&alice, &bob] {
        is_verified(phone).await;
        let status = phone.client.encryption().cross_signing_status().await.unwrap();
        assert!(status.is_complete());
    }
    let seen = bob.client.encryption().request_user_identity(&alice.user_id()).await.unwrap().unwrap();
    let own = alice.client.encryption().get_user_identity(&alice.user_id()).await.unwrap().unwrap();
    assert_eq!(seen.master_key().get_first_key(), own.master_key().get_first_key());
    let devices = bob.client.encryption().get_user_devices(&alice.user_id()).await.unwrap();
    let device = devices.get(alice.client.device_id().unwrap()).unwrap();
    assert!(device.is_cross_signed_by_owner());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_device_reads_the_past_with_the_recovery_key() {
    let server = Server::start().await;
    let (alice, bob, id) = Phone::pair(&server).await;
    let recovery_key = alice.client.encryption().recovery().enable().await.unwrap();
    let mut hers = alice.open(&alice.room(&id, RoomState::Joined).await).await;
    let mut his = bob.open(&bob.room(&id, RoomState::Joined).await).await;
    hers.send("from her").await;
    his.message("from her").await;
    his.send("from him").await;
    hers.message("from him").await;
    soon("the backup", alice.client.encryption().backups().wait_for_steady_state().into_future()).await.unwrap();

    let tablet = Phone::sign_in(&server, "alice").await;
    let room = tablet.room(&id, RoomState::Joined).await;
    let mut screen = tablet.open(&room).await;
    screen.reads(&["(not decrypted)"; 2]).await;
    let recovery = tablet.client.encryption().recovery();
    assert!(recovery.recover("EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d").await.is_err());
    recovery.recover(&recovery_key).await.unwrap();
    is_verified(&tablet).await;
    screen.reads(&["from her", "from him"]).await;
    let states = recovery.state_stream();
    until("recovered", states, || (recovery.state() == RecoveryState::Enabled).then_some(())).await;
}

/// The other side's half of a verification, up to the pictures.
async fn pictures(sas: &SasVerification) -> [&'static str; 7] {
    let emojis = until("pictures", sas.changes(), || sas.emoji()).await;
    emojis.map(|emoji| emoji.symbol)
}

async fn sas_of(request: &VerificationRequest) -> SasVerification {
    let mut changes = pin!(request.changes());
    // It may have begun before anybody looked, and that is no change any more.
    let mut state = request.state();
    let found = soon("a comparison", async {
        loop {
            match state {
                VerificationRequestState::Transitioned { verification: Verification::SasV1(sas) } => return sas,
                VerificationRequestState::Cancelled(info) => panic!("cancelled: {}", info.reason()),
                _ => state = changes.next().await.expect("it goes on"),
            }
        }
    });
    found.await
}

/// Waits until a phone has the keys of another device of its owner.
async fn knows(phone: &Phone, other: &Phone) {
    let encryption = phone.client.encryption();
    let mut updates = pin!(encryption.devices_stream().await.unwrap());
    let (user, device) = (other.user_id(), other.client.device_id().unwrap());
    while encryption.get_device(&user, device).await.unwrap().is_none() {
        soon("the keys of the other device", updates.next()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_device_is_verified_by_comparing_pictures() {
    let server = Server::start().await;
    let phone = Phone::of_new_user(&server, "alice").await;
    is_verified(&phone).await;
    let requests = phone.client.observe_events::<ToDeviceKeyVerificationRequestEvent, ()>();
    let tablet = Phone::sign_in(&server, "alice").await;
    // The SDK drops a request of a device whose keys it does not have yet. A person takes longer than fetching them.
    knows(&phone, &tablet).await;

    let identity = tablet.client.encryption().request_user_identity(&tablet.user_id()).await.unwrap().unwrap();
    let asked = identity.request_verification().await.unwrap();
    let mut requests = pin!(requests.subscribe());
    let (event, ()) = soon("the request", requests.next()).await.unwrap();
    let flow = event.content.transaction_id;
    let request = phone.client.encryption().get_verification_request(&phone.user_id(), flow.as_str()).await.unwrap();
    request.accept().await.unwrap();
    if !asked.is_ready() {
        first("accepted", asked.changes(), |state| matches!(state, VerificationRequestState::Ready { .. })).await;
    }
    let on_tablet = asked.start_sas().await.unwrap().unwrap();
    let on_phone = sas_of(&request).await;
    on_phone.accept().await.unwrap();
    let (left, right) = tokio::join!(pictures(&on_tablet), pictures(&on_phone));
    assert_eq!(left, right);
    on_tablet.confirm().await.unwrap();
    on_phone.confirm().await.unwrap();
    is_verified(&tablet).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_is_fetched_and_decrypted() {
    let server = Server::start().await;
    let (alice, bob, id) = Phone::pair(&server).await;
    let mut his = bob.open(&bob.room(&id, RoomState::Joined).await).await;
    alice.room(&id, RoomState::Joined).await;
    // The app sleeps; a push wakes it with the ids alone.
    alice.sync.stop().await;
    let event_id = his.send("wake up").await;
    let setup = NotificationProcessSetup::MultipleProcesses;
    let client = NotificationClient::new(alice.client.clone(), setup).await.unwrap();
    let found = soon("the notification", client.get_notification(&id, &event_id)).await.unwrap();
    let NotificationStatus::Event(item) = found else { panic!("nothing to show: {found:?}") };
    assert_eq!(item.room_computed_display_name, "Assembly");
    let NotificationEvent::Timeline(event) = item.event else { panic!("not a message") };
    let AnySyncTimelineEvent::MessageLike(event) = *event else { panic!("not a message") };
    assert_eq!(event.sender(), bob.user_id());
    let shown = format!("{:?}", event.original_content());
    assert!(shown.contains("wake up"), "{shown}");
}
