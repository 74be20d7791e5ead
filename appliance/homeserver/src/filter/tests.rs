use ruma::user_id;
use serde_json::{Value, json};

use super::*;

fn definition(json: &Value) -> FilterDefinition {
    serde_json::from_value(json.clone()).unwrap()
}

#[test]
fn a_star_stands_for_any_run_of_characters() {
    for (pattern, text, matches) in [
        ("m.room.message", "m.room.message", true),
        ("m.room.*", "m.room.message", true),
        ("m.room.*", "m.reaction", false),
        ("*", "", true),
        ("*.message", "m.room.message", true),
        ("m.*.mess*e", "m.room.message", true),
        ("m.*.mess*x", "m.room.message", false),
        ("a*a", "a", false),
        ("**", "anything", true),
    ] {
        assert_eq!(matches_pattern(pattern, text), matches, "{pattern} on {text}");
    }
}

#[test]
fn what_was_saved_is_read_back_whole() {
    let events = json!({
        "limit": 7,
        "types": [],
        "not_types": ["m.*"],
        "senders": ["@a:x"],
        "not_senders": ["@b:x"],
        "rooms": ["!a:x"],
        "not_rooms": ["!b:x"],
        "contains_url": false,
        "lazy_load_members": true,
        "include_redundant_members": true,
        "unread_thread_notifications": true,
        "related_by_senders": ["@c:x"],
        "related_by_rel_types": ["m.thread"],
    });
    let outside = json!({ "limit": 1, "types": ["m.x"], "not_types": ["a"], "senders": [], "not_senders": ["@a:x"] });
    let whole = json!({
        "event_fields": ["content.body"],
        "event_format": "federation",
        "presence": outside,
        "account_data": outside,
        "room": {
            "include_leave": true,
            "rooms": [],
            "not_rooms": ["!c:x"],
            "timeline": events,
            "state": events,
            "ephemeral": events,
            "account_data": events,
        },
    });
    assert_eq!(serde_json::to_value(definition(&whole)).unwrap(), whole);
    assert_eq!(serde_json::to_value(FilterDefinition::default()).unwrap(), json!({}));
}

#[test]
fn null_leaves_nothing_out() {
    let nothing = json!({
        "event_fields": null,
        "event_format": null,
        "presence": null,
        "room": { "rooms": null, "timeline": { "types": null, "not_types": null, "related_by_senders": null } },
    });
    assert_eq!(definition(&nothing), FilterDefinition::default());
}

#[test]
fn wrong_types_are_no_filter() {
    for wrong in [
        json!({ "event_fields": "content" }),
        json!({ "event_fields": [1] }),
        json!({ "event_format": 1 }),
        json!({ "room": [] }),
        json!({ "presence": [[]] }),
        json!({ "room": { "timeline": [] } }),
        json!({ "room": { "timeline": { "limit": -1 } } }),
        json!({ "room": { "timeline": { "related_by_senders": "@a:x" } } }),
        json!({ "room": { "timeline": { "related_by_senders": ["a"] } } }),
        json!({ "room": { "timeline": { "related_by_rel_types": [7] } } }),
    ] {
        assert!(serde_json::from_value::<FilterDefinition>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn entries_are_counted_in_all_lists() {
    let names = |count: usize| vec!["m.x"; count];
    let most = FILTER_ENTRIES_MAX;
    for list in ["types", "not_types", "related_by_rel_types"] {
        let wanted = |count| definition(&json!({ "room": { "state": { list: names(count) } } })).check();
        assert_eq!((wanted(most), wanted(most + 1)), (Ok(()), Err(BadFilter::TooManyEntries)), "{list}");
    }
    let half = names(most / 2);
    let spread = json!({
        "event_fields": half,
        "presence": { "types": half },
        "room": { "timeline": { "not_types": ["m.x"] } },
    });
    assert_eq!(definition(&spread).check(), Err(BadFilter::TooManyEntries));
    let events: RoomEventFilter = serde_json::from_value(json!({ "types": names(most + 1) })).unwrap();
    assert_eq!(events.check(), Err(BadFilter::TooManyEntries));
}

#[test]
fn there_are_two_formats() {
    let check = |format: &str| definition(&json!({ "event_format": format })).check();
    assert_eq!((check("client"), check("federation")), (Ok(()), Ok(())));
    assert_eq!(check("raw"), Err(BadFilter::UnknownFormat));
}

#[test]
fn one_relation_has_to_pass_both_lists() {
    let filter = |senders: Value, kinds: Value| -> RoomEventFilter {
        serde_json::from_value(json!({ "related_by_senders": senders, "related_by_rel_types": kinds })).unwrap()
    };
    let wants = |filter: &RoomEventFilter| filter.wants_relation(user_id!("@a:x"), "m.thread");
    assert!(!filter(json!([]), json!([])).looks_at_relations());
    for (senders, kinds, wanted) in [
        (json!(["@a:x", "@b:x"]), json!([]), true),
        (json!([]), json!(["m.annotation", "m.thread"]), true),
        (json!(["@a:x"]), json!(["m.thread"]), true),
        (json!(["@b:x"]), json!(["m.thread"]), false),
        (json!(["@a:x"]), json!(["m.annotation"]), false),
    ] {
        let filter = filter(senders, kinds);
        assert!(filter.looks_at_relations());
        assert_eq!(wants(&filter), wanted, "{filter:?}");
    }
}
