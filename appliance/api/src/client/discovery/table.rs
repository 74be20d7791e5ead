//! What `/versions` may say, and which endpoints have to exist before it says so.
//!
//! A specification version is advertised if its rows and those of all versions before it are registered, a feature
//! if its own rows are. So the answer cannot promise what the router does not have; what it cannot see (a field, a
//! rule) is the duty of whoever adds the row.

use std::collections::{BTreeMap, BTreeSet};

use ruma::api::client::discovery::get_supported_versions::Response;

use crate::routes::Endpoint;

/// A method and a path as ruma writes it.
type Marker = (&'static str, &'static str);

/// Versions of the specification in order, each with the endpoints it brought. Versions that brought only fields and
/// rules have no row of their own to check.
const VERSIONS: [(&str, &[Marker]); 22] = [
    ("r0.5.0", &[("POST", "/_matrix/client/r0/login"), ("GET", "/_matrix/client/r0/sync")]),
    ("r0.6.0", &[("POST", "/_matrix/client/r0/rooms/{room_id}/upgrade")]),
    ("r0.6.1", &[]),
    (
        "v1.1",
        &[
            ("POST", "/_matrix/client/v3/login"),
            ("GET", "/_matrix/client/v3/sync"),
            ("POST", "/_matrix/client/v3/createRoom"),
            ("PUT", "/_matrix/client/v3/rooms/{room_id}/send/{event_type}/{txn_id}"),
            ("POST", "/_matrix/client/v3/keys/signatures/upload"),
            ("POST", "/_matrix/client/v3/room_keys/version"),
            ("POST", "/_matrix/client/v3/knock/{room_id_or_alias}"),
        ],
    ),
    (
        "v1.2",
        &[
            ("GET", "/_matrix/client/v1/register/m.login.registration_token/validity"),
            ("GET", "/_matrix/client/v1/rooms/{room_id}/hierarchy"),
        ],
    ),
    (
        "v1.3",
        &[
            ("POST", "/_matrix/client/v3/refresh"),
            ("GET", "/_matrix/client/v1/rooms/{room_id}/relations/{event_id}/{rel_type}/{event_type}"),
        ],
    ),
    ("v1.4", &[("GET", "/_matrix/client/v1/rooms/{room_id}/threads")]),
    ("v1.5", &[]),
    ("v1.6", &[("GET", "/_matrix/client/v1/rooms/{room_id}/timestamp_to_event")]),
    (
        "v1.7",
        &[
            ("POST", "/_matrix/media/v1/create"),
            ("PUT", "/_matrix/media/v3/upload/{server_name}/{media_id}"),
            ("POST", "/_matrix/client/v1/login/get_token"),
        ],
    ),
    ("v1.8", &[]),
    ("v1.9", &[]),
    ("v1.10", &[]),
    (
        "v1.11",
        &[
            ("GET", "/_matrix/client/v1/media/config"),
            ("GET", "/_matrix/client/v1/media/download/{server_name}/{media_id}"),
            ("GET", "/_matrix/client/v1/media/thumbnail/{server_name}/{media_id}"),
        ],
    ),
    ("v1.12", &[]),
    ("v1.13", &[("POST", "/_matrix/client/v3/rooms/{room_id}/report")]),
    ("v1.14", &[("POST", "/_matrix/client/v3/users/{user_id}/report")]),
    ("v1.15", &[("GET", "/_matrix/client/v1/room_summary/{room_id_or_alias}")]),
    (
        "v1.16",
        &[
            ("GET", "/_matrix/client/v3/profile/{user_id}/{field}"),
            ("PUT", "/_matrix/client/v3/profile/{user_id}/{field}"),
            ("DELETE", "/_matrix/client/v3/profile/{user_id}/{field}"),
        ],
    ),
    ("v1.17", &[]),
    (
        "v1.18",
        &[
            ("GET", "/_matrix/client/v1/admin/suspend/{user_id}"),
            ("PUT", "/_matrix/client/v1/admin/suspend/{user_id}"),
            ("GET", "/_matrix/client/v1/admin/lock/{user_id}"),
            ("PUT", "/_matrix/client/v1/admin/lock/{user_id}"),
        ],
    ),
    ("v1.19", &[("GET", "/_matrix/client/v1/mutual_rooms")]),
];

const SYNC: Marker = ("GET", "/_matrix/client/v3/sync");
const SYNC_V4: Marker = ("POST", "/_matrix/client/v4/sync");
const SLIDING_SYNC: Marker = ("POST", "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync");
const SEND: Marker = ("PUT", "/_matrix/client/v3/rooms/{room_id}/send/{event_type}/{txn_id}");
const PROFILE_FIELD: Marker = ("PUT", "/_matrix/client/unstable/uk.tcpip.msc4133/profile/{user_id}/{field}");

/// Features with the endpoints that make them true.
const FEATURES: [(&str, &[Marker]); 21] = [
    ("org.matrix.e2e_cross_signing", &[("POST", "/_matrix/client/v3/keys/device_signing/upload")]),
    ("org.matrix.msc2285.stable", &[("POST", "/_matrix/client/v3/rooms/{room_id}/receipt/{receipt_type}/{event_id}")]),
    ("org.matrix.msc3440.stable", &[("GET", "/_matrix/client/v1/rooms/{room_id}/threads")]),
    ("org.matrix.msc3771", &[SYNC]),
    ("org.matrix.msc3773", &[SYNC]),
    ("org.matrix.msc3814", &[("PUT", "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device")]),
    ("org.matrix.msc3827.stable", &[("POST", "/_matrix/client/v3/publicRooms")]),
    ("org.matrix.msc3882", &[("POST", "/_matrix/client/unstable/org.matrix.msc3882/login/get_token")]),
    ("org.matrix.msc3916.stable", &[("GET", "/_matrix/client/v1/media/download/{server_name}/{media_id}")]),
    ("org.matrix.msc4140", &[("GET", "/_matrix/client/unstable/org.matrix.msc4140/delayed_events"), SEND]),
    ("org.matrix.msc4222", &[SYNC]),
    ("org.matrix.msc4354", &[SEND, SYNC, SLIDING_SYNC]),
    ("org.matrix.msc4380.stable", &[("POST", "/_matrix/client/v3/rooms/{room_id}/invite"), SYNC]),
    // Extensions of `/v4/sync`: the first is accepted, the others have their unstable names there.
    ("org.matrix.msc4508.stable", &[SYNC_V4]),
    ("org.matrix.msc4538", &[SYNC_V4, SLIDING_SYNC]),
    ("org.matrix.msc4543", &[SYNC_V4, SLIDING_SYNC]),
    ("org.matrix.simplified_msc3575", &[SLIDING_SYNC]),
    ("uk.half-shot.msc2666.query_mutual_rooms.stable", &[("GET", "/_matrix/client/v1/mutual_rooms")]),
    ("uk.tcpip.msc4133", &[PROFILE_FIELD]),
    ("uk.tcpip.msc4133.stable", &[("PUT", "/_matrix/client/v3/profile/{user_id}/{field}")]),
    ("uk.timedout.msc4323", &[("PUT", "/_matrix/client/unstable/uk.timedout.msc4323/admin/lock/{user_id}")]),
];

/// What may be said, given the endpoints that exist.
pub(in crate::client) fn advertised(table: &[Endpoint]) -> Response {
    let registered: BTreeSet<(&str, &str)> =
        table.iter().map(|endpoint| (endpoint.method.as_str(), endpoint.template)).collect();
    let all = |markers: &[Marker]| markers.iter().all(|marker| registered.contains(marker));
    let versions = VERSIONS.iter().take_while(|(_, markers)| all(markers)).map(|(name, _)| (*name).to_owned());
    let mut response = Response::new(versions.collect());
    let features = FEATURES.iter().filter(|(_, markers)| all(markers)).map(|(name, _)| ((*name).to_owned(), true));
    response.unstable_features = features.collect::<BTreeMap<_, _>>();
    response
}
