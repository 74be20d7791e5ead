//! Locking, suspending, reporting.

use serde_json::{Value, json};

use super::{House, refusal};

#[tokio::test]
async fn administrators_lock_and_suspend_and_others_do_not() {
    let house = House::new().await;
    let (alice, bob) = (house.token("alice", "HOME").await, house.token("bob", "HOME").await);
    let root = house.token("root", "HOME").await;
    for (verb, field) in [("lock", "locked"), ("suspend", "suspended")] {
        let path = |user: &str| format!("/_matrix/client/v1/admin/{verb}/{user}");
        let put = |user: &str| format!("PUT {}", path(user));
        let on = json!({ field: true });
        assert_eq!(house.get(&path("@bob:x.example"), &alice).await.refusal(), refusal(403, "M_FORBIDDEN"));
        assert_eq!(house.ask(&put("@bob:x.example"), Some(&alice), &on).await.refusal(), refusal(403, "M_FORBIDDEN"));
        assert_eq!(house.get(&path("@bob:x.example"), &root).await.json(), json!({ field: false }));
        assert_eq!(house.ask(&put("@bob:x.example"), Some(&root), &on).await.json(), on);
        assert_eq!(house.get(&path("@bob:x.example"), &root).await.json(), on);
        assert_eq!(house.ask(&put("@root:x.example"), Some(&root), &on).await.refusal(), refusal(403, "M_FORBIDDEN"));
        assert_eq!(house.ask(&put("@carol:x.example"), Some(&root), &on).await.refusal(), refusal(404, "M_NOT_FOUND"));
        let foreign = house.ask(&put("@bob:other.example"), Some(&root), &on).await;
        assert_eq!(foreign.refusal(), refusal(400, "M_INVALID_PARAM"));
        assert_eq!(
            house.ask(&put("@bob:x.example"), Some(&root), &json!({})).await.refusal(),
            refusal(400, "M_BAD_JSON")
        );
    }
    let locked = house.get("/_matrix/client/v3/account/whoami", &bob).await;
    assert_eq!((locked.refusal(), &locked.json()["soft_logout"]), (refusal(401, "M_USER_LOCKED"), &json!(true)));
    let login = json!({"type": "m.login.password", "user": "bob", "password": super::PASSWORD});
    let refused = house.ask("POST /_matrix/client/v3/login", None, &login).await;
    assert_eq!(refused.refusal(), refusal(401, "M_USER_LOCKED"));
    assert_eq!(house.ask("POST /_matrix/client/v3/logout", Some(&bob), &json!({})).await.status, 200);
}

#[tokio::test]
async fn reports_are_taken_and_bounded() {
    let house = House::new().await;
    let alice = house.token("alice", "HOME").await;
    let user = "POST /_matrix/client/v3/users/@bob:x.example/report";
    for (line, body) in [
        (user, json!({"reason": "rude"})),
        ("POST /_matrix/client/v3/rooms/!r:x.example/report", json!({"reason": "rude"})),
    ] {
        assert_eq!(house.ask(line, Some(&alice), &body).await.json(), json!({}), "{line}");
    }
    let long = json!({"reason": "x".repeat(5_000)});
    assert_eq!(house.ask(user, Some(&alice), &long).await.refusal(), refusal(400, "M_TOO_LARGE"));
    let mut last = house.ask(user, Some(&alice), &json!({"reason": "again"})).await;
    for _ in 0..100 {
        last = house.ask(user, Some(&alice), &json!({"reason": "again"})).await;
    }
    assert_eq!(last.refusal(), refusal(429, "M_LIMIT_EXCEEDED"));
    let capabilities = |token: String| {
        let house = &house;
        async move { house.ask("GET /_matrix/client/v3/capabilities", Some(&token), &Value::Null).await.json() }
    };
    let root = house.token("root", "HOME").await;
    let moderation = json!({"suspend": true, "lock": true});
    assert_eq!(capabilities(root).await["capabilities"]["m.account_moderation"], moderation);
    assert_eq!(capabilities(alice).await["capabilities"].get("m.account_moderation"), None);
}
