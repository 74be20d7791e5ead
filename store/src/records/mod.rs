//! Every kind of record, one file per area: its key, its value, and their round trip in a test.
//!
//! # Adding a record
//!
//! 1. In the area's file, the key and the value:
//!    ```ignore
//!    record! {
//!        /// One-time keys that clients have uploaded and nobody has claimed.
//!        pub struct OneTimeKeyKey {
//!            /// Whose device.
//!            user: OwnedUserId,
//!            /// Which device.
//!            device: OwnedDeviceId,
//!            /// Algorithm and key id, as uploaded.
//!            key_id: String,
//!        } in Family::DeviceOneTimeKey => Json
//!    }
//!    ```
//!    A value of our own is a serde struct and `versioned!(Name, 1);`. Scans walk in the order of the fields, so
//!    what is scanned together comes first.
//! 2. In `families.rs`, one line: `/// What it is.` and
//!    `DeviceOneTimeKey: r::e2ee::OneTimeKeyKey = "userdevicekeyid_onetimekey", Walk;`
//! 3. In the area's tests, one line: `round_trip(&key, &value)`. `veche check` knows the record already.
//!
//! # Changing a record
//!
//! A record written by a released version never changes in place: raise the number in `versioned!`, add a file in
//! `migrate/` that rewrites the old ones, and keep a fixture of the old encoding in its test.
//! Postcard does not name fields, so **every** change of a struct's fields is such a change.

pub mod aliases;
pub mod content;
pub mod delayed;
pub mod e2ee;
pub mod memberships;
pub mod meta;
pub mod pushers;
pub mod receipts;
pub mod relations;
pub mod rooms;
pub mod sticky;
pub mod users;

#[cfg(test)]
pub(crate) mod testing {
    use std::fmt::Debug;

    use crate::keys::Key;
    use crate::values::Value;

    /// Writes and reads the record back, and cuts and lengthens its bytes to see that damage is an error.
    pub(crate) fn round_trip<K: Key>(key: &K, value: &K::Value)
    where
        K::Value: Debug + PartialEq,
    {
        let mut key_bytes = Vec::new();
        key.write(&mut key_bytes);
        assert_eq!(K::read(&key_bytes).as_ref(), Some(key));
        let bytes = value.encode();
        assert_eq!(K::Value::decode(&bytes).as_ref(), Ok(value));
        assert!(K::FAMILY.inspect(&key_bytes, &bytes).expect("a good record").problems.is_empty());
        for end in 0..key_bytes.len() {
            // Most cuts leave no key; none may panic or give the same key.
            assert_ne!(K::read(&key_bytes[..end]).as_ref(), Some(key));
        }
        for end in 0..bytes.len() {
            assert_ne!(K::Value::decode(&bytes[..end]).as_ref(), Ok(value));
        }
    }
}
