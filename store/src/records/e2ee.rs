//! What end-to-end encryption needs of the server: public keys, signatures on them, messages between devices, and the
//! encrypted backup of room keys. Nothing here opens a message.

use ruma::{OwnedDeviceId, OwnedRoomId, OwnedUserId};
use serde::{Deserialize, Serialize};

use crate::families::Family;
use crate::keys::{KeyPart, KeyWrite};
use crate::positions::StreamPosition;
use crate::values::Json;
use crate::{record, versioned};

record! {
    /// A device's public identity keys, as it signed them, with the signatures that were verified since.
    pub struct DeviceKeysKey {
        /// Whose device.
        user: OwnedUserId,
        /// Which device.
        device: OwnedDeviceId,
    } in Family::UserDeviceKeys => Json
}

record! {
    /// A one-time key that nobody has claimed. Keys are claimed in the order of their positions.
    pub struct OneTimeKeyKey {
        /// Whose device.
        user: OwnedUserId,
        /// Which device.
        device: OwnedDeviceId,
        /// `signed_curve25519` and the like.
        algorithm: String,
        /// When it was uploaded.
        position: StreamPosition,
    } in Family::DeviceOneTimeKey => OneTimeKey
}

/// A one-time key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeKey {
    /// Algorithm and id, as uploaded: `signed_curve25519:AAAAAQ`.
    pub key_id: String,
    /// The key, as uploaded.
    pub json: Json,
}

versioned!(OneTimeKey, 1, |key, inspection| inspection.json(&key.json.0));

record! {
    /// A one-time key of the device's newest upload that has been claimed: should the device upload it once more
    /// because it never saw our answer, it is not handed out again.
    pub struct ClaimedKeyKey {
        /// Whose device.
        user: OwnedUserId,
        /// Which device.
        device: OwnedDeviceId,
        /// Algorithm and id.
        key_id: String,
    } in Family::DeviceClaimedKey => ()
}

record! {
    /// The key that is handed out when no one-time key is left.
    pub struct FallbackKeyKey {
        /// Whose device.
        user: OwnedUserId,
        /// Which device.
        device: OwnedDeviceId,
        /// `signed_curve25519` and the like.
        algorithm: String,
    } in Family::DeviceFallbackKey => FallbackKey
}

/// A fallback key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FallbackKey {
    /// Algorithm and id, as uploaded.
    pub key_id: String,
    /// It has been handed out at least once, so the device should bring a new one.
    pub used: bool,
    /// The key, as uploaded.
    pub json: Json,
}

versioned!(FallbackKey, 1, |key, inspection| inspection.json(&key.json.0));

record! {
    /// A user's cross-signing key.
    pub struct CrossSigningKeyKey {
        /// Whose.
        user: OwnedUserId,
        /// What it signs.
        purpose: KeyPurpose,
    } in Family::UserCrossSigningKey => Json
}

/// What a cross-signing key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeyPurpose {
    /// The user's identity; signs the other two.
    Master,
    /// Signs the user's own devices.
    SelfSigning,
    /// Signs other users' master keys; shown to its owner only.
    UserSigning,
}

impl KeyWrite for KeyPurpose {
    fn write(&self, out: &mut Vec<u8>) {
        (*self as u8).write(out);
    }
}

impl KeyPart for KeyPurpose {
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        match u8::read(bytes)? {
            0 => Some(Self::Master),
            1 => Some(Self::SelfSigning),
            2 => Some(Self::UserSigning),
            _ => None,
        }
    }
}

record! {
    /// One user's signature on another user's master key; shown to the signer only.
    pub struct UserSignatureKey {
        /// Who signed.
        signer: OwnedUserId,
        /// Whose master key.
        target: OwnedUserId,
    } in Family::SignerTargetSignature => UserSignature
}

/// A signature on a master key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserSignature {
    /// The id of the signed master key; the signature is void when the target has another one.
    pub target_key: String,
    /// The id of the user-signing key that signed.
    pub signing_key: String,
    /// The signature, base64.
    pub signature: String,
}

versioned!(UserSignature, 1);

record! {
    /// Whose keys changed, in the order in which they did: the newest change of each user and viewer. Kept in step
    /// with [`KeyChangePositionKey`].
    pub struct KeyChangeKey {
        /// When.
        position: StreamPosition,
    } in Family::PositionKeyChange => KeyChange
}

/// A change of a user's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChange {
    /// Whose keys or signatures.
    pub user: OwnedUserId,
    /// The only one who can see the difference; `None`: everybody who shares a room with the user.
    pub viewer: Option<OwnedUserId>,
}

versioned!(KeyChange, 1);

record! {
    /// The position of the [`KeyChangeKey`] row of a user and viewer.
    pub struct KeyChangePositionKey {
        /// Whose keys or signatures.
        user: OwnedUserId,
        /// As in [`KeyChange`].
        viewer: Option<OwnedUserId>,
    } in Family::UserViewerKeyChange => StreamPosition
}

record! {
    /// A message to a device that it has not confirmed.
    pub struct ToDeviceKey {
        /// Whose device.
        user: OwnedUserId,
        /// Which device.
        device: OwnedDeviceId,
        /// When it came.
        position: StreamPosition,
    } in Family::DevicePositionMessage => Json
}

record! {
    /// A sending of to-device messages that was done, so that a repetition does nothing. The value is the wall
    /// clock in milliseconds; old ones are forgotten.
    pub struct ToDeviceTransactionKey {
        /// Who sent.
        user: OwnedUserId,
        /// From which device.
        device: OwnedDeviceId,
        /// The event type, a part of the endpoint's path.
        kind: String,
        /// The client's transaction id.
        txn_id: String,
    } in Family::DeviceTransactionSent => u64
}

record! {
    /// A key backup.
    pub struct BackupVersionKey {
        /// Whose.
        user: OwnedUserId,
        /// Its number: a position, so that it is never used twice and newer ones are higher.
        version: u64,
    } in Family::UserKeyBackup => BackupVersion
}

/// A key backup, without its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupVersion {
    /// `algorithm` and `auth_data`, as uploaded.
    pub json: Json,
    /// Counts the changes of the keys.
    pub etag: u64,
    /// How many keys it holds.
    pub count: u64,
    /// It was deleted; its keys are being removed.
    pub deleted: bool,
}

versioned!(BackupVersion, 1, |backup, inspection| inspection.json(&backup.json.0));

record! {
    /// A room key in a backup, encrypted by the client.
    pub struct BackupKeyKey {
        /// Whose.
        user: OwnedUserId,
        /// Which backup.
        version: u64,
        /// The room.
        room: OwnedRoomId,
        /// The Megolm session.
        session: String,
    } in Family::BackupRoomKey => Json
}

record! {
    /// A user's dehydrated device: it receives messages while no device of the user is signed in. Its public keys lie
    /// with those of the other devices.
    pub struct DehydratedDeviceKey {
        /// Whose.
        user: OwnedUserId,
    } in Family::UserDehydratedDevice => DehydratedDevice
}

/// A dehydrated device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DehydratedDevice {
    /// Its id.
    pub device_id: OwnedDeviceId,
    /// What its owner calls it.
    pub display_name: Option<String>,
    /// Its private part, encrypted by the client.
    pub data: Json,
}

versioned!(DehydratedDevice, 1, |device, inspection| inspection.json(&device.data.0));

#[cfg(test)]
mod tests {
    use ruma::{OwnedDeviceId, OwnedUserId, owned_room_id, owned_user_id};

    use super::*;
    use crate::records::testing::round_trip;

    fn ids() -> (OwnedUserId, OwnedDeviceId, StreamPosition) {
        (owned_user_id!("@анна:example.org"), "DEVICE".into(), StreamPosition(300))
    }

    #[test]
    fn keys_round_trip() {
        let (user, device, position) = ids();
        let (algorithm, key_id) = ("signed_curve25519".to_owned(), "signed_curve25519:AAAAAQ".to_owned());
        let json = Json(br#"{"key":"abc"}"#.to_vec());
        round_trip(&DeviceKeysKey { user: user.clone(), device: device.clone() }, &json);
        let key = OneTimeKeyKey { user: user.clone(), device: device.clone(), algorithm: algorithm.clone(), position };
        round_trip(&key, &OneTimeKey { key_id: key_id.clone(), json: json.clone() });
        let claimed = ClaimedKeyKey { user: user.clone(), device: device.clone(), key_id: key_id.clone() };
        round_trip(&claimed, &());
        round_trip(
            &FallbackKeyKey { user: user.clone(), device, algorithm },
            &FallbackKey { key_id, used: true, json: json.clone() },
        );
        for purpose in [KeyPurpose::Master, KeyPurpose::SelfSigning, KeyPurpose::UserSigning] {
            round_trip(&CrossSigningKeyKey { user: user.clone(), purpose }, &json);
        }
        let signature =
            UserSignature { target_key: "ed25519:a".into(), signing_key: "ed25519:b".into(), signature: "c".into() };
        round_trip(&UserSignatureKey { signer: user.clone(), target: user.clone() }, &signature);
        for viewer in [None, Some(owned_user_id!("@bob:example.org"))] {
            round_trip(&KeyChangeKey { position }, &KeyChange { user: user.clone(), viewer: viewer.clone() });
            round_trip(&KeyChangePositionKey { user: user.clone(), viewer }, &position);
        }
    }

    #[test]
    fn messages_and_backups_round_trip() {
        let (user, device, position) = ids();
        let json = Json(br#"{"type":"m.dummy"}"#.to_vec());
        round_trip(&ToDeviceKey { user: user.clone(), device: device.clone(), position }, &json);
        let sent = ToDeviceTransactionKey {
            user: user.clone(),
            device: device.clone(),
            kind: "m.dummy".into(),
            txn_id: "1".into(),
        };
        round_trip(&sent, &7);
        let backup = BackupVersion { json: json.clone(), etag: 1, count: 2, deleted: false };
        round_trip(&BackupVersionKey { user: user.clone(), version: 4 }, &backup);
        let room = owned_room_id!("!room:example.org");
        round_trip(&BackupKeyKey { user: user.clone(), version: 4, room, session: "s".into() }, &json);
        let dehydrated = DehydratedDevice { device_id: device, display_name: None, data: json };
        round_trip(&DehydratedDeviceKey { user }, &dehydrated);
    }
}
