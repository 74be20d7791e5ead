use ruma::user_id;

use super::*;

#[tokio::test]
async fn only_administrators_have_authority() {
    let house = House::with_people().await;
    assert!(house.requester("alice", "HOME").await.authority().is_err());
    let root = house.requester("root", "HOME").await;
    assert_eq!(root.authority().unwrap().name(), "@root:ex.org");
    house.directory.set_suspended(&Authority::console(), &root.user_id, true).await.unwrap();
    assert!(house.requester("root", "HOME").await.authority().is_err(), "not while suspended");
}

#[tokio::test]
async fn locked_account_can_only_sign_out_and_comes_back_with_its_sessions() {
    let house = House::with_people().await;
    let (root, alice) = (house.root().await, house.login("alice", "HOME").await);
    let held = house.who(&alice).await.unwrap();
    house.directory.set_locked(&root, &held.user_id, true).await.unwrap();
    held.revoked().await;
    for house in [&house, &house.after_a_crash()] {
        assert!(matches!(house.who(&alice).await, Err(AuthenticateError::Locked)));
        assert!(matches!(house.try_login("alice", PASSWORD).await, Err(LoginError::Locked)));
        let wrong = house.try_login("alice", "wrong password").await;
        assert!(matches!(wrong, Err(LoginError::WrongCredentials)), "strangers do not learn of it");
    }
    house.directory.set_locked(&root, &held.user_id, false).await.unwrap();
    assert!(!house.who(&alice).await.unwrap().is_revoked());
    house.directory.set_locked(&root, &held.user_id, true).await.unwrap();
    let leaving = house.directory.authenticate_for_logout(alice.access_token.expose()).await.unwrap();
    assert!(leaving.locked);
    house.directory.logout(&leaving).await.unwrap();
    assert!(matches!(house.who(&alice).await, Err(AuthenticateError::Unknown)));
    let expected =
        ["account.create", "account.create", "account.create", "account.lock", "account.unlock", "account.lock"];
    assert_eq!(house.actions().await, expected);
}

#[tokio::test]
async fn locked_account_renews_nothing() {
    let house = House::with_people().await;
    let mut request = login("alice", PASSWORD);
    request.refresh_token = true;
    let alice = house.directory.login(request).await.unwrap();
    house.directory.set_locked(&house.root().await, &alice.user_id, true).await.unwrap();
    let refused = house.directory.refresh(alice.refresh_token.as_ref().unwrap(), &home()).await;
    assert!(matches!(refused, Err(RefreshError::Locked)));
}

#[tokio::test]
async fn suspension_is_a_mark_on_the_requester_at_once() {
    let house = House::with_people().await;
    let alice = house.login("alice", "HOME").await;
    let root = house.root().await;
    for suspended in [true, false] {
        house.directory.set_suspended(&root, &alice.user_id, suspended).await.unwrap();
        assert_eq!(house.who(&alice).await.unwrap().suspended, suspended);
        assert_eq!(house.after_a_crash().who(&alice).await.unwrap().suspended, suspended);
    }
}

#[tokio::test]
async fn administrators_are_safe_from_one_another_and_from_themselves() {
    let house = House::with_people().await;
    let root = house.root().await;
    let weak = NewUser { username: "boss".to_owned(), password: secret("x"), admin: true };
    let refused = house.directory.create_user(&root, weak).await;
    assert!(
        matches!(refused, Err(RegisterError::WeakPassword)),
        "only whoever commands the machine chooses such a one"
    );
    let boss = NewUser { username: "boss".to_owned(), password: secret(PASSWORD), admin: true };
    let boss = house.directory.create_user(&root, boss).await.unwrap();
    for user in [&*boss, user_id!("@root:ex.org")] {
        let refusals = [
            house.directory.set_locked(&root, user, true).await,
            house.directory.set_suspended(&root, user, true).await,
            house.directory.set_admin(&root, user, false).await,
            house.directory.deactivate_user(&root, user, false).await,
            house.directory.reset_password(&root, user, secret("mine now")).await,
            house.directory.end_sessions(&root, user, None).await,
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Err(AdminError::Administrator)), "{user}");
        }
    }
    house.directory.set_admin(&Authority::console(), &boss, false).await.unwrap();
    house.directory.set_locked(&root, &boss, true).await.unwrap();
}

#[tokio::test]
async fn acts_on_nobody_and_on_the_dead_are_refused_and_not_written_down() {
    let house = House::with_people().await;
    let (root, bob) = (house.root().await, user_id!("@bob:ex.org"));
    house.directory.deactivate_user(&root, bob, true).await.unwrap();
    let before = house.actions().await;
    assert_eq!(before.last().map(String::as_str), Some("account.deactivate"));
    let nobody = user_id!("@nobody:ex.org");
    assert!(matches!(house.directory.set_locked(&root, nobody, true).await, Err(AdminError::NotFound)));
    assert!(matches!(house.directory.set_locked(&root, bob, true).await, Err(AdminError::Deactivated)));
    assert!(matches!(house.directory.set_admin(&root, bob, true).await, Err(AdminError::Deactivated)));
    assert!(matches!(house.directory.deactivate_user(&root, bob, true).await, Err(AdminError::Deactivated)));
    let reset = house.directory.reset_password(&root, bob, secret("pw")).await;
    assert!(matches!(reset, Err(AdminError::Deactivated)));
    let reset = house.directory.reset_password(&root, user_id!("@alice:ex.org"), secret("")).await;
    assert!(matches!(reset, Err(AdminError::UnusablePassword)));
    assert_eq!(house.actions().await, before);
}

#[tokio::test]
async fn reset_password_and_ended_sessions_sign_devices_out() {
    let house = House::with_people().await;
    let root = house.root().await;
    let (one, two) = (house.login("alice", "ONE").await, house.login("alice", "TWO").await);
    house.directory.end_sessions(&root, &one.user_id, Some("ONE".into())).await.unwrap();
    assert!(house.who(&one).await.is_err());
    house.who(&two).await.unwrap();
    house.directory.reset_password(&root, &two.user_id, secret("given")).await.unwrap();
    assert!(house.who(&two).await.is_err());
    assert!(house.try_login("alice", PASSWORD).await.is_err());
    let three = house.try_login("alice", "given").await.unwrap();
    house.directory.end_sessions(&root, &two.user_id, None).await.unwrap();
    assert!(house.who(&three).await.is_err());
}

#[tokio::test]
async fn registration_tokens_are_made_changed_and_taken_away() {
    let house = House::with_people().await;
    let root = house.root().await;
    let directory = &house.directory;
    for bad in ["", "with space", "ключ", &"a".repeat(65)] {
        let new = NewRegistrationToken { token: Some(bad.to_owned()), ..NewRegistrationToken::default() };
        let refused = directory.create_registration_token(&root, new).await;
        assert!(matches!(refused, Err(RegistrationTokenError::Invalid)), "{bad:?}");
    }
    let new = NewRegistrationToken { token: Some("welcome".to_owned()), uses_allowed: Some(2), expires_ms: None };
    directory.create_registration_token(&root, new.clone()).await.unwrap();
    let twice = directory.create_registration_token(&root, new).await;
    assert!(matches!(twice, Err(RegistrationTokenError::Exists)));
    let changed = directory.update_registration_token(&root, "welcome".to_owned(), None, Some(5)).await.unwrap();
    assert_eq!((changed.uses_allowed, changed.expires_ms), (None, Some(5)));
    let unknown = directory.update_registration_token(&root, "other".to_owned(), None, None).await;
    assert!(matches!(unknown, Err(RegistrationTokenError::NotFound)));
    assert_eq!(directory.registration_tokens(&root).await.unwrap().len(), 1);
    directory.delete_registration_token(&root, "welcome".to_owned()).await.unwrap();
    let twice = directory.delete_registration_token(&root, "welcome".to_owned()).await;
    assert!(matches!(twice, Err(RegistrationTokenError::NotFound)));
    assert_eq!(directory.registration_token(&root, "welcome".to_owned()).await.unwrap(), None);
    let off = directory.is_registration_token_valid("welcome", &home()).await;
    assert!(matches!(off, Err(RegistrationTokenError::Disabled)));
    let rows = directory.journal(&root, 3, 99).await.unwrap();
    assert!(rows.iter().all(|row| row.act.actor == "@root:ex.org" && !row.act.target.contains("welcome")));
    assert_eq!(rows.len(), 3);
}
