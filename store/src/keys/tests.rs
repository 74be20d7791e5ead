use std::fmt::Debug;

use proptest::prelude::*;
use ruma::{OwnedDeviceId, OwnedEventId, OwnedRoomAliasId, OwnedRoomId, OwnedServerName, OwnedUserId};

use super::{KeyPart, KeyWrite};
use crate::positions::{ShortRoomId, StreamPosition};

fn bytes(part: &impl KeyWrite) -> Vec<u8> {
    let mut out = Vec::new();
    part.write(&mut out);
    out
}

/// The order of the parts is the order of their bytes, neither is a prefix of the other, and each reads back, also
/// with something behind it.
fn check<T: KeyPart + Ord + Debug>(one: &T, other: &T) {
    let (first, second) = (bytes(one), bytes(other));
    assert_eq!(first.cmp(&second), one.cmp(other), "{one:?} and {other:?} sort differently as bytes");
    if one != other {
        assert!(!first.starts_with(&second) && !second.starts_with(&first), "{one:?} {other:?}");
    }
    let followed = [first.as_slice(), &[0, 255]].concat();
    let mut rest = followed.as_slice();
    assert_eq!(T::read(&mut rest).as_ref(), Some(one));
    assert_eq!(rest, [0, 255]);
}

/// Strings of the characters that could go wrong, so that shared beginnings are common.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(
            proptest::sample::select(vec!['\0', '\u{1}', '\u{2}', 'a', 'b', 'я', '\u{10FFFF}']),
            0..6
        )
        .prop_map(String::from_iter),
        any::<String>(),
    ]
}

proptest! {
    #[test]
    fn numbers_sort_as_bytes(a: (u64, i64, u32, u8, bool), b: (u64, i64, u32, u8, bool)) {
        check(&a.0, &b.0);
        check(&a.1, &b.1);
        check(&a.2, &b.2);
        check(&a.3, &b.3);
        check(&a.4, &b.4);
        check(&a, &b);
        check(&StreamPosition(a.0), &StreamPosition(b.0));
        check(&ShortRoomId(a.0), &ShortRoomId(b.0));
    }

    #[test]
    fn strings_sort_as_bytes(a in text(), b in text()) {
        check(&a, &b);
        check(&(a.clone(), b.clone()), &(b.clone(), a.clone()));
        check(&Some(a.clone()), &Some(b.clone()));
        check(&Some(a.clone()), &None);
        check(&(None::<String>, a), &(None, b));
    }

    #[test]
    fn hashes_sort_as_bytes(a: [u8; 32], b: [u8; 32]) {
        check(&a, &b);
    }

    #[test]
    fn ids_sort_as_bytes(a in "[a-z0-9.=_/+-]{1,12}", b in "[a-z0-9.=_/+-]{1,12}") {
        fn both<T: KeyPart + Ord + Debug + TryFrom<String>>(a: String, b: String) {
            if let (Ok(a), Ok(b)) = (T::try_from(a), T::try_from(b)) {
                check(&a, &b);
            }
        }
        both::<OwnedUserId>(format!("@{a}:x"), format!("@{b}:x"));
        both::<OwnedRoomId>(format!("!{a}"), format!("!{b}"));
        both::<OwnedEventId>(format!("${a}"), format!("${b}"));
        both::<OwnedRoomAliasId>(format!("#{a}:x"), format!("#{b}:x"));
        both::<OwnedDeviceId>(a.clone(), b.clone());
        both::<OwnedServerName>(a, b);
    }

    #[test]
    fn any_bytes_are_a_key_or_none(noise: Vec<u8>) {
        // What is read must be exactly what was written: no two byte strings stand for one key.
        fn reread<T: KeyPart>(noise: &[u8]) {
            let mut rest = noise;
            if let Some(part) = T::read(&mut rest) {
                assert_eq!(bytes(&part), noise[..noise.len() - rest.len()]);
            }
        }
        reread::<u64>(&noise);
        reread::<i64>(&noise);
        reread::<bool>(&noise);
        reread::<String>(&noise);
        reread::<Option<String>>(&noise);
        reread::<OwnedUserId>(&noise);
        reread::<(u8, String, [u8; 3])>(&noise);
    }
}
