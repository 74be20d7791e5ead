//! A directory on a temporary folder, with a clock that tests move.

mod administering;
mod delegating;
mod leaving;
mod meetings;
mod passkeys;
mod proving;
mod registering;
mod second_factor;
mod signing_in;
mod tokens;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use ruma::api::client::uiaa::AuthData;
use ruma::{OwnedUserId, UserId, owned_server_name};
use serde_json::{Value, json};
use tempfile::TempDir;
use veche_base::Secret;
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_store::sql::{Options, Sql};

use crate::*;

const PASSWORD: &str = "correct horse";

struct House {
    dir: TempDir,
    clock: Arc<ManualClock>,
    directory: Arc<Directory>,
    settings: Settings,
}

impl House {
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(owned_server_name!("ex.org"));
        settings.password_cost = PasswordCost::LOWEST;
        settings.rates = false;
        change(&mut settings);
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::new());
        let directory = open(&dir, &clock, &settings, 1);
        Self { dir, clock, directory, settings }
    }

    /// With alice and bob, who have a device called HOME each, and an administrator, root.
    async fn with_people() -> Self {
        let house = Self::new(|_| ());
        for name in ["alice", "bob", "root"] {
            house.make(name).await;
        }
        house
    }

    async fn make(&self, name: &str) -> OwnedUserId {
        let new = NewUser { username: name.to_owned(), password: secret(PASSWORD), admin: name == "root" };
        self.directory.create_user(&Authority::console(), new).await.unwrap()
    }

    /// What is left when the process dies now: no flush, no close.
    fn after_a_crash(&self) -> Self {
        let dir = TempDir::new().unwrap();
        for name in ["admin.sqlite", "admin.sqlite-wal"] {
            std::fs::copy(self.dir.path().join(name), dir.path().join(name)).unwrap();
        }
        let directory = open(&dir, &self.clock, &self.settings, 2);
        Self { dir, clock: Arc::clone(&self.clock), directory, settings: self.settings.clone() }
    }

    async fn try_login(&self, user: &str, password: &str) -> Result<SignedIn, LoginError> {
        self.directory.login(login(user, password)).await
    }

    async fn login(&self, user: &str, device: &str) -> SignedIn {
        let mut request = login(user, PASSWORD);
        request.device_id = Some(device.into());
        self.directory.login(request).await.unwrap()
    }

    /// Signs in and gives who asks with the new token.
    async fn requester(&self, user: &str, device: &str) -> Requester {
        let signed_in = self.login(user, device).await;
        self.who(&signed_in).await.unwrap()
    }

    async fn who(&self, signed_in: &SignedIn) -> Result<Requester, AuthenticateError> {
        self.directory.authenticate(signed_in.access_token.expose()).await
    }

    async fn pass(&self, requester: &Requester) -> UiaPass {
        let auth = password_auth(&requester.user_id, PASSWORD, None);
        self.uia(requester, &auth).await.unwrap()
    }

    async fn uia(&self, requester: &Requester, auth: &AuthData) -> Result<UiaPass, UiaError> {
        self.directory
            .uia(UiaRequest {
                subject: UiaSubject::Requester(requester),
                method: "POST",
                path: "/_matrix/client/v3/account/deactivate",
                body: b"{}",
                auth: Some(auth),
                caller: &home(),
            })
            .await
    }

    async fn newcomer(&self, auth: Option<&AuthData>) -> Result<UiaPass, UiaError> {
        self.directory
            .uia(UiaRequest {
                subject: UiaSubject::Newcomer,
                method: "POST",
                path: "/_matrix/client/v3/register",
                body: b"{}",
                auth,
                caller: &home(),
            })
            .await
    }

    async fn root(&self) -> Authority {
        self.requester("root", "CONSOLE").await.authority().unwrap()
    }

    async fn actions(&self) -> Vec<String> {
        assert_eq!(self.directory.journal_break().await.unwrap(), None);
        let rows = self.directory.journal(&Authority::console(), 0, 1_000).await.unwrap();
        rows.into_iter().map(|row| row.act.action).collect()
    }
}

fn open(dir: &TempDir, clock: &Arc<ManualClock>, settings: &Settings, seed: u64) -> Arc<Directory> {
    let sql = Sql::open(dir.path(), Options::default()).unwrap();
    let entropy = Arc::new(SeededEntropy::new(seed));
    Directory::open(sql, Arc::clone(clock) as _, entropy, settings.clone(), &Registry::new()).unwrap()
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn home() -> Caller {
    Caller { ip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), agent: Some("tests/1".to_owned()) }
}

fn away() -> Caller {
    Caller::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)))
}

fn login(user: &str, password: &str) -> LoginRequest {
    LoginRequest {
        credentials: Credentials::Password { user: user.to_owned(), password: secret(password) },
        device_id: None,
        display_name: None,
        refresh_token: false,
        caller: home(),
    }
}

fn auth(value: Value) -> AuthData {
    serde_json::from_value(value).unwrap()
}

fn password_auth(user: &UserId, password: &str, session: Option<&str>) -> AuthData {
    let identifier = json!({ "type": "m.id.user", "user": user });
    auth(json!({ "type": "m.login.password", "identifier": identifier, "password": password, "session": session }))
}

fn challenge(result: Result<UiaPass, UiaError>) -> UiaChallenge {
    match result {
        Err(UiaError::Challenge(challenge)) => *challenge,
        other => panic!("expected a challenge, not {other:?}"),
    }
}

/// Whether the future is still waiting after the runtime had every chance to finish it.
async fn waits(future: impl Future<Output = ()>) -> bool {
    let mut future = std::pin::pin!(future);
    for _ in 0..10 {
        let ready = std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_ready()));
        if ready.await {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}
