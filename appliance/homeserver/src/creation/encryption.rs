//! The site's policy on encryption, as far as new rooms follow it.

use std::sync::atomic::Ordering;

use ruma::events::TimelineEventType;
use serde_json::json;
use veche_directory::EncryptionPolicy;
use veche_rooms::NewEvent;

use super::{Creation, NewRoom, Preset};
use crate::timeline::state_event;

/// The one algorithm that clients know for rooms.
const MEGOLM: &str = "m.megolm.v1.aes-sha2";

impl Creation {
    /// What new rooms follow.
    pub fn encryption_policy(&self) -> EncryptionPolicy {
        match self.encrypts_private.load(Ordering::Relaxed) {
            true => EncryptionPolicy::Private,
            false => EncryptionPolicy::Managed,
        }
    }

    /// Lets rooms made from now on follow another policy. Those that are there stay as they are.
    pub fn set_encryption_policy(&self, policy: EncryptionPolicy) {
        self.encrypts_private.store(policy == EncryptionPolicy::Private, Ordering::Relaxed);
    }

    /// The event that encrypts a room by invitation, where the policy says so. A space has nothing to encrypt, and a room
    /// that replaces another one is protected as that was.
    pub(super) fn encryption(&self, new: &NewRoom) -> Option<NewEvent> {
        let is_space = new.creation_content.get("type").is_some_and(|kind| kind == "m.space");
        let is_private = new.preset != Preset::Public;
        let encrypts = self.encryption_policy() == EncryptionPolicy::Private;
        (encrypts && is_private && !is_space && new.predecessor.is_none())
            .then(|| state_event(TimelineEventType::RoomEncryption, "", &json!({ "algorithm": MEGOLM })))
    }
}

#[cfg(test)]
mod tests {
    use ruma::events::StateEventType;
    use serde_json::{Map, json};
    use veche_directory::EncryptionPolicy;

    use super::super::{NewRoom, Preset};
    use crate::testing::{House, new_room, user};

    async fn is_encrypted(house: &House, new: NewRoom) -> bool {
        let room = house.server.creation.create(new).await.unwrap();
        let head = house.server.parts.rooms.find(&room).unwrap().head();
        head.state_event(&StateEventType::RoomEncryption, "").is_some()
    }

    #[tokio::test]
    async fn rooms_by_invitation_are_encrypted_where_the_policy_says_so() {
        let house = House::new().await;
        let new = |preset| new_room(&user("alice"), preset);
        assert!(!is_encrypted(&house, new(Preset::Private)).await, "managed, unless somebody has chosen");
        house.server.creation.set_encryption_policy(EncryptionPolicy::Private);
        assert!(is_encrypted(&house, new(Preset::Private)).await);
        assert!(is_encrypted(&house, new(Preset::TrustedPrivate)).await);
        assert!(!is_encrypted(&house, new(Preset::Public)).await);
        let mut space = Map::new();
        space.insert("type".to_owned(), json!("m.space"));
        assert!(!is_encrypted(&house, NewRoom { creation_content: space, ..new(Preset::Private) }).await);
        house.server.creation.set_encryption_policy(EncryptionPolicy::Managed);
        assert!(!is_encrypted(&house, new(Preset::Private)).await);
    }
}
