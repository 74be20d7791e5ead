//! With an authenticator made here: a key pair, and the bytes that WebAuthn (level 3, section 6) asks for.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use veche_base::limits::PASSKEYS_PER_USER_MAX;

use super::*;

const SITE: &str = "https://ex.org";
/// Somebody is there, and the authenticator knows who.
const PRESENT_AND_KNOWN: u8 = 0x05;
const ONLY_PRESENT: u8 = 0x01;
const WITH_KEY: u8 = 0x40;

struct Authenticator {
    keys: EcdsaKeyPair,
    id: Vec<u8>,
    /// As it was told when the passkey was made.
    handle: String,
    counter: u32,
}

/// How an answer differs from an honest one.
struct Lie {
    origin: &'static str,
    flags: u8,
    counter: u32,
    handle: Option<String>,
}

impl Authenticator {
    fn new(id: u8) -> Self {
        let keys = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self { keys, id: vec![id; 16], handle: String::new(), counter: 0 }
    }

    /// Makes a passkey as it is asked to.
    fn make(&mut self, options: &Value) -> Value {
        self.handle = text(&options["user"]["id"]);
        assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        let mut data = self.data(text(&options["rp"]["id"]).as_bytes(), PRESENT_AND_KNOWN | WITH_KEY);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        let point = self.keys.public_key().as_ref();
        // A COSE key: EC2, ES256, P-256, x, y.
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 32]);
        data.extend(&point[33..65]);
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(u8::try_from(data.len()).unwrap());
        attestation.extend(data);
        let said = client_data("webauthn.create", &options["challenge"], SITE);
        self.answer(&json!({ "attestationObject": encode(&attestation), "clientDataJSON": encode(&said) }))
    }

    fn show(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let counter = self.counter;
        self.show_so(options, Lie { origin: SITE, flags: PRESENT_AND_KNOWN, counter, handle: None })
    }

    fn show_so(&mut self, options: &Value, lie: Lie) -> Value {
        self.counter = lie.counter;
        let data = self.data(text(&options["rpId"]).as_bytes(), lie.flags);
        let said = client_data("webauthn.get", &options["challenge"], lie.origin);
        let signed: Vec<u8> = data.iter().copied().chain(Sha256::digest(&said)).collect();
        let signature = self.keys.sign(&SystemRandom::new(), &signed).unwrap();
        self.answer(&json!({
            "authenticatorData": encode(&data),
            "clientDataJSON": encode(&said),
            "signature": encode(signature.as_ref()),
            "userHandle": lie.handle.unwrap_or_else(|| self.handle.clone()),
        }))
    }

    fn data(&self, party: &[u8], flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(party).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn answer(&self, response: &Value) -> Value {
        let id = encode(&self.id);
        json!({ "id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": {} })
    }
}

fn client_data(kind: &str, challenge: &Value, origin: &str) -> Vec<u8> {
    json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false }).to_string().into_bytes()
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Gives somebody a passkey on this authenticator.
async fn add(house: &House, requester: &Requester, authenticator: &mut Authenticator, password: &str) {
    let options = house.directory.offer_passkey(requester, secret(password), SITE, &home()).await.unwrap();
    let made = authenticator.make(&options);
    house.directory.add_passkey(requester, made, " Laptop ", SITE).await.unwrap();
}

async fn prove(house: &House, authenticator: &mut Authenticator) -> PasskeyProof {
    let challenge = house.directory.challenge_passkey(SITE).unwrap();
    let shown = authenticator.show(&challenge.options);
    house.directory.prove_by_passkey(&challenge.ceremony, shown, SITE, &home()).await.unwrap()
}

#[tokio::test]
async fn it_stands_for_the_password_everywhere_once_and_the_password_alone_opens_nothing() {
    let house = House::with_people().await;
    let root = house.requester("root", "HOME").await;
    let (directory, mut authenticator) = (&house.directory, Authenticator::new(1));
    add(&house, &root, &mut authenticator, PASSWORD).await;
    assert!(directory.account(&root.user_id).unwrap().passkey);
    assert!(matches!(house.try_login("root", PASSWORD).await, Err(LoginError::PasskeyNeeded)));
    assert!(matches!(house.try_login("root", "nonsense").await, Err(LoginError::WrongCredentials)));
    house.try_login("bob", PASSWORD).await.expect("others are not asked");

    let proof = prove(&house, &mut authenticator).await;
    assert_eq!(proof.user_id, root.user_id);
    let wrong = house.try_login("bob", proof.proof.expose()).await;
    assert!(matches!(wrong, Err(LoginError::WrongCredentials)), "it is root's");
    let used = house.try_login("root", proof.proof.expose()).await;
    assert!(matches!(used, Err(LoginError::WrongCredentials)), "and was shown");
    let proof = prove(&house, &mut authenticator).await;
    house.try_login("root", proof.proof.expose()).await.unwrap();
    let again = house.try_login("root", proof.proof.expose()).await;
    assert!(matches!(again, Err(LoginError::WrongCredentials)), "it is good once");

    let first = challenge(house.uia(&root, &password_auth(&root.user_id, PASSWORD, None)).await);
    assert_eq!(first.failure, Some(UiaFailure::Passkey));
    let proof = prove(&house, &mut authenticator).await;
    let shown = password_auth(&root.user_id, proof.proof.expose(), Some(&first.session));
    house.uia(&root, &shown).await.unwrap();
    let fresh = directory.prove_freshly(&root, prove(&house, &mut authenticator).await.proof, &home()).await.unwrap();
    assert!(directory.is_fresh(&root, fresh.proof.expose()));

    let own = directory.passkeys(&root).await.unwrap();
    assert_eq!((own.len(), own[0].name.as_str(), own[0].used_ms.is_some()), (1, "Laptop", true));
    assert!(house.actions().await.contains(&"account.passkey_added".to_owned()));
    let later = house.after_a_crash();
    assert!(matches!(later.try_login("root", PASSWORD).await, Err(LoginError::PasskeyNeeded)), "it is on disk");
    let proof = prove(&later, &mut authenticator).await;
    later.try_login("root", proof.proof.expose()).await.unwrap();
}

#[tokio::test]
async fn what_it_proves_ends_with_its_minute_and_a_question_with_its_five() {
    let house = House::with_people().await;
    let (alice, mut authenticator) = (house.requester("alice", "HOME").await, Authenticator::new(1));
    add(&house, &alice, &mut authenticator, PASSWORD).await;
    let proof = prove(&house, &mut authenticator).await;
    house.clock.advance(proof.expires_in);
    let late = house.try_login("alice", proof.proof.expose()).await;
    assert!(matches!(late, Err(LoginError::WrongCredentials)));
    let asked = house.directory.challenge_passkey(SITE).unwrap();
    let shown = authenticator.show(&asked.options);
    house.clock.advance(std::time::Duration::from_secs(300));
    let late = house.directory.prove_by_passkey(&asked.ceremony, shown, SITE, &home()).await;
    assert!(matches!(late, Err(PasskeyError::None)));
}

#[tokio::test]
async fn no_answer_counts_but_an_honest_one_to_the_question_that_was_asked() {
    let house = House::with_people().await;
    let (alice, directory) = (house.requester("alice", "HOME").await, &house.directory);
    let mut authenticator = Authenticator::new(1);
    add(&house, &alice, &mut authenticator, PASSWORD).await;
    prove(&house, &mut authenticator).await;
    let other = encode(&[9; 16]);
    let lies = [
        ("another site", Lie { origin: "https://evil.org", flags: PRESENT_AND_KNOWN, counter: 5, handle: None }),
        ("nobody known", Lie { origin: SITE, flags: ONLY_PRESENT, counter: 6, handle: None }),
        ("a copy", Lie { origin: SITE, flags: PRESENT_AND_KNOWN, counter: 1, handle: None }),
        ("another account", Lie { origin: SITE, flags: PRESENT_AND_KNOWN, counter: 7, handle: Some(other) }),
    ];
    for (name, lie) in lies {
        let asked = directory.challenge_passkey(SITE).unwrap();
        let shown = authenticator.show_so(&asked.options, lie);
        let refused = directory.prove_by_passkey(&asked.ceremony, shown, SITE, &home()).await;
        assert!(matches!(refused, Err(PasskeyError::Refused)), "{name}: {refused:?}");
    }
    authenticator.counter = 10;
    let (first, second) = (directory.challenge_passkey(SITE).unwrap(), directory.challenge_passkey(SITE).unwrap());
    let shown = authenticator.show(&first.options);
    let other = directory.prove_by_passkey(&second.ceremony, shown.clone(), SITE, &home()).await;
    assert!(matches!(other, Err(PasskeyError::Refused)), "an answer to another question: {other:?}");
    directory.prove_by_passkey(&first.ceremony, shown.clone(), SITE, &home()).await.unwrap();
    let again = directory.prove_by_passkey(&first.ceremony, shown, SITE, &home()).await;
    assert!(matches!(again, Err(PasskeyError::None)), "the same answer twice: {again:?}");
    let asked = directory.challenge_passkey(SITE).unwrap();
    let stranger = Authenticator::new(2).show(&asked.options);
    let refused = directory.prove_by_passkey(&asked.ceremony, stranger, SITE, &home()).await;
    assert!(matches!(refused, Err(PasskeyError::Refused)), "a passkey that is not kept: {refused:?}");
    for nonsense in [json!(null), json!({}), json!({ "id": 7 })] {
        let asked = directory.challenge_passkey(SITE).unwrap();
        let refused = directory.prove_by_passkey(&asked.ceremony, nonsense, SITE, &home()).await;
        assert!(matches!(refused, Err(PasskeyError::Refused)));
    }
}

#[tokio::test]
async fn it_is_made_with_the_password_and_removed_with_it_and_taken_away_with_the_account() {
    let house = House::with_people().await;
    let (alice, directory) = (house.requester("alice", "HOME").await, &house.directory);
    let (mut laptop, mut phone) = (Authenticator::new(1), Authenticator::new(2));
    let wrong = directory.offer_passkey(&alice, secret("nonsense"), SITE, &home()).await;
    assert!(matches!(wrong, Err(PasskeyError::Login(LoginError::WrongCredentials))));
    let nameless = directory.offer_passkey(&alice, secret(PASSWORD), "https://192.0.2.1", &home()).await;
    assert!(matches!(nameless, Err(PasskeyError::NoName)));
    let options = directory.offer_passkey(&alice, secret(PASSWORD), SITE, &home()).await.unwrap();
    let bob = house.requester("bob", "HOME").await;
    let made = laptop.make(&options);
    let others = directory.add_passkey(&bob, made.clone(), "Laptop", SITE).await;
    assert!(matches!(others, Err(PasskeyError::None)), "it was asked of alice");
    assert!(matches!(directory.add_passkey(&alice, made.clone(), " ", SITE).await, Err(PasskeyError::BadName)));
    directory.add_passkey(&alice, made, "Laptop", SITE).await.unwrap();
    let proof = prove(&house, &mut laptop).await;
    add(&house, &alice, &mut phone, proof.proof.expose()).await;
    assert_eq!(laptop.handle, phone.handle, "both know one account");

    let own = directory.passkeys(&alice).await.unwrap();
    let alone = directory.remove_passkey(&alice, &own[0].id, secret(PASSWORD), &home()).await;
    assert!(matches!(alone, Err(PasskeyError::Login(LoginError::PasskeyNeeded))));
    let proof = prove(&house, &mut phone).await.proof;
    directory.remove_passkey(&alice, &own[0].id, proof, &home()).await.unwrap();
    let asked = directory.challenge_passkey(SITE).unwrap();
    let shown = laptop.show(&asked.options);
    let gone = directory.prove_by_passkey(&asked.ceremony, shown, SITE, &home()).await;
    assert!(matches!(gone, Err(PasskeyError::Refused)));
    let proof = prove(&house, &mut phone).await.proof;
    let unknown = directory.remove_passkey(&alice, "AAAA", proof, &home()).await;
    assert!(matches!(unknown, Err(PasskeyError::None)));

    let proof = prove(&house, &mut phone).await.proof;
    directory.reset_second_factor(&Authority::console(), &alice.user_id).await.unwrap();
    let late = house.try_login("alice", proof.expose()).await;
    assert!(matches!(late, Err(LoginError::WrongCredentials)), "it was proved before they were taken away");
    assert!(directory.passkeys(&alice).await.unwrap().is_empty());
    house.try_login("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_account_has_a_bound_of_them() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let mut first = Authenticator::new(0);
    add(&house, &alice, &mut first, PASSWORD).await;
    for number in 1..PASSKEYS_PER_USER_MAX {
        let proof = prove(&house, &mut first).await.proof;
        add(&house, &alice, &mut Authenticator::new(u8::try_from(number).unwrap()), proof.expose()).await;
    }
    let proof = prove(&house, &mut first).await.proof;
    let more = house.directory.offer_passkey(&alice, proof, SITE, &home()).await;
    assert!(matches!(more, Err(PasskeyError::TooMany)));
}
