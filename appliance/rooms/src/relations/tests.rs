use std::{collections::BTreeMap, sync::Arc};

use ruma::RoomVersionId;
use serde_json::{Value, json};

use super::*;
use crate::{
    EventSource,
    testing::{Room, new_event, user},
};

fn event(sender: &str, kind: &str, content: &Value) -> PduRef {
    let mut room = Room::create(RoomVersionId::V11);
    room.must_join("bob");
    Arc::new(room.build(&user(sender), new_event(kind, None, content)).unwrap())
}

fn said(content: &Value) -> PduRef {
    event("alice", "m.room.message", content)
}

fn target(kind: RelationKind, event_id: &str) -> Option<RelationTarget> {
    Some(RelationTarget { kind, event_id: event_id.try_into().unwrap() })
}

#[test]
fn relations_of_every_kind() {
    let cases = [
        (json!({ "rel_type": "m.thread", "event_id": "$r" }), target(RelationKind::Thread, "$r")),
        (json!({ "rel_type": "m.replace", "event_id": "$r" }), target(RelationKind::Replace, "$r")),
        (
            json!({ "rel_type": "m.annotation", "event_id": "$r", "key": "👍" }),
            target(RelationKind::Annotation("👍".into()), "$r"),
        ),
        (json!({ "rel_type": "m.reference", "event_id": "$r" }), target(RelationKind::Reference, "$r")),
        (
            json!({ "rel_type": "org.example", "event_id": "$r" }),
            target(RelationKind::Other("org.example".into()), "$r"),
        ),
    ];
    for (relates_to, expected) in cases {
        let event = said(&json!({ "body": "x", "m.relates_to": relates_to }));
        assert_eq!(target_of(&event), expected);
        assert_eq!(expected.unwrap().kind.as_str(), relates_to["rel_type"]);
    }
}

#[test]
fn nonsense_relates_to_nothing() {
    for relates_to in [
        json!({}),
        json!("text"),
        json!({ "rel_type": "m.thread" }),
        json!({ "event_id": "$r" }),
        json!({ "rel_type": "m.thread", "event_id": "no sigil" }),
        json!({ "rel_type": 7, "event_id": "$r" }),
        json!({ "rel_type": "m.annotation", "event_id": "$r" }),
        json!({ "m.in_reply_to": {} }),
    ] {
        assert_eq!(of(&said(&json!({ "m.relates_to": relates_to }))), None, "{relates_to}");
    }
    assert_eq!(of(&said(&json!({ "body": "m.relates_to" }))), None);
}

#[test]
fn replies_inside_and_outside_threads() {
    let plain = of(&said(&json!({ "m.relates_to": { "m.in_reply_to": { "event_id": "$p" } } }))).unwrap();
    assert_eq!((plain.target, plain.in_reply_to.unwrap().as_str()), (None, "$p"));
    let fallback = json!({ "rel_type": "m.thread", "event_id": "$r", "is_falling_back": true, "m.in_reply_to": { "event_id": "$p" } });
    let threaded = of(&said(&json!({ "m.relates_to": fallback }))).unwrap();
    assert!(threaded.is_falling_back);
    assert_eq!(threaded.target, target(RelationKind::Thread, "$r"));
    assert_eq!(threaded.in_reply_to.unwrap(), "$p");
}

fn related(kind: &str, event_id: &EventId) -> Value {
    json!({ "rel_type": kind, "event_id": event_id, "key": "+" })
}

#[test]
fn threads_count_messages_and_gather_what_belongs_to_them() {
    let root = said(&json!({ "body": "root" }));
    let reply = said(&json!({ "body": "1", "m.relates_to": related("m.thread", &root.event_id) }));
    let reaction = event("bob", "m.reaction", &json!({ "m.relates_to": related("m.annotation", &reply.event_id) }));
    let edit = said(&json!({ "body": "2", "m.relates_to": related("m.replace", &reply.event_id) }));
    let redaction = event("bob", "m.room.redaction", &json!({ "redacts": edit.event_id }));
    let root_reaction = event("bob", "m.reaction", &json!({ "m.relates_to": related("m.annotation", &root.event_id) }));
    let all = [&root, &reply, &reaction, &edit, &redaction, &root_reaction];
    let events: BTreeMap<_, _> = all.iter().map(|event| (event.event_id.clone(), (*event).clone())).collect();
    let lookup = |event_id: &EventId| events.event(event_id);
    for (event, counts, belongs) in [
        (&root, false, false),
        (&reply, true, true),
        (&reaction, false, true),
        (&edit, false, true),
        (&redaction, false, true),
        (&root_reaction, false, false),
    ] {
        assert_eq!(counts_in_thread(event).is_some(), counts, "{}", event.content);
        assert_eq!(thread_of(event, &lookup), belongs.then(|| root.event_id.clone()), "{}", event.content);
    }
    assert!(can_be_thread_root(&root) && !can_be_thread_root(&reply) && !can_be_thread_root(&edit));
    let mut redacted = (*reply).clone();
    redacted.redacted_because = Some(reply.content.clone());
    assert_eq!(counts_in_thread(&redacted), None);
}

#[test]
fn circles_and_unknown_events_end_the_search() {
    let lost = said(&json!({ "m.relates_to": related("m.reference", "$unknown".try_into().unwrap()) }));
    assert_eq!(thread_of(&lost, &|_| None), None);
    let circle = lost.clone();
    assert_eq!(thread_of(&lost, &move |_| Some(circle.clone())), None);
}

#[test]
fn only_authors_edit_and_only_originals() {
    let original = said(&json!({ "msgtype": "m.text", "body": "1" }));
    let content = |new: &Value| json!({ "body": "* 2", "m.new_content": new, "m.relates_to": related("m.replace", &original.event_id) });
    let good = content(&json!({ "body": "2" }));
    let edit = said(&good);
    assert!(is_valid_edit(&edit, &original));
    assert!(!is_valid_edit(&event("bob", "m.room.message", &good), &original));
    assert!(!is_valid_edit(&event("alice", "m.sticker", &good), &original));
    assert!(!is_valid_edit(&said(&content(&json!("2"))), &original));
    assert!(!is_valid_edit(&edit, &edit));
    assert!(!is_valid_edit(&original, &original));
    let mut redacted = (*original).clone();
    redacted.redacted_because = Some(original.content.clone());
    assert!(!is_valid_edit(&edit, &redacted));
    let secret = event("alice", "m.room.encrypted", &json!({ "ciphertext": "1" }));
    let secret_edit = event(
        "alice",
        "m.room.encrypted",
        &json!({ "ciphertext": "2", "m.relates_to": related("m.replace", &secret.event_id) }),
    );
    assert!(is_valid_edit(&secret_edit, &secret));
}
