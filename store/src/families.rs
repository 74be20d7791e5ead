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

/// What keeps a family from growing without end. A family without an answer does not compile: a table that anybody can
/// fill for ever fills the disk of everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// A handful of records, whatever happens.
    Fixed,
    /// A few records for each account, or for each two; administrators decide how many accounts there are.
    Accounts,
    /// A few records for each event and for each of its readers: what people say is kept. How fast events come is
    /// limited by rates, and on a disk that is nearly full none is taken.
    Events,
    /// So many records for each account, device or room: the constant that says how many.
    Limit(&'static str),
    /// Records older than this go when newer ones come: the constant that says how old.
    Age(&'static str),
    /// A few records for each record of another family.
    With(Family),
}

macro_rules! families {
    ($( $(#[$meta:meta])* $family:ident: $key:ty = $name:literal, $tuning:ident, $bound:expr; )*) => {
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

            /// What keeps it from growing without end.
            pub const fn bound(self) -> Bound {
                use Bound::{Accounts, Age, Events, Fixed, Limit, With};
                match self { $( Self::$family => $bound, )* }
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
    Meta: r::meta::MetaKey = "name_number", Walk, Fixed;

    /// A room id to what is fixed about the room.
    RoomIdRoom: r::rooms::RoomIdKey = "roomid_room", Point, Events;
    /// A short room id back to the room id.
    RoomRoomId: r::rooms::ShortRoomKey = "room_roomid", Point, With(Family::RoomIdRoom);
    /// The timeline: every accepted event in its place.
    RoomOrderEvent: r::rooms::TimelineKey = "roomorder_event", Run, Events;
    /// Where an event is.
    EventIdLocation: r::rooms::EventIdKey = "eventid_location", Point, Events;
    /// Events known outside of any timeline: auth chains, rejected ones.
    EventIdOutlier: r::rooms::OutlierKey = "eventid_outlier", Point, Events;
    /// The forward extremities of a room.
    RoomEventIdExtremity: r::rooms::ExtremityKey = "roomeventid_extremity", Walk, Limit("FORWARD_EXTREMITIES_MAX");
    /// State groups, as differences to their parents.
    StateGroupDelta: r::rooms::StateGroupKey = "stategroup_delta", Point, Events;
    /// A (type, state key) pair to its number.
    TypeStateKeyNumber: r::rooms::StateKeyKey = "typestatekey_number", Point, Events;
    /// A number back to its (type, state key) pair.
    NumberTypeStateKey: r::rooms::ShortStateKeyKey = "number_typestatekey", Point, With(Family::TypeStateKeyNumber);
    /// The current state of a room.
    RoomStateGroup: r::rooms::RoomStateKey = "room_stategroup", Point, With(Family::RoomIdRoom);

    /// The rooms of a user, with the membership's details.
    UserRoomMembership: r::memberships::UserRoomKey = "userroom_membership", Walk, Events;
    /// The members of a room.
    RoomUserMembership: r::memberships::RoomUserKey = "roomuser_membership", Walk, Events;

    /// Events that relate to an event.
    RoomParentRelation: r::relations::RelationKey = "roomparentposition_relation", Walk, Events;
    /// The threads of a room, by their latest event.
    RoomLatestThread: r::relations::ThreadKey = "roomlatestroot_thread", Walk, With(Family::RoomRootThread);
    /// A thread's summary, by its root.
    RoomRootThread: r::relations::ThreadRootKey = "roomroot_thread", Point, Events;
    /// Who takes part in a thread.
    RoomRootParticipant: r::relations::ThreadParticipantKey = "roomroot_participant", Walk, Events;

    /// What a client's transaction id led to.
    TransactionResult: r::rooms::TransactionKey = "userdevicetxn_result", Point, With(Family::PositionTransaction);
    /// The transaction id that an event was made with.
    PositionTransaction: r::rooms::EventTransactionKey = "position_transaction", Point, Events;
    /// An alias to its room.
    AliasRoom: r::aliases::AliasKey = "alias_room", Point, Limit("ALIASES_PER_ROOM_MAX");
    /// The aliases of a room.
    RoomAlias: r::aliases::RoomAliasKey = "roomalias_listed", Walk, With(Family::AliasRoom);
    /// The rooms in the public directory.
    PublicRoom: r::aliases::PublicRoomKey = "roomid_public", Walk, With(Family::RoomIdRoom);

    /// The newest receipt of each user and thread in a room.
    RoomUserReceipt: r::receipts::ReceiptKey = "roomuserthread_receipt", Walk, Events;
    /// Receipts in the order in which they came.
    RoomPositionReceipt: r::receipts::ReceiptPositionKey = "roomposition_receipt", Walk, With(Family::RoomUserReceipt);
    /// Events a user has to be told about.
    UserRoomPushAction: r::receipts::PushActionKey = "userroomposition_pushaction", Walk, Events;
    /// Events a user was told about and has read.
    UserPositionReadAction: r::receipts::ReadActionKey = "userposition_readaction", Walk, Limit("READ_NOTIFICATIONS_PER_USER_MAX");

    /// Where a user's notifications go.
    UserAppPusher: r::pushers::PusherKey = "userapppushkey_pusher", Walk, Limit("PUSHERS_PER_USER_MAX");
    /// How far each pusher has got.
    UserAppPushed: r::pushers::PusherProgressKey = "userapppushkey_pushed", Point, With(Family::UserAppPusher);

    /// Account data of a user, global and for rooms.
    UserTypeAccountData: r::users::AccountDataKey = "userroomtype_accountdata", Walk, Limit("ACCOUNT_DATA_TYPES_PER_USER_MAX");
    /// Account data in the order in which it changed.
    UserPositionAccountData: r::users::AccountDataPositionKey = "userposition_accountdata", Walk, With(Family::UserTypeAccountData);
    /// Sync filters.
    UserFilter: r::users::FilterKey = "userfilter_filter", Point, Limit("FILTERS_PER_USER_MAX");
    /// Profile fields.
    UserProfile: r::users::ProfileKey = "userfield_profile", Walk, Limit("PROFILE_BYTES_MAX");

    /// Uploads.
    MediaIdMedia: r::content::MediaKey = "mediaid_media", Point, Limit("UPLOADS_PER_USER_BYTES_MAX");
    /// Uploads that were announced and have not arrived.
    UserPendingMedia: r::content::PendingMediaKey = "usermediaid_announced", Walk, Limit("UPLOADS_PENDING_PER_USER_MAX");
    /// How much each user has uploaded.
    UserUploadedBytes: r::content::UploadedBytesKey = "user_uploadedbytes", Point, Accounts;
    /// Thumbnails of images.
    ContentSizeThumbnail: r::content::ThumbnailKey = "contentsize_thumbnail", Point, With(Family::MediaIdMedia);

    /// Public identity keys of devices.
    UserDeviceKeys: r::e2ee::DeviceKeysKey = "userdevice_devicekeys", Walk, Limit("DEVICES_PER_USER_MAX");
    /// One-time keys in the order of upload.
    DeviceOneTimeKey: r::e2ee::OneTimeKeyKey = "userdevicealgorithmposition_onetimekey", Walk, Limit("ONE_TIME_KEYS_PER_DEVICE_MAX");
    /// One-time keys claimed since the device's newest upload.
    DeviceClaimedKey: r::e2ee::ClaimedKeyKey = "userdevicekeyid_claimed", Walk, Limit("CLAIMED_KEYS_MAX");
    /// Fallback keys.
    DeviceFallbackKey: r::e2ee::FallbackKeyKey = "userdevicealgorithm_fallbackkey", Walk, Limit("FALLBACK_KEYS_MAX");
    /// Cross-signing keys.
    UserCrossSigningKey: r::e2ee::CrossSigningKeyKey = "userpurpose_crosssigningkey", Point, Accounts;
    /// Signatures of users on other users' master keys.
    SignerTargetSignature: r::e2ee::UserSignatureKey = "signertarget_signature", Point, Accounts;
    /// Whose keys changed, by when.
    PositionKeyChange: r::e2ee::KeyChangeKey = "position_keychange", Walk, With(Family::UserViewerKeyChange);
    /// When a user's keys last changed.
    UserViewerKeyChange: r::e2ee::KeyChangePositionKey = "userviewer_keychangeposition", Point, Accounts;
    /// Messages to devices, until they confirm them.
    DevicePositionMessage: r::e2ee::ToDeviceKey = "userdeviceposition_todevice", Walk, Limit("TO_DEVICE_QUEUE_MAX");
    /// Sendings of to-device messages that were done.
    DeviceTransactionSent: r::e2ee::ToDeviceTransactionKey = "userdevicetypetxn_sent", Point, Age("TRANSACTION_MS");
    /// Key backups.
    UserKeyBackup: r::e2ee::BackupVersionKey = "userversion_keybackup", Walk, Limit("KEY_BACKUPS_PER_USER_MAX");
    /// Room keys in backups.
    BackupRoomKey: r::e2ee::BackupKeyKey = "userversionroomsession_backupkey", Walk, Limit("KEY_BACKUP_KEYS_MAX");
    /// Dehydrated devices.
    UserDehydratedDevice: r::e2ee::DehydratedDeviceKey = "user_dehydrateddevice", Point, Accounts;

    /// Delayed events.
    DelayIdDelayed: r::delayed::DelayedKey = "delayid_delayed", Point, Limit("DELAYED_EVENTS_PER_USER_MAX");
    /// Delayed events in the order in which they are due.
    DueDelayId: r::delayed::DueKey = "due_delayid", Walk, With(Family::DelayIdDelayed);
    /// The delayed events of a user that wait.
    UserScheduledDelayId: r::delayed::UserScheduledKey = "userscheduled_delayid", Walk, Limit("DELAYED_EVENTS_PER_USER_MAX");
    /// The delayed events of a user that have ended.
    UserFinalizedDelayId: r::delayed::UserFinalizedKey = "userfinalized_delayid", Walk, Limit("FINALIZED_PER_USER_MAX");
    /// The delayed event that a transaction id led to.
    UserRequestDelayId: r::delayed::DelayedRequestKey = "userdevicerequest_delayid", Point, With(Family::DelayIdDelayed);
    /// Delayed events that the server puts off and sends for a participant of a call.
    DelayIdDelegation: r::delayed::DelegationKey = "delayid_delegation", Walk, With(Family::DelayIdDelayed);
    /// For how long delayed events are to stick once they are sent.
    DelayIdSticky: r::sticky::DelayedStickyKey = "delayid_stickyms", Point, With(Family::DelayIdDelayed);
    /// Events that stick in their room.
    RoomPositionSticky: r::sticky::StickyKey = "roomposition_sticky", Walk, Age("STICKY_EVENT_SECS_MAX");
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

    use super::{Bound, DROPPED, Family};

    #[test]
    fn what_a_family_grows_with_is_bounded() {
        for family in Family::ALL {
            let mut bound = family.bound();
            for _ in 0..Family::ALL.len() {
                match bound {
                    Bound::With(other) => bound = other.bound(),
                    Bound::Fixed | Bound::Accounts | Bound::Events | Bound::Limit(_) | Bound::Age(_) => break,
                }
            }
            assert!(!matches!(bound, Bound::With(_)), "{family:?} grows with itself");
        }
    }

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
