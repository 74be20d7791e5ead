//! What one user may take of the server that all share: what costs much has a limit of its own, and nothing else stops
//! working when it is reached.

use serde_json::{Value, json};
use veche_test_harness::{Answer, Client, Server, encode};

/// More requests than any limit lets through at once.
const REQUESTS_MAX: usize = 2_000;

/// Asks until it is too much, and answers how often it was not.
async fn until_too_much<F: Future<Output = Answer>>(mut ask: impl FnMut(usize) -> F) -> usize {
    for count in 0..REQUESTS_MAX {
        let answer = ask(count).await;
        if answer.status == 429 {
            let refusal = answer.refused(429, "M_LIMIT_EXCEEDED");
            assert!(refusal["retry_after_ms"].as_u64().is_some_and(|wait| wait > 0), "{refusal}");
            return count;
        }
        answer.ok();
    }
    panic!("nobody counts");
}

async fn sliding(who: &Client, conn_id: &str) -> Answer {
    let list = json!({ "ranges": [[0, 9]], "timeline_limit": 1, "required_state": [] });
    who.sliding_sync(None, 0, &json!({ "conn_id": conn_id, "lists": { "all": list } })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_costs_much_is_counted_apart() {
    let server = Server::start_with(&[("limits.rates", "on")]).await;
    let (alice, bob) = (server.user("alice").await, server.user("bob").await);
    let room = alice.room_with(&[&bob]).await;
    let path = |rest: &str| format!("/_matrix/client/v3/rooms/{}/{rest}", encode(&room));
    let since = alice.sync(None, 0, "").await.ok()["next_batch"].as_str().expect("a token").to_owned();

    // Beginning anew, in whichever way, is one thing; going on is another.
    let begun = until_too_much(|count| {
        let (alice, since) = (&alice, &since);
        async move {
            match count % 3 {
                0 => alice.sync(None, 0, "").await,
                1 => alice.sync(Some(since), 0, "&full_state=true").await,
                _ => sliding(alice, "x").await,
            }
        }
    })
    .await;
    assert!(begun >= 100, "{begun} are few for a morning");
    alice.sync(Some(&since), 0, "").await.ok();
    sliding(&bob, "x").await.ok();

    let pages = [path("messages?dir=b"), path("initialSync"), "/_matrix/client/v3/publicRooms".to_owned()];
    let read = until_too_much(|count| alice.get(&pages[count % pages.len()])).await;
    assert!(read >= 100, "{read} pages are few for a scroll");
    alice.get(&path("state")).await.ok();

    let profile = |field: &str| format!("/_matrix/client/v3/profile/{}/{field}", encode(&alice.user_id));
    let (name, custom) = (profile("displayname"), profile("org.example.mood"));
    let named = until_too_much(|count| {
        let (alice, name, value) = (&alice, &name, json!({ "displayname": format!("Alice {count}") }));
        async move { alice.put(name, &value).await }
    })
    .await;
    assert!((5..50).contains(&named), "{named} names");
    alice.delete(&name, &json!({})).await.refused(429, "M_LIMIT_EXCEEDED");
    alice.put(&custom, &json!({ "org.example.mood": "stubborn" })).await.ok();
    // All of this was alice's alone.
    bob.get(&path("messages?dir=b")).await.ok();
    let bobs_name = format!("/_matrix/client/v3/profile/{}/displayname", encode(&bob.user_id));
    bob.put(&bobs_name, &json!({ "displayname": "Bob" })).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wishes_of_sliding_sync_are_bounded() {
    let server = Server::start().await;
    let alice = server.user("alice").await;
    let room = alice.room_with(&[]).await;
    let patterns = |count: usize| -> Vec<Value> { (0..count).map(|n| json!(["m.x", n.to_string()])).collect() };
    let list = |count: usize| json!({ "ranges": [[0, 9]], "timeline_limit": 1, "required_state": patterns(count) });
    for (wish, taken) in [
        (json!({ "lists": { "a": list(300) } }), true),
        (json!({ "lists": { "a": list(301) } }), false),
        (json!({ "lists": { "a": list(200), "b": list(200) } }), false),
        (json!({ "room_subscriptions": { &room: { "timeline_limit": 1, "required_state": patterns(300) } } }), true),
        (json!({ "room_subscriptions": { &room: { "timeline_limit": 1, "required_state": patterns(301) } } }), false),
    ] {
        let answer = alice.sliding_sync(None, 0, &wish).await;
        if taken {
            answer.ok();
        } else {
            answer.refused(400, "M_INVALID_PARAM");
        }
    }
}
