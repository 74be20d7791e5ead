use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use futures_util::future::BoxFuture;
use serde_json::json;
use veche_base::Secret;
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_directory::{Authority, Credentials, Directory, LoginRequest, NewUser, PasswordCost};
use veche_runtime::tasks::Supervisor;
use veche_store::sql::{Options, Sql};

use crate::access::{Authenticator, Caller, Locked, Requester};
use crate::app::{ApiSettings, Gate, Plugs};
use crate::error::ApiError;
use crate::relay::{Relay, RelayCredentials};
use crate::routes::Routes;
use crate::testing::{Ask, Bare};

/// Names the device in the user name, so that a test sees whose credentials it got.
struct Fake;

impl Relay for Fake {
    fn credentials(&self, requester: &Requester) -> RelayCredentials {
        RelayCredentials {
            username: format!("60:{}|{}", requester.user_id, requester.device_id),
            password: Secret::new("secret".to_owned()),
            uris: vec!["turn:x.example:3478?transport=udp".to_owned()],
            ttl: Duration::from_secs(60),
        }
    }
}

fn router(relay: Option<Arc<dyn Relay>>) -> Router {
    let plugs = Plugs { relay, ..Plugs::default() };
    super::routes(Routes::new()).into_router(Bare { plugs, ..Bare::new() })
}

#[tokio::test]
async fn a_user_is_told_where_the_relay_is() {
    let router = router(Some(Arc::new(Fake)));
    for path in ["/_matrix/client/v3/voip/turnServer", "/_matrix/client/r0/voip/turnServer"] {
        let answer = Ask::new(&format!("GET {path}")).token("alice").of(&router).await;
        let expected = json!({
            "username": "60:@alice:x.example|DEVICE",
            "password": "secret",
            "uris": ["turn:x.example:3478?transport=udp"],
            "ttl": 60,
        });
        assert_eq!((answer.status, answer.json()), (200, expected), "{path}");
    }
}

#[tokio::test]
async fn strangers_are_told_nothing() {
    let router = router(Some(Arc::new(Fake)));
    let ask = || Ask::new("GET /_matrix/client/v3/voip/turnServer");
    assert_eq!(ask().of(&router).await.refusal(), (401, "M_MISSING_TOKEN".to_owned()));
    assert_eq!(ask().token("nobody").of(&router).await.refusal(), (401, "M_UNKNOWN_TOKEN".to_owned()));
    assert_eq!(ask().token("locked").of(&router).await.refusal(), (401, "M_USER_LOCKED".to_owned()));
}

#[tokio::test]
async fn without_a_relay_the_answer_is_an_empty_object() {
    let answer = Ask::new("GET /_matrix/client/v3/voip/turnServer").token("alice").of(&router(None)).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"{}"[..]));
    assert_eq!(answer.headers["content-type"], "application/json");
}

/// Lets in, and ends the session of who was let in before he is served.
struct Late(Arc<Directory>);

impl Authenticator for Late {
    fn authenticate<'a>(
        &'a self,
        token: &'a str,
        caller: &'a Caller,
        locked: Locked,
    ) -> BoxFuture<'a, Result<Requester, ApiError>> {
        Box::pin(async move {
            let who = Authenticator::authenticate(&*self.0, token, caller, locked).await?;
            self.0.logout(&who).await.unwrap();
            Ok(who)
        })
    }
}

#[tokio::test]
async fn a_session_that_has_ended_meanwhile_takes_nothing_with_it() {
    let (dir, registry, clock) = (tempfile::TempDir::new().unwrap(), Registry::new(), Arc::new(ManualClock::new()));
    let entropy = Arc::new(SeededEntropy::new(1));
    let mut settings = veche_directory::Settings::new(ruma::owned_server_name!("x.example"));
    settings.password_cost = PasswordCost::LOWEST;
    let sql = Sql::open(dir.path(), Options::default()).unwrap();
    let directory = Directory::open(sql, clock.clone(), entropy.clone(), settings, &registry).unwrap();
    let password = || Secret::new("correct horse".to_owned());
    let new = NewUser { username: "alice".to_owned(), password: password(), admin: false };
    directory.create_user(&Authority::console(), new).await.unwrap();
    let request = LoginRequest {
        credentials: Credentials::Password { user: "alice".to_owned(), password: password() },
        device_id: None,
        display_name: None,
        refresh_token: false,
        caller: Caller::new([192, 0, 2, 1].into()),
    };
    let token = directory.login(request).await.unwrap().access_token.into_exposed();

    let edge = ApiSettings::new(ruma::owned_server_name!("x.example"), "https://x.example".to_owned());
    let supervisor = Supervisor::new(&registry);
    let gate = Arc::new(Gate::new(edge, &registry, clock, entropy, Arc::new(Late(directory)), supervisor));
    let plugs = Plugs { relay: Some(Arc::new(Fake)), ..Plugs::default() };
    let router = super::routes(Routes::new()).into_router(Bare { gate, plugs, ..Bare::new() });
    let ask = || Ask::new("GET /_matrix/client/v3/voip/turnServer").token(&token);
    let answer = ask().of(&router).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"{}"[..]));
    assert_eq!(ask().of(&router).await.refusal(), (401, "M_UNKNOWN_TOKEN".to_owned()));
}

#[tokio::test]
async fn asking_is_limited_like_everything_else() {
    let router = router(Some(Arc::new(Fake)));
    let ask = || Ask::new("GET /_matrix/client/v3/voip/turnServer").token("alice");
    for _ in 0..300 {
        assert_eq!(ask().of(&router).await.status, 200);
    }
    assert_eq!(ask().of(&router).await.refusal(), (429, "M_LIMIT_EXCEEDED".to_owned()));
}
