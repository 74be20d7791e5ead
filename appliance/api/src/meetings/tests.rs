//! What guests may ask at all: a list that grows only when somebody means it to.

use std::collections::BTreeSet;

use crate::access::Need;
use crate::routes::Guests;

/// Method and path of what is open to guests, without the version that the path begins with.
const OPEN: &[&str] = &[
    "GET account/whoami",
    "GET capabilities",
    "GET joined_rooms",
    "GET keys/changes",
    "GET media/config",
    "GET media/download/{server_name}/{media_id}",
    "GET media/download/{server_name}/{media_id}/{filename}",
    "GET media/thumbnail/{server_name}/{media_id}",
    "GET profile/{user_id}",
    "GET pushrules",
    "GET room_keys/version",
    "GET rooms/{room_id}/context/{event_id}",
    "GET rooms/{room_id}/event/{event_id}",
    "GET rooms/{room_id}/joined_members",
    "GET rooms/{room_id}/members",
    "GET rooms/{room_id}/messages",
    "GET rooms/{room_id}/relations/{event_id}",
    "GET rooms/{room_id}/relations/{event_id}/{rel_type}",
    "GET rooms/{room_id}/relations/{event_id}/{rel_type}/{event_type}",
    "GET rooms/{room_id}/state",
    "GET rooms/{room_id}/state/{event_type}",
    "GET rooms/{room_id}/state/{event_type}/{state_key}",
    "GET rooms/{room_id}/threads",
    "GET rtc/transports",
    "GET sync",
    "GET user/{user_id}/account_data/{event_type}",
    "GET user/{user_id}/filter/{filter_id}",
    "GET voip/turnServer",
    "POST /api/meetings/v1/guest/page",
    "POST delayed_events/{delay_id}",
    "POST delayed_events/{delay_id}/{action}",
    "POST keys/claim",
    "POST keys/device_signing/upload",
    "POST keys/query",
    "POST keys/signatures/upload",
    "POST keys/upload",
    "POST logout",
    "POST logout/all",
    "POST rooms/{room_id}/leave",
    "POST rooms/{room_id}/read_markers",
    "POST rooms/{room_id}/receipt/{receipt_type}/{event_id}",
    "POST rtc/livekit/delegate_delayed_leave",
    "POST rtc/livekit/get_token",
    "POST user/{user_id}/filter",
    "POST user/{user_id}/openid/request_token",
    "PUT rooms/{room_id}/delayed_event/{event_type}/{txn_id}",
    "PUT rooms/{room_id}/redact/{event_id}/{txn_id}",
    "PUT rooms/{room_id}/send/{event_type}/{txn_id}",
    "PUT rooms/{room_id}/state/{event_type}",
    "PUT rooms/{room_id}/state/{event_type}/{state_key}",
    "PUT rooms/{room_id}/typing/{user_id}",
    "PUT sendToDevice/{event_type}/{txn_id}",
];

/// A path without what stands before the thing that it is about, and without the slash that may end it.
fn bare(template: &str) -> String {
    let rest = template.strip_prefix("/_matrix/client/").unwrap_or(template).trim_end_matches('/');
    let mut parts: Vec<&str> = rest.split('/').collect();
    while parts.len() > 1 && (matches!(parts[0], "r0" | "v1" | "v3" | "unstable") || parts[0].contains(".msc")) {
        parts.remove(0);
    }
    parts.join("/")
}

#[test]
fn guests_are_refused_wherever_it_is_not_said_that_they_are_not() {
    let routes = crate::endpoints();
    let open = routes.table().iter().filter(|it| it.route.guests == Guests::Allowed);
    let open: BTreeSet<String> = open.map(|it| format!("{} {}", it.method, bare(it.template))).collect();
    let expected: BTreeSet<String> = OPEN.iter().map(|&line| line.to_owned()).collect();
    let (more, less): (Vec<_>, Vec<_>) = (open.difference(&expected).collect(), expected.difference(&open).collect());
    assert!(more.is_empty() && less.is_empty(), "open beyond the list: {more:#?}; closed against it: {less:#?}");
}

#[test]
fn nothing_of_administrators_is_open_to_guests() {
    let routes = crate::endpoints();
    let open = |it: &&crate::routes::Endpoint| it.need == Need::Administrator && it.route.guests == Guests::Allowed;
    assert_eq!(routes.table().iter().filter(open).count(), 0);
}
