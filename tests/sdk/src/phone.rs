//! One device of a person.

use std::path::Path;

use matrix_sdk::authentication::matrix::MatrixSession;
use matrix_sdk::config::RequestConfig;
use matrix_sdk::encryption::{BackupDownloadStrategy, EncryptionSettings};
use matrix_sdk::ruma::api::client::room::create_room::v3 as create_room;
use matrix_sdk::ruma::events::room::encryption::RoomEncryptionEventContent;
use matrix_sdk::ruma::events::{EmptyStateKey, InitialStateEvent};
use matrix_sdk::ruma::{OwnedRoomId, OwnedUserId, RoomId, assign};
use matrix_sdk::sliding_sync::VersionBuilder;
use matrix_sdk::{Client, ClientBuilder, Room, RoomState, ThreadingSupport};
use matrix_sdk_ui::sync_service::{State, SyncService};
use tempfile::TempDir;
use tokio::sync::broadcast::error::RecvError;

use crate::{PASSWORD, RoomList, Screen, Server, soon, until};

/// A client whose stores are in a folder of its own, with its syncs running.
pub struct Phone {
    /// The SDK.
    pub client: Client,
    /// Both syncs of Element X: the room list and the one for keys.
    pub sync: SyncService,
    folder: TempDir,
}

/// A client as Element X builds it: stores on disk, sliding sync found through `/versions`, cross-signing and backup of
/// their own accord, tokens renewed when they expire.
pub fn builder(base_url: &str, folder: &Path) -> ClientBuilder {
    Client::builder()
        .homeserver_url(base_url)
        .sqlite_store(folder, None)
        .sliding_sync_version_builder(VersionBuilder::DiscoverNative)
        .handle_refresh_tokens()
        .with_encryption_settings(EncryptionSettings {
            auto_enable_cross_signing: true,
            backup_download_strategy: BackupDownloadStrategy::AfterDecryptionFailure,
            auto_enable_backups: true,
        })
        .with_threading_support(ThreadingSupport::Enabled { with_subscriptions: false })
        // An answer of 5xx is a finding here, and not something to try again until it passes.
        .request_config(RequestConfig::new().disable_retry())
}

impl Phone {
    /// A new account with its first device.
    pub async fn of_new_user(server: &Server, name: &str) -> Self {
        server.user(name).await;
        Self::sign_in(server, name).await
    }

    /// A new device of an account that is there.
    pub async fn sign_in(server: &Server, name: &str) -> Self {
        let folder = TempDir::with_prefix("veche-sdk-").expect("a temporary folder can be made");
        let client = builder(&server.base_url(), folder.path()).build().await.expect("the server is found");
        let login = client.matrix_auth().login_username(name, PASSWORD).initial_device_display_name("phone");
        login.request_refresh_token().send().await.expect("the password is right");
        Self::start(client, folder).await
    }

    /// The session as the app keeps it.
    pub fn session(&self) -> MatrixSession {
        self.client.matrix_auth().session().expect("the phone is signed in")
    }

    /// The app is ended and opened again on the same phone: session and stores are those on disk.
    pub async fn restart(self, server: &Server) -> Self {
        let session = self.session();
        self.sync.stop().await;
        let Self { client, sync, folder } = self;
        drop((client, sync));
        let client = builder(&server.base_url(), folder.path()).build().await.expect("the server is found");
        client.restore_session(session).await.expect("the session is still good");
        Self::start(client, folder).await
    }

    async fn start(client: Client, folder: TempDir) -> Self {
        client.event_cache().subscribe().expect("the cache of events can run");
        soon("keys are uploaded", client.encryption().wait_for_e2ee_initialization_tasks()).await;
        let sync = SyncService::builder(client.clone()).with_offline_mode().build().await.expect("sync can be set up");
        let phone = Self { client, sync, folder };
        phone.sync.start().await;
        phone.runs().await;
        phone
    }

    /// Waits until the syncs run.
    pub async fn runs(&self) {
        let (now, later) = (self.sync.state(), self.sync.state());
        until("sync runs", later, || matches!(now.get(), State::Running).then_some(())).await;
    }

    /// Waits until the syncs have noticed that the server is away.
    pub async fn is_offline(&self) {
        let (now, later) = (self.sync.state(), self.sync.state());
        until("sync is offline", later, || matches!(now.get(), State::Offline).then_some(())).await;
    }

    /// `@name:server`
    pub fn user_id(&self) -> OwnedUserId {
        self.client.user_id().expect("the phone is signed in").to_owned()
    }

    /// Makes an encrypted room of these people and waits until sync has told it.
    pub async fn create_encrypted_room(&self, name: &str, invited: &[&Self]) -> Room {
        let encryption = RoomEncryptionEventContent::with_recommended_defaults();
        let encryption = InitialStateEvent::new(EmptyStateKey, encryption).to_raw_any();
        self.create_room(assign!(create_room::Request::new(), {
            name: Some(name.to_owned()),
            preset: Some(create_room::RoomPreset::PrivateChat),
            invite: invited.iter().map(|phone| phone.user_id()).collect(),
            initial_state: vec![encryption],
        }))
        .await
    }

    /// Makes a room and waits until sync has told it.
    pub async fn create_room(&self, request: create_room::Request) -> Room {
        let room = self.client.create_room(request).await.expect("a room can be made");
        soon("one's own room is told", self.client.await_room_remote_echo(room.room_id())).await
    }

    /// The room, once sync has told it with this membership.
    pub async fn room(&self, id: &RoomId, state: RoomState) -> Room {
        let changes = self.client.subscribe_to_all_room_updates();
        let changes = futures_util::stream::unfold(changes, async |mut changes| {
            match changes.recv().await {
                // Having missed some says as well that something has changed.
                Ok(_) | Err(RecvError::Lagged(_)) => Some(((), changes)),
                Err(RecvError::Closed) => None,
            }
        });
        until("the room is told", changes, || self.client.get_room(id).filter(|room| room.state() == state)).await
    }

    /// Accepts an invitation as soon as it is there.
    pub async fn accept(&self, id: &RoomId) -> Room {
        let room = self.room(id, RoomState::Invited).await;
        room.join().await.expect("one who is invited may join");
        self.room(id, RoomState::Joined).await
    }

    /// Opens rooms, as tapping on them does: sync tells them fully from now on.
    pub async fn watch(&self, rooms: &[&Room]) {
        let ids: Vec<&RoomId> = rooms.iter().map(|room| room.room_id()).collect();
        self.sync.room_list_service().subscribe_to_rooms(&ids).await;
    }

    /// Opens one room with its timeline.
    pub async fn open(&self, room: &Room) -> Screen {
        self.watch(&[room]).await;
        Screen::live(room).await
    }

    /// The list of rooms, this many on a page.
    pub fn room_list(&self, page_size: usize) -> RoomList {
        RoomList::of(&self.sync, page_size)
    }

    /// Two people in an encrypted room, each with a phone; the first made it.
    pub async fn pair(server: &Server) -> (Self, Self, OwnedRoomId) {
        let alice = Self::of_new_user(server, "alice").await;
        let bob = Self::of_new_user(server, "bob").await;
        let room = alice.create_encrypted_room("Assembly", &[&bob]).await;
        bob.accept(room.room_id()).await;
        (alice, bob, room.room_id().to_owned())
    }
}
