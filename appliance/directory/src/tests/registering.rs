use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use ruma::{device_id, user_id};
use sha1::Sha1;

use super::*;

fn request(name: &str) -> RegisterRequest {
    RegisterRequest {
        kind: Kind::User,
        username: Some(name.to_owned()),
        password: Some(secret(PASSWORD)),
        inhibit_login: false,
        device_id: Some(device_id!("FIRST").to_owned()),
        display_name: Some("laptop".to_owned()),
        refresh_token: false,
        caller: home(),
    }
}

fn dummy() -> AuthData {
    auth(json!({ "type": "m.login.dummy" }))
}

fn by_token(token: &str) -> AuthData {
    auth(json!({ "type": "m.login.registration_token", "token": token }))
}

fn open_house() -> House {
    House::new(|settings| settings.registration = RegistrationMode::Open)
}

#[tokio::test]
async fn closed_server_with_accounts_lets_nobody_in_and_tells_no_names() {
    let house = House::with_people().await;
    assert!(matches!(house.newcomer(None).await, Err(UiaError::Closed)));
    assert!(matches!(house.newcomer(Some(&dummy())).await, Err(UiaError::Closed)));
    for name in ["alice", "nobody", "BAD NAME"] {
        assert!(matches!(house.directory.check_username(name), Err(RegisterError::Closed)), "{name}");
        assert!(matches!(house.directory.check_registration(&request(name)), Err(RegisterError::Closed)));
    }
}

#[tokio::test]
async fn open_server_makes_an_account_and_signs_its_first_device_in() {
    let house = open_house();
    let asked = challenge(house.newcomer(None).await);
    assert!(asked.flows.contains(&vec![ruma::api::client::uiaa::AuthType::Dummy]));
    let pass = house.newcomer(Some(&dummy())).await.unwrap();
    let made = house.directory.register(request("carol"), pass).await.unwrap();
    let signed_in = made.signed_in.unwrap();
    assert_eq!((made.user_id.as_str(), signed_in.device_id.as_str()), ("@carol:ex.org", "FIRST"));
    for house in [&house, &house.after_a_crash()] {
        let requester = house.who(&signed_in).await.unwrap();
        assert!(!requester.admin, "being first makes nobody an administrator");
        house.try_login("carol", PASSWORD).await.unwrap();
    }
}

#[tokio::test]
async fn account_may_be_made_without_signing_in_and_without_choosing_a_name() {
    let house = open_house();
    let mut wanted = request("");
    wanted.username = None;
    wanted.inhibit_login = true;
    let pass = house.newcomer(Some(&dummy())).await.unwrap();
    let made = house.directory.register(wanted, pass).await.unwrap();
    assert!(made.signed_in.is_none());
    assert_eq!(made.user_id.localpart().len(), 16);
    assert!(house.directory.devices(&made.user_id).is_empty());
}

#[tokio::test]
async fn bad_registrations_are_refused_each_for_its_reason() {
    let house = open_house();
    house.make("alice").await;
    let check = |change: fn(&mut RegisterRequest)| {
        let mut wanted = request("carol");
        change(&mut wanted);
        let house = &house;
        async move {
            let pass = house.newcomer(Some(&dummy())).await.unwrap();
            house.directory.register(wanted, pass).await.unwrap_err()
        }
    };
    assert!(matches!(check(|it| it.kind = Kind::Guest).await, RegisterError::NoGuests));
    assert!(matches!(check(|it| it.username = Some("Carol".to_owned())).await, RegisterError::InvalidUsername));
    assert!(matches!(check(|it| it.username = Some("a".repeat(200))).await, RegisterError::InvalidUsername));
    assert!(matches!(check(|it| it.username = Some("alice".to_owned())).await, RegisterError::UserInUse));
    assert!(matches!(check(|it| it.password = None).await, RegisterError::MissingPassword));
    assert!(matches!(check(|it| it.password = Some(secret("short"))).await, RegisterError::WeakPassword));
    assert!(matches!(check(|it| it.device_id = Some("".into())).await, RegisterError::BadDeviceId));
    assert!(!house.directory.is_active(user_id!("@carol:ex.org")), "none of them left an account behind");
    // A proof for something else is none for this.
    let alice = house.requester("alice", "HOME").await;
    let pass = house.pass(&alice).await;
    assert!(matches!(house.directory.register(request("carol"), pass).await, Err(RegisterError::Closed)));
}

#[tokio::test]
async fn of_two_who_want_one_name_one_gets_it() {
    let house = open_house();
    let (one, two) = (house.newcomer(Some(&dummy())).await.unwrap(), house.newcomer(Some(&dummy())).await.unwrap());
    let (one, two) =
        tokio::join!(house.directory.register(request("carol"), one), house.directory.register(request("carol"), two));
    let refused = [one, two].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(matches!(refused[..], [RegisterError::UserInUse]), "{refused:?}");
}

#[tokio::test]
async fn registration_token_lets_in_as_many_as_it_says() {
    let house = House::new(|settings| settings.registration = RegistrationMode::Token);
    house.make("root").await;
    let root = house.root().await;
    let new = NewRegistrationToken { uses_allowed: Some(1), ..NewRegistrationToken::default() };
    let token = house.directory.create_registration_token(&root, new).await.unwrap().token;
    let valid = async |text: &str| house.directory.is_registration_token_valid(text, &home()).await.unwrap();
    assert!(valid(&token).await && !valid("nonsense").await && !valid("").await);
    assert_eq!(challenge(house.newcomer(Some(&by_token("nonsense"))).await).failure, Some(UiaFailure::Wrong));
    assert_eq!(challenge(house.newcomer(Some(&dummy())).await).failure, Some(UiaFailure::Unsupported));

    let (one, two) = (
        house.newcomer(Some(&by_token(&token))).await.unwrap(),
        house.newcomer(Some(&by_token(&token))).await.unwrap(),
    );
    house.directory.register(request("carol"), one).await.unwrap();
    let late = house.directory.register(request("dave"), two).await;
    assert!(matches!(late, Err(RegisterError::TokenUsedUp)));
    assert!(!house.directory.is_active(user_id!("@dave:ex.org")));
    assert!(!valid(&token).await);
    assert_eq!(house.directory.registration_token(&root, token).await.unwrap().unwrap().completed, 1);
}

#[tokio::test]
async fn taken_name_costs_no_registration_token() {
    let house = House::new(|settings| settings.registration = RegistrationMode::Token);
    house.make("root").await;
    let root = house.root().await;
    let new = NewRegistrationToken { uses_allowed: Some(1), ..NewRegistrationToken::default() };
    let token = house.directory.create_registration_token(&root, new).await.unwrap().token;
    let pass = house.newcomer(Some(&by_token(&token))).await.unwrap();
    assert!(matches!(house.directory.register(request("root"), pass).await, Err(RegisterError::UserInUse)));
    let pass = house.newcomer(Some(&by_token(&token))).await.unwrap();
    house.directory.register(request("carol"), pass).await.unwrap();
}

#[tokio::test]
async fn claim_token_makes_the_first_administrator_once() {
    let house = House::new(|_| ());
    let claim = house.directory.first_claim_token().unwrap();
    assert!(claim.len() >= 22);
    assert_ne!(house.after_a_crash().directory.first_claim_token().unwrap(), claim, "every start has its own");
    assert_eq!(challenge(house.newcomer(Some(&by_token("guess"))).await).failure, Some(UiaFailure::Wrong));
    let (one, two) = (
        house.newcomer(Some(&by_token(&claim))).await.unwrap(),
        house.newcomer(Some(&by_token(&claim))).await.unwrap(),
    );
    let made = house.directory.register(request("root"), one).await.unwrap();
    assert!(house.who(&made.signed_in.unwrap()).await.unwrap().authority().is_ok());
    let late = house.directory.register(request("mallory"), two).await;
    assert!(matches!(late, Err(RegisterError::Closed)));
    assert_eq!(house.directory.first_claim_token(), None);
    assert!(matches!(house.newcomer(Some(&by_token(&claim))).await, Err(UiaError::Closed)));
    assert_eq!(house.actions().await, ["server.claim"]);
    assert_eq!(house.after_a_crash().directory.first_claim_token(), None);
    assert_eq!(House::new(|settings| settings.claim = false).directory.first_claim_token(), None);
}

#[tokio::test]
async fn registrations_from_one_address_are_slowed_down() {
    let house = House::new(|settings| {
        settings.registration = RegistrationMode::Open;
        settings.rates = true;
    });
    for (number, good) in [(1, true), (2, true), (3, true), (4, false)] {
        let pass = house.newcomer(Some(&dummy())).await.unwrap();
        let made = house.directory.register(request(&format!("user{number}")), pass).await;
        assert_eq!(made.is_ok(), good, "{made:?}");
    }
    house.clock.advance(Duration::from_secs(6));
    let pass = house.newcomer(Some(&dummy())).await.unwrap();
    house.directory.register(request("user4"), pass).await.unwrap();
}

#[tokio::test]
async fn sessions_of_newcomers_are_bounded() {
    let house = open_house();
    for _ in 0..2_100 {
        challenge(house.newcomer(None).await);
    }
    assert_eq!(house.directory.uia.count(), 2_000);
}

const SHARED: &str = "a shared secret";

fn with_mac(house: &House, key: &str, admin: bool) -> SharedSecretRequest {
    let nonce = house.directory.registration_nonce().unwrap();
    let mut hmac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap();
    hmac.update(format!("{nonce}\0carol\0pw\0{}", if admin { "admin" } else { "notadmin" }).as_bytes());
    let mac = hmac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    SharedSecretRequest {
        nonce,
        username: "carol".to_owned(),
        password: secret("pw"),
        admin,
        user_type: None,
        mac,
        inhibit_login: false,
        caller: home(),
    }
}

#[tokio::test]
async fn shared_secret_makes_accounts_for_those_who_know_it() {
    let off = House::new(|_| ());
    assert!(matches!(off.directory.registration_nonce(), Err(SharedSecretError::Disabled)));
    let house = House::new(|settings| settings.shared_secret = Some(secret(SHARED)));
    let refused = house.directory.register_with_shared_secret(with_mac(&house, "another", true)).await;
    assert!(matches!(refused, Err(SharedSecretError::WrongMac)));
    let raised = SharedSecretRequest { admin: true, ..with_mac(&house, SHARED, false) };
    let refused = house.directory.register_with_shared_secret(raised).await;
    assert!(matches!(refused, Err(SharedSecretError::WrongMac)), "the role is part of what is authenticated");
    for mac in ["", "zz", "abc", &"0".repeat(40), &"я".repeat(40)] {
        let wrong = SharedSecretRequest { mac: mac.to_owned(), ..with_mac(&house, SHARED, true) };
        let refused = house.directory.register_with_shared_secret(wrong).await;
        assert!(matches!(refused, Err(SharedSecretError::WrongMac)), "{mac:?}");
    }
    let good = with_mac(&house, SHARED, true);
    let made = house.directory.register_with_shared_secret(good.clone()).await.unwrap();
    assert!(house.who(&made.signed_in.unwrap()).await.unwrap().admin);
    let replayed = house.directory.register_with_shared_secret(good).await;
    assert!(matches!(replayed, Err(SharedSecretError::UnknownNonce)));
    let taken = house.directory.register_with_shared_secret(with_mac(&house, SHARED, true)).await;
    assert!(matches!(taken, Err(SharedSecretError::Register(RegisterError::UserInUse))));
    let late = with_mac(&house, SHARED, true);
    house.clock.advance(Duration::from_secs(60));
    let refused = house.directory.register_with_shared_secret(late).await;
    assert!(matches!(refused, Err(SharedSecretError::UnknownNonce)));
    assert_eq!(house.actions().await, ["account.create"]);
}
