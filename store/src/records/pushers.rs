//! Where users' notifications go: pushers, and how far each has got.

use ruma::{OwnedDeviceId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::families::Family;
use crate::positions::StreamPosition;
use crate::values::Json;
use crate::{record, versioned};

record! {
    /// A pusher: an application on one device that wants to hear of notifications.
    pub struct PusherKey {
        /// Whose.
        user: OwnedUserId,
        /// Which application.
        app_id: String,
        /// What the gateway knows the device by.
        pushkey: String,
    } in Family::UserAppPusher => Pusher
}

/// What a client said of its pusher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pusher {
    /// The device that set it; it goes when the device goes.
    pub device: OwnedDeviceId,
    /// When it was set.
    pub set_ms: u64,
    /// As the client sent it, without `append`.
    pub json: Json,
}

versioned!(Pusher, 1, |pusher, inspection| inspection.json(&pusher.json.0));

record! {
    /// Up to which position a pusher's gateway has been told. Written seldom, so after a crash something may be told
    /// twice, but never not at all.
    pub struct PusherProgressKey {
        /// As in [`PusherKey`].
        user: OwnedUserId,
        /// As in [`PusherKey`].
        app_id: String,
        /// As in [`PusherKey`].
        pushkey: String,
    } in Family::UserAppPushed => StreamPosition
}

#[cfg(test)]
mod tests {
    use ruma::user_id;

    use super::{Pusher, PusherKey, PusherProgressKey};
    use crate::positions::StreamPosition;
    use crate::records::testing::round_trip;
    use crate::values::Json;

    #[test]
    fn pushers_round_trip() {
        let (user, app_id, pushkey) =
            (user_id!("@alice:example.org").to_owned(), "org.example.app".to_owned(), "https://up/x?y".to_owned());
        let pusher = Pusher { device: "PHONE".into(), set_ms: 5, json: Json(br#"{"kind":"http"}"#.to_vec()) };
        round_trip(&PusherKey { user: user.clone(), app_id: app_id.clone(), pushkey: pushkey.clone() }, &pusher);
        round_trip(&PusherProgressKey { user, app_id, pushkey }, &StreamPosition(9));
    }
}
