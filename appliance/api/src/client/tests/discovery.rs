//! What the server says about itself is what it has.

use serde_json::{Value, json};

use super::{House, refusal};
use crate::client::discovery;

#[tokio::test]
async fn versions_promise_nothing_that_is_not_registered() {
    let house = House::new().await;
    let answer = house.ask("GET /_matrix/client/versions", Some("a stale token"), &Value::Null).await.json();
    let said = discovery::advertised(&house.table);
    let (versions, features) = (json!(said.versions), json!(said.unstable_features));
    assert_eq!((&answer["versions"], &answer["unstable_features"]), (&versions, &features));
    // This server has no rooms, so it is no Matrix server yet; what it has, it says.
    assert_eq!(versions, json!([]));
    assert_eq!(features, json!({"org.matrix.msc3882": true, "uk.timedout.msc4323": true}));
    assert_eq!(discovery::advertised(&[]).unstable_features.len(), 0);
}

#[tokio::test]
async fn capabilities_tell_the_room_versions() {
    let house = House::new().await;
    let alice = house.token("alice", "HOME").await;
    let capabilities = house.get("/_matrix/client/v3/capabilities", &alice).await.json()["capabilities"].clone();
    let available = json!({"10": "stable", "11": "stable", "12": "stable"});
    assert_eq!(capabilities["m.room_versions"], json!({"default": "12", "available": available}));
    assert_eq!(capabilities["m.3pid_changes"], json!({"enabled": false}));
    assert_eq!(capabilities["m.get_login_token"], json!({"enabled": true}));
    assert_eq!(capabilities["m.profile_fields"]["enabled"], true);
}

#[tokio::test]
async fn well_known_documents_are_there_for_any_page() {
    let house = House::new().await;
    let client = house.ask("GET /.well-known/matrix/client", None, &Value::Null).await;
    assert_eq!(client.json(), json!({"m.homeserver": {"base_url": "https://x.example"}}));
    assert_eq!(client.headers["access-control-allow-origin"], "*");
    for name in ["server", "support"] {
        let answer = house.ask(&format!("GET /.well-known/matrix/{name}"), None, &Value::Null).await;
        assert_eq!(answer.refusal(), refusal(404, "M_NOT_FOUND"), "{name}");
    }
}
