//! What a client wants to be told: a filter of `/sync`, saved or not, and both dialects of sliding sync.

use http::Method;
use serde_json::Value;

use crate::house::{self, encode};

/// The first byte chooses the dialect; the rest is JSON.
pub fn feed(input: &[u8]) {
    let Some((choice, body)) = input.split_first() else { return };
    house::with(|house| match choice % 5 {
        0 => {
            let saved = house.ask(Method::POST, "/_matrix/client/v3/user/@alice:x.example/filter", body);
            let Some(id) = saved.and_then(|saved| saved.body?["filter_id"].as_str().map(ToOwned::to_owned)) else {
                return;
            };
            let read = house.ask(Method::GET, &format!("/_matrix/client/v3/user/@alice:x.example/filter/{id}"), b"");
            assert!(read.expect("no poll").status.is_success(), "a saved filter is there");
            let synced = house.ask(Method::GET, &format!("/_matrix/client/v3/sync?timeout=0&filter={id}"), b"");
            assert!(synced.expect("no poll").status.is_success(), "a saved filter can be used");
        }
        1 => {
            // One that is not saved goes into the path, which has a limit of its own.
            let path = format!("/_matrix/client/v3/sync?timeout=0&filter={}", encode(body));
            house.ask(Method::GET, &path, b"");
        }
        2 => {
            let room = house.room.clone();
            let path = format!("/_matrix/client/v3/rooms/{room}/messages?dir=b&filter={}", encode(body));
            house.ask(Method::GET, &path, b"");
        }
        3 => twice(house, "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync?timeout=0", "&", body),
        _ => {
            // The time to wait is in the body here, and would be waited for.
            let Ok(Value::Object(mut body)) = serde_json::from_slice(body) else { return };
            body.insert("timeout".to_owned(), 0.into());
            let body = Value::Object(body).to_string();
            house.ask(Method::POST, "/_matrix/client/v4/sync", body.as_bytes());
        }
    });
}

/// Once from the beginning, and once from where that ended.
fn twice(house: &mut house::House, path: &str, joint: &str, body: &[u8]) {
    let Some(first) = house.ask(Method::POST, path, body) else { return };
    let Some(pos) = first.body.and_then(|body| body["pos"].as_str().map(ToOwned::to_owned)) else { return };
    house.ask(Method::POST, &format!("{path}{joint}pos={}", encode(pos.as_bytes())), body);
}
