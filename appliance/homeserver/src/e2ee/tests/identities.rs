//! Cross-signing: identities and signatures.

use super::*;

/// The three keys of a user.
struct Identity {
    user: OwnedUserId,
    master: Signer,
    self_signing: Signer,
    user_signing: Signer,
}

impl Identity {
    fn of(user: &UserId) -> Self {
        let [master, self_signing, user_signing] = [(); 3].map(|()| Signer::identity());
        Self { user: user.to_owned(), master, self_signing, user_signing }
    }

    fn master_key(&self) -> Value {
        self.master.cross_signing(&self.user, "master")
    }

    fn signed(&self, key: &Signer, usage: &str) -> Option<Box<RawValue>> {
        Some(raw(&self.master.sign(&self.user, &key.cross_signing(&self.user, usage))))
    }

    fn keys(&self) -> SigningKeys {
        SigningKeys {
            master: Some(raw(&self.master_key())),
            self_signing: self.signed(&self.self_signing, "self_signing"),
            user_signing: self.signed(&self.user_signing, "user_signing"),
        }
    }
}

impl House {
    async fn identity(&self, user: &UserId) -> Identity {
        let identity = Identity::of(user);
        self.e2ee().upload_signing_keys(user, identity.keys(), None).await.unwrap();
        identity
    }

    async fn vouch(&self, signer: &UserId, target: &UserId, key_id: &str, signed: &Value) -> Option<SignatureFailure> {
        let signed = vec![(target.to_owned(), key_id.to_owned(), raw(signed))];
        let failures = self.e2ee().upload_signatures(signer, signed).await.unwrap();
        failures.get(target).and_then(|keys| keys.get(key_id)).copied()
    }
}

#[tokio::test]
async fn the_first_identity_is_taken_and_another_needs_a_proof() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "A").await, house.device("bob", "B").await);
    let identity = house.identity(&alice.user).await;
    let seen = house.query(&bob.user, &alice.user);
    assert_eq!(value(&seen.master_keys[&alice.user])["keys"], identity.master_key()["keys"]);
    assert!(seen.self_signing_keys.contains_key(&alice.user));
    assert!(seen.user_signing_keys.is_empty(), "for its owner only");
    assert!(house.query(&alice.user, &alice.user).user_signing_keys.contains_key(&alice.user));
    // The same again needs nothing, another does.
    house.e2ee().upload_signing_keys(&alice.user, identity.keys(), None).await.unwrap();
    let other = Identity::of(&alice.user);
    let outcome = house.e2ee().upload_signing_keys(&alice.user, other.keys(), None).await;
    assert!(matches!(outcome, Err(UploadSigningKeysError::NotProven)), "{outcome:?}");
    let seen = house.query(&bob.user, &alice.user);
    assert_eq!(value(&seen.master_keys[&alice.user])["keys"], identity.master_key()["keys"]);
}

#[tokio::test]
async fn keys_that_the_master_key_did_not_sign_are_refused() {
    let house = House::new().await;
    let alice = house.device("alice", "A").await;
    let (identity, stranger) = (Identity::of(&alice.user), Identity::of(&alice.user));
    let upload = async |keys| house.e2ee().upload_signing_keys(&alice.user, keys, None).await;
    let keys = SigningKeys { self_signing: stranger.keys().self_signing, ..identity.keys() };
    assert!(matches!(upload(keys).await, Err(UploadSigningKeysError::BadSignature("self_signing"))));
    let keys = SigningKeys { master: None, ..identity.keys() };
    assert!(matches!(upload(keys).await, Err(UploadSigningKeysError::NoMasterKey)));
    let keys = SigningKeys { master: identity.signed(&identity.self_signing, "self_signing"), ..identity.keys() };
    assert!(matches!(upload(keys).await, Err(UploadSigningKeysError::Invalid(_))));
    let misnamed = json!({ "user_id": alice.user, "usage": ["master"], "keys": { "ed25519:a": "b" } });
    let keys = SigningKeys { master: Some(raw(&misnamed)), ..SigningKeys::default() };
    assert!(matches!(upload(keys).await, Err(UploadSigningKeysError::Invalid(_))));
    assert!(house.query(&alice.user, &alice.user).master_keys.is_empty());
}

#[tokio::test]
async fn own_devices_are_signed_by_the_own_self_signing_key_only() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "A").await, house.device("bob", "B").await);
    house.room(&[&alice, &bob]).await;
    let identity = house.identity(&alice.user).await;
    let by_master = identity.master.sign(&alice.user, &alice.signed_keys());
    let failure = house.vouch(&alice.user, &alice.user, "A", &by_master).await;
    assert_eq!(failure, Some(SignatureFailure::BadSignature));
    let mut changed = alice.signed_keys();
    changed["algorithms"] = json!([]);
    let changed = identity.self_signing.sign(&alice.user, &changed);
    assert_eq!(house.vouch(&alice.user, &alice.user, "A", &changed).await, Some(SignatureFailure::OtherKey));
    let good = identity.self_signing.sign(&alice.user, &alice.signed_keys());
    assert_eq!(house.vouch(&alice.user, &alice.user, "Z", &good).await, Some(SignatureFailure::NotFound));
    assert_eq!(house.vouch(&bob.user, &alice.user, "A", &good).await, Some(SignatureFailure::NotFound));
    let since = house.now();
    assert_eq!(house.vouch(&alice.user, &alice.user, "A", &good).await, None);
    let seen = house.query(&bob.user, &alice.user);
    let signatures = &value(&seen.device_keys[&alice.user][device_id("A")])["signatures"][alice.user.as_str()];
    assert!(signatures.get(identity.self_signing.id()).is_some() && signatures.get(alice.key.id()).is_some());
    assert_eq!(house.update(&bob, Some(since)).changed, std::slice::from_ref(&alice.user));
    // The device uploads its keys once more, without that signature: it stays.
    house.upload(&alice, alice.keys()).await.unwrap();
    let seen = house.query(&bob.user, &alice.user);
    let signatures = &value(&seen.device_keys[&alice.user][device_id("A")])["signatures"][alice.user.as_str()];
    assert!(signatures.get(identity.self_signing.id()).is_some());
}

#[tokio::test]
async fn a_device_may_sign_its_master_key() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "A").await, house.device("bob", "B").await);
    let identity = house.identity(&alice.user).await;
    let (master_id, master) = (identity.master.public(), identity.master_key());
    let by_bob = bob.key.sign(&alice.user, &master);
    let failure = house.vouch(&alice.user, &alice.user, &master_id, &by_bob).await;
    assert_eq!(failure, Some(SignatureFailure::BadSignature));
    let by_alice = alice.key.sign(&alice.user, &master);
    assert_eq!(house.vouch(&alice.user, &alice.user, &master_id, &by_alice).await, None);
    let seen = house.query(&bob.user, &alice.user);
    let signatures = &value(&seen.master_keys[&alice.user])["signatures"][alice.user.as_str()];
    assert!(signatures.get("ed25519:A").is_some());
}

#[tokio::test]
async fn a_signature_on_another_user_is_shown_to_its_signer_only() {
    let house = House::new().await;
    let (alice, bob) = (house.device("alice", "A").await, house.device("bob", "B").await);
    house.room(&[&alice, &bob]).await;
    let (of_alice, of_bob) = (house.identity(&alice.user).await, house.identity(&bob.user).await);
    let (bobs_id, bobs_master) = (of_bob.master.public(), of_bob.master_key());
    let wrong = of_alice.self_signing.sign(&alice.user, &bobs_master);
    let failure = house.vouch(&alice.user, &bob.user, &bobs_id, &wrong).await;
    assert_eq!(failure, Some(SignatureFailure::BadSignature));
    let good = of_alice.user_signing.sign(&alice.user, &bobs_master);
    let since = house.now();
    assert_eq!(house.vouch(&alice.user, &bob.user, &bobs_id, &good).await, None);
    let shown = |reader: &UserId| value(&house.query(reader, &bob.user).master_keys[&bob.user])["signatures"].clone();
    assert!(shown(&alice.user)[alice.user.as_str()].get(of_alice.user_signing.id()).is_some());
    assert!(shown(&bob.user).get(alice.user.as_str()).is_none());
    assert_eq!(house.update(&alice, Some(since)).changed, std::slice::from_ref(&bob.user));
    assert!(house.update(&bob, Some(since)).changed.is_empty());
}
