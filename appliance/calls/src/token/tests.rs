use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::crypto;
use ruma::{owned_device_id, owned_room_id, owned_user_id};
use serde_json::{Value, json};

use super::*;

const NOW_MS: u64 = 1_767_225_600_000;
const NOW_SECS: u64 = NOW_MS / 1_000;
const SECRET: &str = "a secret of forty-three characters, or so..";

fn keys() -> AccessKeys {
    AccessKeys::new("veche", &Secret::new(SECRET.to_owned())).unwrap()
}

/// A token with this header and these claims, signed with this secret by the algorithm of this name.
fn signed(header: &Value, claims: &Value, secret: &str, algorithm: Option<Algorithm>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = EncodingKey::from_secret(secret.as_bytes()).unwrap();
    let signature = algorithm.map(|it| crypto::sign(message.as_bytes(), &key, it).unwrap()).unwrap_or_default();
    format!("{message}.{signature}")
}

fn usual(claims: &Value) -> String {
    signed(&json!({ "alg": "HS256", "typ": "JWT" }), claims, SECRET, Some(Algorithm::HS256))
}

fn claims() -> Value {
    json!({ "iss": "veche", "sub": "somebody", "exp": NOW_SECS + 60, "video": { "roomJoin": true, "room": "call" } })
}

fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[field] = value.into();
    claims
}

fn without(field: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(field);
    claims
}

fn verified(token: &str) -> Result<Grants, TokenError> {
    keys().verify(token, NOW_MS)
}

#[test]
fn what_was_issued_is_read_back_whole() {
    let grants = Grants {
        identity: "@alice:x.example:HOME".to_owned(),
        name: "Alice".to_owned(),
        kind: "standard".to_owned(),
        metadata: "m".to_owned(),
        attributes: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        video: VideoGrant {
            room_join: true,
            room: "call".to_owned(),
            can_publish: Some(false),
            can_publish_sources: vec!["microphone".to_owned()],
            ..VideoGrant::default()
        },
        expires_secs: NOW_SECS + 3_600,
        holder: Some(Holder {
            user_id: owned_user_id!("@alice:x.example"),
            device_id: owned_device_id!("HOME"),
            room_id: owned_room_id!("!r:x.example"),
        }),
    };
    let token = keys().issue(&grants, NOW_MS);
    assert_eq!(verified(token.expose()), Ok(grants));
    let payload = token.expose().split('.').nth(1).unwrap();
    let told: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    assert_eq!((&told["iss"], &told["nbf"]), (&json!("veche"), &json!(NOW_SECS)));
    let video = json!({ "roomJoin": true, "room": "call", "canPublish": false, "canPublishSources": ["microphone"] });
    assert_eq!(told["video"], video);
}

#[test]
fn a_token_that_says_little_allows_what_livekit_allows() {
    let grants = verified(&usual(&claims())).unwrap();
    assert!(grants.video.may_publish() && grants.video.may_subscribe() && grants.video.may_publish_data());
    assert!(!grants.video.may_update_own_metadata() && grants.holder.is_none());
    let silent = json!({ "roomJoin": true, "room": "call", "canPublish": false, "somethingNew": 7 });
    let grants = verified(&usual(&with("video", silent))).unwrap();
    assert!(!grants.video.may_publish() && grants.video.may_subscribe() && !grants.video.may_publish_data());
}

#[test]
fn only_our_own_way_of_signing_counts() {
    let header = |alg: &str| json!({ "alg": alg, "typ": "JWT" });
    for (alg, by) in [
        ("none", None),
        ("None", None),
        ("none", Some(Algorithm::HS256)),
        ("HS512", Some(Algorithm::HS512)),
        ("HS384", Some(Algorithm::HS384)),
        ("RS256", Some(Algorithm::HS256)),
        ("hs256", Some(Algorithm::HS256)),
        ("", Some(Algorithm::HS256)),
    ] {
        let refused = verified(&signed(&header(alg), &claims(), SECRET, by)).unwrap_err();
        assert!(matches!(refused, TokenError::Algorithm | TokenError::Malformed), "{alg}: {refused:?}");
    }
    let other = signed(&header("HS256"), &claims(), "another secret", Some(Algorithm::HS256));
    assert_eq!(verified(&other), Err(TokenError::Signature));
    assert_eq!(verified(&signed(&header("HS256"), &claims(), SECRET, None)), Err(TokenError::Signature));
    let good = usual(&claims());
    let (head, rest) = good.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let forged = URL_SAFE_NO_PAD.encode(with("sub", "somebody else").to_string());
    assert_eq!(verified(&format!("{head}.{forged}.{signature}")), Err(TokenError::Signature));
}

#[test]
fn a_token_is_good_for_its_time_and_a_minute_around_it() {
    let at = |claims: &Value| verified(&usual(claims)).err();
    assert_eq!(at(&with("exp", NOW_SECS - LEEWAY_SECS + 1)), None);
    assert_eq!(at(&with("exp", NOW_SECS - LEEWAY_SECS)), Some(TokenError::Expired));
    assert_eq!(at(&with("nbf", NOW_SECS + LEEWAY_SECS)), None);
    assert_eq!(at(&with("nbf", NOW_SECS + LEEWAY_SECS + 1)), Some(TokenError::NotYet));
    assert_eq!(at(&with("exp", u64::MAX)), None);
}

#[test]
fn what_must_be_said_is_said_and_nothing_else_is_a_token() {
    let at = |claims: &Value| verified(&usual(claims)).err();
    assert_eq!(at(&with("iss", "other")), Some(TokenError::Issuer));
    for field in ["exp", "iss", "sub"] {
        assert_eq!(at(&without(field)), Some(TokenError::Malformed), "{field}");
    }
    for (field, value) in [("exp", json!("soon")), ("exp", json!(-1)), ("sub", json!(7)), ("video", json!(7))] {
        assert_eq!(at(&with(field, value.clone())), Some(TokenError::Malformed), "{field} {value}");
    }
    for text in ["", ".", "..", "a.b.c", "a.b.c.d", "ünïcode.b.c", "\u{0}.\u{0}.\u{0}"] {
        assert!(verified(text).is_err(), "{text}");
    }
    assert_eq!(verified(&usual(&with("metadata", "x".repeat(CALL_TOKEN_BYTES_MAX)))), Err(TokenError::TooLong));
}

#[test]
fn the_secret_is_not_printed_and_not_empty() {
    assert!(!format!("{:?}", keys()).contains(SECRET));
    assert_eq!(AccessKeys::new("veche", &Secret::new(String::new())).unwrap_err(), EmptySecret);
}
