use std::time::Duration;

use super::*;

async fn refreshable(house: &House) -> SignedIn {
    let mut request = login("alice", PASSWORD);
    request.refresh_token = true;
    house.directory.login(request).await.unwrap()
}

async fn refresh(house: &House, from: &SignedIn) -> Result<SignedIn, RefreshError> {
    house.directory.refresh(from.refresh_token.as_ref().unwrap(), &home()).await
}

#[tokio::test]
async fn access_token_expires_softly_and_is_renewed() {
    let house = House::with_people().await;
    let first = refreshable(&house).await;
    assert_eq!(first.expires_in, Some(Duration::from_secs(3_600)));
    house.clock.advance(Duration::from_secs(3_599));
    house.who(&first).await.unwrap();
    house.clock.advance(Duration::from_secs(1));
    assert!(matches!(house.who(&first).await, Err(AuthenticateError::Expired)));
    let second = refresh(&house, &first).await.unwrap();
    assert_eq!(house.who(&second).await.unwrap().device_id, first.device_id);
}

#[tokio::test]
async fn both_pairs_work_until_the_new_one_is_used() {
    let house = House::with_people().await;
    let first = refreshable(&house).await;
    let lost = refresh(&house, &first).await.unwrap();
    house.who(&first).await.unwrap();
    // The answer was lost on the way: the client asks again with what it has.
    let second = refresh(&house, &first).await.unwrap();
    assert!(matches!(house.who(&lost).await, Err(AuthenticateError::Unknown)), "the unused one makes room");
    let after = house.after_a_crash();
    after.who(&first).await.unwrap();
    let held = house.who(&second).await.unwrap();
    assert!(matches!(house.who(&first).await, Err(AuthenticateError::Unknown)));
    assert!(matches!(refresh(&house, &first).await, Err(RefreshError::Unknown)));
    assert!(!held.is_revoked(), "a renewal ends no session");
    let after = house.after_a_crash();
    assert!(matches!(after.who(&first).await, Err(AuthenticateError::Unknown)), "not even after a crash");
    after.who(&second).await.unwrap();
}

#[tokio::test]
async fn using_the_new_refresh_token_also_ends_the_old_pair() {
    let house = House::with_people().await;
    let first = refreshable(&house).await;
    let second = refresh(&house, &first).await.unwrap();
    let third = refresh(&house, &second).await.unwrap();
    assert!(matches!(refresh(&house, &first).await, Err(RefreshError::Unknown)));
    assert!(matches!(house.who(&first).await, Err(AuthenticateError::Unknown)));
    house.who(&second).await.unwrap();
    house.who(&third).await.unwrap();
    assert!(matches!(house.who(&second).await, Err(AuthenticateError::Unknown)));
}

#[tokio::test]
async fn setting_the_clock_signs_nobody_out_and_gives_nobody_more_time() {
    let house = House::with_people().await;
    let first = refreshable(&house).await;
    let forever = house.login("alice", "OLD").await;
    let now_ms = veche_base::Clock::wall_ms(&*house.clock);
    let two_years_ms = 2 * 365 * 24 * 3_600_000;
    house.clock.set_wall_ms(now_ms + two_years_ms);
    house.who(&first).await.unwrap();
    house.clock.set_wall_ms(now_ms - two_years_ms);
    let after = house.after_a_crash();
    after.who(&first).await.unwrap();
    house.clock.advance(Duration::from_secs(3_600));
    assert!(matches!(after.who(&first).await, Err(AuthenticateError::Expired)));
    assert!(matches!(house.who(&first).await, Err(AuthenticateError::Expired)));
    house.who(&forever).await.unwrap();
}

#[tokio::test]
async fn wrong_refresh_tokens_are_refused() {
    let house = House::with_people().await;
    let signed_in = refreshable(&house).await;
    for wrong in ["", "vrt_guess", signed_in.access_token.expose()] {
        let refused = house.directory.refresh(&secret(wrong), &home()).await;
        assert!(matches!(refused, Err(RefreshError::Unknown)), "{wrong:?}");
    }
    let requester = house.who(&signed_in).await.unwrap();
    house.directory.logout(&requester).await.unwrap();
    assert!(matches!(refresh(&house, &signed_in).await, Err(RefreshError::Unknown)));
}

#[tokio::test]
async fn login_token_signs_in_once_and_soon() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let by_token = |token: &LoginToken| {
        let mut request = login("", "");
        request.credentials = Credentials::Token(token.token.clone());
        request
    };
    let token = house.directory.issue_login_token(house.pass(&alice).await).await.unwrap();
    assert_eq!(token.expires_in, Duration::from_secs(120));
    let signed_in = house.directory.login(by_token(&token)).await.unwrap();
    assert_eq!(signed_in.user_id, "@alice:ex.org");
    assert_ne!(signed_in.device_id, "HOME");
    assert!(matches!(house.directory.login(by_token(&token)).await, Err(LoginError::WrongCredentials)), "once");

    let late = house.directory.issue_login_token(house.pass(&alice).await).await.unwrap();
    house.clock.advance(Duration::from_secs(120));
    assert!(matches!(house.directory.login(by_token(&late)).await, Err(LoginError::WrongCredentials)), "soon");

    let openid = house.directory.issue_openid_token(&alice).await.unwrap();
    let mut other_kind = login("", "");
    other_kind.credentials = Credentials::Token(openid.token);
    assert!(matches!(house.directory.login(other_kind).await, Err(LoginError::WrongCredentials)), "its own kind");
}

#[tokio::test]
async fn login_token_does_not_outlive_the_password_nor_open_a_locked_account() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let by_token = |token: &LoginToken| {
        let mut request = login("", "");
        request.credentials = Credentials::Token(token.token.clone());
        request
    };
    let token = house.directory.issue_login_token(house.pass(&alice).await).await.unwrap();
    let pass = house.pass(&alice).await;
    house.directory.change_password(&alice, secret("another horse"), false, pass).await.unwrap();
    assert!(matches!(house.directory.login(by_token(&token)).await, Err(LoginError::WrongCredentials)));

    let bob = house.requester("bob", "HOME").await;
    let token = house.directory.issue_login_token(house.pass(&bob).await).await.unwrap();
    house.directory.set_locked(&house.root().await, &bob.user_id, true).await.unwrap();
    assert!(matches!(house.directory.login(by_token(&token)).await, Err(LoginError::Locked)));
    house.directory.set_locked(&house.root().await, &bob.user_id, false).await.unwrap();
    assert!(matches!(house.directory.login(by_token(&token)).await, Err(LoginError::WrongCredentials)), "used up");
}

#[tokio::test]
async fn openid_token_tells_who_for_an_hour() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let token = house.directory.issue_openid_token(&alice).await.unwrap();
    let whose = async |house: &House| house.directory.check_openid_token(token.token.expose()).await.unwrap();
    assert_eq!(whose(&house).await.as_ref(), Some(&alice.user_id));
    assert_eq!(whose(&house.after_a_crash()).await.as_ref(), Some(&alice.user_id));
    for wrong in ["", "vot_guess", &"a".repeat(10_000)] {
        assert_eq!(house.directory.check_openid_token(wrong).await.unwrap(), None);
    }
    house.directory.set_locked(&house.root().await, &alice.user_id, true).await.unwrap();
    assert_eq!(whose(&house).await, None);
    house.directory.set_locked(&house.root().await, &alice.user_id, false).await.unwrap();
    house.clock.advance(Duration::from_secs(3_600));
    assert_eq!(whose(&house).await, None);
    house.directory.housekeep().await.unwrap();
}
