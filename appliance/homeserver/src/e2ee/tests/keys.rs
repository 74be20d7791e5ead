//! Uploading, asking for and claiming keys.

use super::*;

async fn claim(house: &House, of: &Device) -> Option<String> {
    let wanted = BTreeMap::from([(of.id.clone(), "signed_curve25519".to_owned())]);
    let claimed = house.e2ee().claim_keys(BTreeMap::from([(of.user.clone(), wanted)])).await.unwrap();
    Some(claimed.get(&of.user)?.get(&of.id)?.0.clone())
}

fn otk(name: &str) -> Option<String> {
    Some(format!("signed_curve25519:{name}"))
}

#[tokio::test]
async fn a_device_and_its_name_are_shown_to_others() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "PHONE").await, house.sign_in("bob", "B").await);
    let seen = house.query(&bob.user, &alice.user);
    let keys = value(&seen.device_keys[&alice.user][device_id("PHONE")]);
    assert_eq!(keys["unsigned"]["device_display_name"], "alice's PHONE");
    assert_eq!(keys["signatures"], alice.signed_keys()["signatures"]);
    let nobody: OwnedUserId = "@nobody:x.example".try_into().unwrap();
    assert!(house.query(&bob.user, &nobody).device_keys.is_empty());
    // Known, but without keys.
    assert!(house.query(&alice.user, &bob.user).device_keys[&bob.user].is_empty());
    let named = BTreeMap::from([(alice.user.clone(), vec!["OTHER".into()])]);
    assert!(house.e2ee().query_keys(&bob.user, &named).unwrap().device_keys[&alice.user].is_empty());
}

#[tokio::test]
async fn keys_that_are_not_the_device_s_own_are_refused() {
    let house = House::new().await;
    let (alice, bob) = (house.sign_in("alice", "A").await, house.sign_in("bob", "B").await);
    let outcome = house.upload(&bob, alice.keys()).await;
    assert!(matches!(outcome, Err(UploadKeysError::NotYours)), "{outcome:?}");
    let mut forged = alice.signed_keys();
    forged["algorithms"] = json!(["m.none"]);
    let upload = KeysUpload { device_keys: Some(raw(&forged)), ..KeysUpload::default() };
    let outcome = house.upload(&alice, upload).await;
    assert!(matches!(outcome, Err(UploadKeysError::BadSignature(_))), "{outcome:?}");
    let outcome = house.upload(&alice, alice.one_time_keys(&["1"])).await;
    assert!(matches!(outcome, Err(UploadKeysError::Invalid(_))), "no device keys yet: {outcome:?}");
    house.upload(&alice, alice.keys()).await.unwrap();
    let stranger = Signer::named("A").sign(&alice.user, &json!({ "key": "k" }));
    for bad in [stranger, json!({ "key": "k" }), json!("k"), json!({ "key": 1.5 })] {
        let one_time_keys = vec![("signed_curve25519:1".to_owned(), raw(&bad))];
        assert!(house.upload(&alice, KeysUpload { one_time_keys, ..KeysUpload::default() }).await.is_err(), "{bad}");
    }
    assert_eq!(house.update(&alice, None).one_time_keys["signed_curve25519"], 0);
}

#[tokio::test]
async fn keys_are_handed_out_once_in_the_order_of_upload() {
    let house = House::new().await;
    let alice = house.device("alice", "A").await;
    house.upload(&alice, alice.one_time_keys(&["9", "8"])).await.unwrap();
    let counts = house.upload(&alice, alice.one_time_keys(&["1"])).await.unwrap();
    assert_eq!(counts["signed_curve25519"], 3);
    let since = house.now();
    assert!(house.update(&alice, Some(since)).is_empty());
    for expected in ["9", "8", "1"] {
        assert_eq!(claim(&house, &alice).await, otk(expected));
    }
    assert_eq!(claim(&house, &alice).await, None);
    let update = house.update(&alice, Some(since));
    assert!(update.counts_changed);
    assert_eq!(update.one_time_keys["signed_curve25519"], 0);
}

#[tokio::test]
async fn claims_at_once_never_get_the_same_key() {
    let house = House::new().await;
    let alice = house.device("alice", "A").await;
    let names: Vec<String> = (10..60).map(|name| name.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    house.upload(&alice, alice.one_time_keys(&names)).await.unwrap();
    let claims = (0..60).map(|_| claim(&house, &alice));
    let claimed = futures_util::future::join_all(claims).await;
    let distinct: std::collections::BTreeSet<_> = claimed.iter().flatten().collect();
    assert_eq!((distinct.len(), claimed.iter().flatten().count()), (50, 50));
}

#[tokio::test]
async fn an_upload_repeated_after_a_claim_brings_nothing_back() {
    let house = House::new().await;
    let alice = house.device("alice", "A").await;
    house.upload(&alice, alice.one_time_keys(&["1", "2"])).await.unwrap();
    assert_eq!(claim(&house, &alice).await, otk("1"));
    // The device never saw our answer and says it again.
    let counts = house.upload(&alice, alice.one_time_keys(&["1", "2"])).await.unwrap();
    assert_eq!(counts["signed_curve25519"], 1);
    assert_eq!(claim(&house, &alice).await, otk("2"));
    assert_eq!(claim(&house, &alice).await, None);
}

#[tokio::test]
async fn a_key_keeps_its_content_and_a_device_has_so_many() {
    let house = House::new().await;
    let alice = house.device("alice", "A").await;
    house.upload(&alice, alice.one_time_keys(&["1"])).await.unwrap();
    let other = KeysUpload { one_time_keys: vec![alice.one_time("1", "other")], ..KeysUpload::default() };
    let error = house.upload(&alice, other).await.unwrap_err();
    assert!(error.to_string().starts_with("One time key signed_curve25519:1 already exists. Old key: {"), "{error}");
    let names: Vec<String> = (100..300).map(|name| name.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let outcome = house.upload(&alice, alice.one_time_keys(&names)).await;
    assert!(matches!(outcome, Err(UploadKeysError::TooMany)), "{outcome:?}");
    assert_eq!(house.upload(&alice, alice.one_time_keys(&names[..199])).await.unwrap()["signed_curve25519"], 200);
}

#[tokio::test]
async fn the_fallback_key_serves_when_nothing_else_is_left() {
    let house = House::new().await;
    let alice = house.device("alice", "A").await;
    let fallback = |key: &str| KeysUpload { fallback_keys: vec![alice.one_time("F", key)], ..KeysUpload::default() };
    house.upload(&alice, fallback("f")).await.unwrap();
    assert_eq!(house.update(&alice, None).unused_fallback_keys, ["signed_curve25519"]);
    assert_eq!(claim(&house, &alice).await, otk("F"));
    assert_eq!(claim(&house, &alice).await, otk("F"));
    assert!(house.update(&alice, None).unused_fallback_keys.is_empty());
    house.upload(&alice, fallback("f")).await.unwrap();
    assert!(house.update(&alice, None).unused_fallback_keys.is_empty(), "the same key stays used");
    house.upload(&alice, fallback("g")).await.unwrap();
    assert_eq!(house.update(&alice, None).unused_fallback_keys, ["signed_curve25519"]);
}

#[tokio::test]
async fn a_device_that_signed_out_is_forgotten() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "A").await, house.device("bob", "B").await);
    house.room(&[&alice, &bob]).await;
    house.upload(&alice, alice.one_time_keys(&["1"])).await.unwrap();
    let since = house.now();
    house.sign_out(&alice).await;
    assert!(house.query(&bob.user, &alice.user).device_keys[&alice.user].is_empty());
    assert_eq!(claim(&house, &alice).await, None);
    assert_eq!(house.update(&bob, Some(since)).changed, std::slice::from_ref(&alice.user));
    let again = house.sign_in("alice", "A").await;
    assert_eq!(house.update(&again, None).one_time_keys["signed_curve25519"], 0);
}

#[tokio::test]
async fn a_device_has_one_fallback_key_for_each_of_few_algorithms() {
    let house = House::new().await;
    let alice = house.device("alice", "HOME").await;
    let upload = |algorithm: usize| {
        let key = raw(&alice.key.sign(&alice.user, &json!({ "key": "f", "fallback": true })));
        let fallback_keys = vec![(format!("signed_org.example.{algorithm}:F"), key)];
        KeysUpload { fallback_keys, ..KeysUpload::default() }
    };
    for algorithm in 0..10 {
        house.upload(&alice, upload(algorithm)).await.unwrap();
    }
    let more = house.upload(&alice, upload(10)).await;
    assert!(matches!(more, Err(UploadKeysError::TooMany)), "{more:?}");
    house.upload(&alice, upload(3)).await.unwrap();
}

#[tokio::test]
async fn a_device_that_comes_back_under_its_name_starts_anew_and_keeps_its_new_keys() {
    let house = House::new().await;
    let (former, bob) = (house.device("alice", "PHONE").await, house.device("bob", "B").await);
    house.upload(&former, former.one_time_keys(&["old"])).await.unwrap();
    // Nobody works the note off that the device is gone: as after a crash.
    let directory = &house.server.core.directory;
    directory.logout(&directory.authenticate(&former.token).await.unwrap()).await.unwrap();
    let latter = house.device("alice", "PHONE").await;
    house.upload(&latter, latter.one_time_keys(&["new"])).await.unwrap();
    house.server.departures.settle_all().await.unwrap();
    let seen = house.query(&bob.user, &latter.user);
    assert_eq!(
        value(&seen.device_keys[&latter.user][device_id("PHONE")])["signatures"],
        latter.signed_keys()["signatures"]
    );
    assert_eq!(claim(&house, &latter).await, otk("new"));
    assert_eq!(claim(&house, &latter).await, None, "what the former one left is gone");
}
