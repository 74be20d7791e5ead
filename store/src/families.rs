//! The one catalogue of the database on disk: every column family, its name, and how it is tuned.
//!
//! A family holds the records of one key type. Names are `<key>_<value>` and never change; a family that is no
//! longer used stays listed in [`DROPPED`], so that its name is not given to something else.

use crate::keys::Key;
use crate::records as r;
use crate::values::{DecodeError, Inspection, Value};

/// How the engine keeps a family. One of three, because a table of its own for each family would be guesswork.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tuning {
    /// Long values read in runs (timelines): large blocks, so that neighbors compress and come in one read.
    Run,
    /// Looked up by the whole key: a Bloom filter (1 % false) saves the reads for keys that do not exist.
    Point,
    /// Small values walked by prefix: no filter, which a walk could not use.
    Walk,
}

macro_rules! families {
    ($( $(#[$meta:meta])* $family:ident: $key:ty = $name:literal, $tuning:ident; )*) => {
        /// A column family: one kind of record.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Family { $( $(#[$meta])* $family, )* }

        impl Family {
            /// All families, in the order of their discriminants.
            pub const ALL: &'static [Self] = &[ $( Self::$family, )* ];

            /// The family's name on disk.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$family => $name, )* }
            }

            /// How the engine keeps it.
            pub const fn tuning(self) -> Tuning {
                match self { $( Self::$family => Tuning::$tuning, )* }
            }

            /// Decodes one stored record and says what it refers to; `veche check` calls it for each of them.
            pub(crate) fn inspect(self, key: &[u8], value: &[u8]) -> Result<Inspection, DecodeError> {
                match self { $( Self::$family => inspect::<$key>(key, value), )* }
            }
        }

        // A key type that names another family than the one it stands in here would read foreign records.
        $( const _: () = assert!(<$key as Key>::FAMILY as u8 == Family::$family as u8); )*
    };
}

families! {
    /// Numbers the store keeps about itself: schema, position ceiling, sync epoch.
    Meta: r::meta::MetaKey = "name_number", Walk;

    /// A room id to what is fixed about the room.
    RoomIdRoom: r::rooms::RoomIdKey = "roomid_room", Point;
    /// A short room id back to the room id.
    RoomRoomId: r::rooms::ShortRoomKey = "room_roomid", Point;
    /// The timeline: every accepted event in its place.
    RoomOrderEvent: r::rooms::TimelineKey = "roomorder_event", Run;
    /// Where an event is.
    EventIdLocation: r::rooms::EventIdKey = "eventid_location", Point;
    /// Events known outside of any timeline: auth chains, rejected ones.
    EventIdOutlier: r::rooms::OutlierKey = "eventid_outlier", Point;
    /// The forward extremities of a room.
    RoomEventIdExtremity: r::rooms::ExtremityKey = "roomeventid_extremity", Walk;
    /// State groups, as differences to their parents.
    StateGroupDelta: r::rooms::StateGroupKey = "stategroup_delta", Point;
    /// A (type, state key) pair to its number.
    TypeStateKeyNumber: r::rooms::StateKeyKey = "typestatekey_number", Point;
    /// A number back to its (type, state key) pair.
    NumberTypeStateKey: r::rooms::ShortStateKeyKey = "number_typestatekey", Point;
    /// The current state of a room.
    RoomStateGroup: r::rooms::RoomStateKey = "room_stategroup", Point;

    /// The rooms of a user, with the membership's details.
    UserRoomMembership: r::memberships::UserRoomKey = "userroom_membership", Walk;
    /// The members of a room.
    RoomUserMembership: r::memberships::RoomUserKey = "roomuser_membership", Walk;

    /// Events that relate to an event.
    RoomParentRelation: r::relations::RelationKey = "roomparentposition_relation", Walk;
    /// The threads of a room, by their latest event.
    RoomLatestThread: r::relations::ThreadKey = "roomlatestroot_thread", Walk;
    /// A thread's summary, by its root.
    RoomRootThread: r::relations::ThreadRootKey = "roomroot_thread", Point;
    /// Who takes part in a thread.
    RoomRootParticipant: r::relations::ThreadParticipantKey = "roomroot_participant", Walk;

    /// What a client's transaction id led to.
    TransactionResult: r::rooms::TransactionKey = "userdevicetxn_result", Point;
    /// The transaction id that an event was made with.
    PositionTransaction: r::rooms::EventTransactionKey = "position_transaction", Point;
    /// An alias to its room.
    AliasRoom: r::aliases::AliasKey = "alias_room", Point;
    /// The aliases of a room.
    RoomAlias: r::aliases::RoomAliasKey = "roomalias_listed", Walk;
    /// The rooms in the public directory.
    PublicRoom: r::aliases::PublicRoomKey = "roomid_public", Walk;

    /// The newest receipt of each user and thread in a room.
    RoomUserReceipt: r::receipts::ReceiptKey = "roomuserthread_receipt", Walk;
    /// Receipts in the order in which they came.
    RoomPositionReceipt: r::receipts::ReceiptPositionKey = "roomposition_receipt", Walk;
    /// Events a user has to be told about.
    UserRoomPushAction: r::receipts::PushActionKey = "userroomposition_pushaction", Walk;
    /// Events a user was told about and has read.
    UserPositionReadAction: r::receipts::ReadActionKey = "userposition_readaction", Walk;

    /// Where a user's notifications go.
    UserAppPusher: r::pushers::PusherKey = "userapppushkey_pusher", Walk;
    /// How far each pusher has got.
    UserAppPushed: r::pushers::PusherProgressKey = "userapppushkey_pushed", Point;

    /// Account data of a user, global and for rooms.
    UserTypeAccountData: r::users::AccountDataKey = "userroomtype_accountdata", Walk;
    /// Account data in the order in which it changed.
    UserPositionAccountData: r::users::AccountDataPositionKey = "userposition_accountdata", Walk;
    /// Sync filters.
    UserFilter: r::users::FilterKey = "userfilter_filter", Point;
    /// Profile fields.
    UserProfile: r::users::ProfileKey = "userfield_profile", Walk;

    /// Uploads.
    MediaIdMedia: r::content::MediaKey = "mediaid_media", Point;
    /// Uploads that were announced and have not arrived.
    UserPendingMedia: r::content::PendingMediaKey = "usermediaid_announced", Walk;
    /// How much each user has uploaded.
    UserUploadedBytes: r::content::UploadedBytesKey = "user_uploadedbytes", Point;
    /// Thumbnails of images.
    ContentSizeThumbnail: r::content::ThumbnailKey = "contentsize_thumbnail", Point;

    /// Public identity keys of devices.
    UserDeviceKeys: r::e2ee::DeviceKeysKey = "userdevice_devicekeys", Walk;
    /// One-time keys in the order of upload.
    DeviceOneTimeKey: r::e2ee::OneTimeKeyKey = "userdevicealgorithmposition_onetimekey", Walk;
    /// One-time keys claimed since the device's newest upload.
    DeviceClaimedKey: r::e2ee::ClaimedKeyKey = "userdevicekeyid_claimed", Walk;
    /// Fallback keys.
    DeviceFallbackKey: r::e2ee::FallbackKeyKey = "userdevicealgorithm_fallbackkey", Walk;
    /// Cross-signing keys.
    UserCrossSigningKey: r::e2ee::CrossSigningKeyKey = "userpurpose_crosssigningkey", Point;
    /// Signatures of users on other users' master keys.
    SignerTargetSignature: r::e2ee::UserSignatureKey = "signertarget_signature", Point;
    /// Whose keys changed, by when.
    PositionKeyChange: r::e2ee::KeyChangeKey = "position_keychange", Walk;
    /// When a user's keys last changed.
    UserViewerKeyChange: r::e2ee::KeyChangePositionKey = "userviewer_keychangeposition", Point;
    /// Messages to devices, until they confirm them.
    DevicePositionMessage: r::e2ee::ToDeviceKey = "userdeviceposition_todevice", Walk;
    /// Sendings of to-device messages that were done.
    DeviceTransactionSent: r::e2ee::ToDeviceTransactionKey = "userdevicetypetxn_sent", Point;
    /// Key backups.
    UserKeyBackup: r::e2ee::BackupVersionKey = "userversion_keybackup", Walk;
    /// Room keys in backups.
    BackupRoomKey: r::e2ee::BackupKeyKey = "userversionroomsession_backupkey", Walk;
    /// Dehydrated devices.
    UserDehydratedDevice: r::e2ee::DehydratedDeviceKey = "user_dehydrateddevice", Point;

    /// Delayed events.
    DelayIdDelayed: r::delayed::DelayedKey = "delayid_delayed", Point;
    /// Delayed events in the order in which they are due.
    DueDelayId: r::delayed::DueKey = "due_delayid", Walk;
    /// The delayed events of a user that wait.
    UserScheduledDelayId: r::delayed::UserScheduledKey = "userscheduled_delayid", Walk;
    /// The delayed events of a user that have ended.
    UserFinalizedDelayId: r::delayed::UserFinalizedKey = "userfinalized_delayid", Walk;
    /// The delayed event that a transaction id led to.
    UserRequestDelayId: r::delayed::DelayedRequestKey = "userdevicerequest_delayid", Point;
}

/// Names of families that earlier versions used. They are deleted by a migration and never used again.
pub const DROPPED: &[&str] = &[];

fn inspect<K: Key>(key: &[u8], value: &[u8]) -> Result<Inspection, DecodeError> {
    let read = K::read(key).ok_or(DecodeError::Key)?;
    let mut written = Vec::with_capacity(key.len());
    read.write(&mut written);
    let mut inspection = Inspection::default();
    if written != key {
        inspection.problems.push("the key is not written the way this program writes it".to_owned());
    }
    K::Value::decode(value)?.inspect(&mut inspection);
    Ok(inspection)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{DROPPED, Family};

    #[test]
    fn names_are_unique_and_say_key_and_value() {
        let names: BTreeSet<&str> =
            Family::ALL.iter().map(|family| family.name()).chain(DROPPED.iter().copied()).collect();
        assert_eq!(names.len(), Family::ALL.len() + DROPPED.len());
        for name in names {
            let (key, value) = name.split_once('_').expect("a name is <key>_<value>");
            assert!(!key.is_empty() && !value.is_empty() && !value.contains('_'), "{name}");
        }
    }
}
