use std::time::Duration;

use ruma::{device_id, user_id};
use veche_base::limits::DEVICES_PER_USER_MAX;

use super::*;

#[tokio::test]
async fn name_or_whole_id_sign_in_and_the_token_proves_it() {
    let house = House::with_people().await;
    for user in ["alice", "Alice", "@alice:ex.org"] {
        let signed_in = house.try_login(user, PASSWORD).await.unwrap();
        assert_eq!(signed_in.user_id, "@alice:ex.org");
        assert_eq!(signed_in.device_id.as_str().len(), 10);
        assert!(signed_in.refresh_token.is_none() && signed_in.expires_in.is_none());
        let requester = house.who(&signed_in).await.unwrap();
        assert_eq!((&requester.user_id, &requester.device_id), (&signed_in.user_id, &signed_in.device_id));
        assert!(!requester.admin && !requester.suspended && !requester.is_revoked());
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused_alike_and_cost_one_hash_each() {
    let house = House::with_people().await;
    let passwords = &house.directory.passwords;
    let before = passwords.checks.get();
    let cases = [
        ("alice", "wrong password"),
        ("alice", ""),
        ("nobody", PASSWORD),
        ("@alice:other.org", PASSWORD),
        ("no such name!", PASSWORD),
        ("", ""),
    ];
    for (user, password) in cases {
        let refused = house.try_login(user, password).await;
        assert!(matches!(refused, Err(LoginError::WrongCredentials)), "{user:?}");
    }
    assert_eq!(passwords.checks.get() - before, cases.len() as u64, "every attempt costs the same");
    assert_eq!(passwords.dummy_checks.get(), 4, "those without an account are compared with the dummy");
    let long = "a".repeat(513);
    assert!(matches!(house.try_login("alice", &long).await, Err(LoginError::WrongCredentials)));
}

#[tokio::test]
async fn empty_huge_and_unknown_tokens_prove_nothing() {
    let house = House::with_people().await;
    house.login("alice", "HOME").await;
    for token in ["", " ", "vat_", "vat_nonsense", &"a".repeat(100_000)] {
        let refused = house.directory.authenticate(token).await;
        assert!(matches!(refused, Err(AuthenticateError::Unknown)));
    }
}

#[tokio::test]
async fn signing_a_device_in_anew_ends_its_former_session_and_keeps_its_name() {
    let house = House::with_people().await;
    let mut revocations = house.directory.revocations();
    let former = house.login("alice", "PHONE").await;
    let held = house.who(&former).await.unwrap();
    house
        .directory
        .rename_device(user_id!("@alice:ex.org"), device_id!("PHONE"), Some("pocket".to_owned()))
        .await
        .unwrap();
    let latter = house.login("alice", "PHONE").await;
    assert!(matches!(house.who(&former).await, Err(AuthenticateError::Unknown)));
    held.revoked().await;
    assert!(held.is_revoked());
    assert_eq!(revocations.try_recv().unwrap().reason, Reason::Replaced);
    house.who(&latter).await.unwrap();
    let devices = house.directory.devices(user_id!("@alice:ex.org"));
    assert_eq!(devices.len(), 1);
    assert_eq!(devices[0].display_name.as_deref(), Some("pocket"));
    assert!(house.directory.pending_work(9).await.unwrap().is_empty(), "the device lives on, with its keys");
}

#[tokio::test]
async fn device_ids_and_names_are_checked() {
    let house = House::with_people().await;
    for bad in ["", "a\nb", "a\0", &"x".repeat(256)] {
        let mut request = login("alice", PASSWORD);
        request.device_id = Some(bad.into());
        assert!(matches!(house.directory.login(request).await, Err(LoginError::BadDeviceId)), "{bad:?}");
    }
    let mut request = login("alice", PASSWORD);
    request.display_name = Some("ы".repeat(400));
    let signed_in = house.directory.login(request).await.unwrap();
    let device = house.directory.device(&signed_in.user_id, &signed_in.device_id).unwrap();
    assert_eq!(device.display_name.unwrap().len(), 512, "cut at a letter");
    let long = house.directory.rename_device(&signed_in.user_id, &signed_in.device_id, Some("a".repeat(513))).await;
    assert!(matches!(long, Err(DeviceError::NameTooLong)));
    let unknown = house.directory.rename_device(&signed_in.user_id, device_id!("NONE"), None).await;
    assert!(matches!(unknown, Err(DeviceError::NotFound)));
}

#[tokio::test]
async fn one_device_too_many_signs_the_one_unseen_for_longest_out() {
    let house = House::with_people().await;
    let mut signed_in = Vec::new();
    for number in 0..DEVICES_PER_USER_MAX {
        signed_in.push(house.login("alice", &format!("D{number}")).await);
        house.clock.advance(Duration::from_secs(60));
    }
    let first = house.who(&signed_in[0]).await.unwrap();
    house.directory.seen(&first, &home());
    house.directory.housekeep().await.unwrap();
    house.login("alice", "NEW").await;
    house.who(&signed_in[0]).await.unwrap();
    assert!(matches!(house.who(&signed_in[1]).await, Err(AuthenticateError::Unknown)));
    assert_eq!(house.directory.devices(&first.user_id).len(), DEVICES_PER_USER_MAX);
    let work = house.directory.pending_work(9).await.unwrap();
    let gone = Work::DeviceRemoved { user_id: first.user_id.clone(), device_id: device_id!("D1").to_owned() };
    assert_eq!(work[0].1, gone);
}

#[tokio::test]
async fn last_seen_is_answered_at_once_and_written_later() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let at = house.directory.device(&alice.user_id, &alice.device_id).unwrap().last_seen_ms;
    house.clock.advance(Duration::from_secs(3_600));
    house.directory.seen(&alice, &away());
    let look = |house: &House| house.directory.device(&alice.user_id, &alice.device_id).unwrap();
    assert_eq!(look(&house).last_seen_ms, at + 3_600_000);
    assert_eq!(look(&house).last_seen_ip.as_deref(), Some("198.51.100.7"));
    assert_eq!(look(&house.after_a_crash()).last_seen_ms, at, "not worth a sync");
    house.directory.housekeep().await.unwrap();
    assert_eq!(look(&house.after_a_crash()).last_seen_ms, at + 3_600_000);
}

#[tokio::test]
async fn sessions_outlive_a_crash() {
    let house = House::with_people().await;
    let signed_in = house.login("alice", "HOME").await;
    let after = house.after_a_crash();
    assert_eq!(after.who(&signed_in).await.unwrap().device_id, "HOME");
    assert!(after.try_login("alice", PASSWORD).await.is_ok(), "the pepper is the same one");
    assert!(after.try_login("alice", "wrong password").await.is_err());
}

#[tokio::test]
async fn many_sign_ins_at_once_all_work() {
    let house = House::with_people().await;
    let mut running = tokio::task::JoinSet::new();
    for number in 0..40 {
        let directory = Arc::clone(&house.directory);
        running.spawn(async move {
            let mut request = login("alice", PASSWORD);
            request.device_id = Some(format!("D{number}").into());
            let signed_in = directory.login(request).await.unwrap();
            directory.authenticate(signed_in.access_token.expose()).await.unwrap()
        });
    }
    assert_eq!(running.join_all().await.len(), 40);
    assert_eq!(house.directory.devices(user_id!("@alice:ex.org")).len(), 40);
}

#[tokio::test]
async fn guessing_is_slowed_down_on_every_path_and_the_owner_gets_in() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    house.directory.set_rates(true);
    let guess = |password: &'static str, caller: Caller| {
        let mut request = login("alice", password);
        request.caller = caller;
        house.directory.login(request)
    };
    for _ in 0..3 {
        assert!(matches!(guess("wrong password", away()).await, Err(LoginError::WrongCredentials)));
    }
    let Err(LoginError::TooFast { retry_after }) = guess(PASSWORD, away()).await else { panic!() };
    assert!(retry_after > Duration::ZERO && retry_after < Duration::from_secs(10));
    // At the other doors the same stranger has other allowances, which end too.
    let by_token =
        || LoginRequest { credentials: Credentials::Token(secret("vlt_guess")), caller: away(), ..login("alice", "") };
    for _ in 0..10 {
        assert!(matches!(house.directory.login(by_token()).await, Err(LoginError::WrongCredentials)));
    }
    assert!(matches!(house.directory.login(by_token()).await, Err(LoginError::TooFast { .. })));
    let refresh = || async { house.directory.refresh(&secret("vrt_guess"), &away()).await };
    for _ in 0..200 {
        assert!(matches!(refresh().await, Err(RefreshError::Unknown)));
    }
    assert!(matches!(refresh().await, Err(RefreshError::TooFast { .. })));
    // A colleague behind the same address.
    let mut colleague = login("bob", PASSWORD);
    colleague.caller = away();
    house.directory.login(colleague).await.unwrap();
    // The owner, from where the owner's devices are.
    guess(PASSWORD, home()).await.unwrap();
    house.pass(&alice).await;
    house.clock.advance(retry_after + Duration::from_secs(1));
    guess(PASSWORD, away()).await.unwrap();
}
