use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use serde_json::json;
use veche_base::Secret;

use crate::access::Requester;
use crate::app::Plugs;
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

#[tokio::test]
async fn asking_is_limited_like_everything_else() {
    let router = router(Some(Arc::new(Fake)));
    let ask = || Ask::new("GET /_matrix/client/v3/voip/turnServer").token("alice");
    for _ in 0..300 {
        assert_eq!(ask().of(&router).await.status, 200);
    }
    assert_eq!(ask().of(&router).await.refusal(), (429, "M_LIMIT_EXCEEDED".to_owned()));
}
