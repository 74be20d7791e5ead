//! Any body on any endpoint that takes one, through the whole router, by somebody who is signed in.

use http::Method;

use crate::house::{self, House, encode};

/// The first two end the session that everything here is asked with, whatever the body is; the third waits if the body
/// says so, and has a target of its own.
const LEFT_OUT: [&str; 3] = ["logout", "deactivate", "/sync"];

/// The first byte chooses the endpoint, the second what its path names; the rest is the body.
pub fn feed(input: &[u8]) {
    let Some(([endpoint, names], body)) = input.split_first_chunk::<2>() else { return };
    house::with(|house| {
        let taking: Vec<_> = house
            .endpoints
            .iter()
            .filter(|(method, path)| *method != Method::GET && !LEFT_OUT.iter().any(|word| path.contains(word)))
            .cloned()
            .collect();
        let (method, template) = taking[usize::from(*endpoint) % taking.len()].clone();
        let path = path(house, template, *names, body);
        house.ask(method, &path, body);
    });
}

/// The path with its arguments: mostly names of what is there, sometimes the input itself.
fn path(house: &House, template: &str, names: u8, body: &[u8]) -> String {
    let wild = encode(&body[..body.len().min(32)]);
    let segments = template.split('/').map(|segment| match segment.trim_matches(['{', '}']) {
        _ if !segment.starts_with('{') => segment.to_owned(),
        _ if names & 0xC0 == 0xC0 => wild.clone(),
        "room_id" | "room_id_or_alias" => house.room.clone(),
        "user_id" if names & 1 == 0 => "@alice:x.example".to_owned(),
        "user_id" => "@bob:x.example".to_owned(),
        "event_id" | "parent_id" | "thread_root" => house.event.clone(),
        "event_type" => {
            ["m.room.message", "m.room.name", "m.room.member", "m.reaction"][usize::from(names >> 1) % 4].into()
        }
        "state_key" if names & 1 == 0 => "@alice:x.example".to_owned(),
        "state_key" => String::new(),
        "txn_id" => format!("{names}{}", wild.len()),
        "receipt_type" => ["m.read", "m.read.private", "m.fully_read", "other"][usize::from(names >> 1) % 4].into(),
        "alias" | "room_alias" => "%23assembly:x.example".to_owned(),
        "server_name" => "x.example".to_owned(),
        "kind" => ["override", "content", "room", "sender"][usize::from(names >> 1) % 4].into(),
        _ => format!("name{}", names & 3),
    });
    segments.collect::<Vec<_>>().join("/")
}
