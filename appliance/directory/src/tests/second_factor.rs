use std::time::Duration;

use ruma::user_id;
use veche_base::Clock;

use super::*;
use crate::totp::code_at;

/// How long an app shows a code.
const HALF_MINUTE: Duration = Duration::from_secs(30);

/// Somebody's app.
struct App {
    secret: String,
}

impl App {
    /// Turns a second factor on, and comes back when its first code is over.
    async fn of(house: &House, requester: &Requester) -> Self {
        let offered = house.directory.offer_second_factor(requester, secret(PASSWORD), "Acme", &home()).await.unwrap();
        let app = Self { secret: offered.secret.into_exposed() };
        house.directory.turn_second_factor_on(requester, &app.code(house)).await.unwrap();
        house.clock.advance(HALF_MINUTE);
        app
    }

    fn code(&self, house: &House) -> String {
        code_at(&self.secret, house.clock.wall_ms())
    }

    /// A code that is wrong.
    fn wrong(&self, house: &House) -> String {
        let now_ms = house.clock.wall_ms();
        let good: Vec<String> = [now_ms - 30_000, now_ms, now_ms + 30_000].map(|at| code_at(&self.secret, at)).to_vec();
        ["000000", "000001", "000002", "000003"]
            .into_iter()
            .find(|it| !good.contains(&(*it).to_owned()))
            .unwrap()
            .to_owned()
    }
}

#[tokio::test]
async fn it_is_asked_for_from_the_moment_that_a_code_was_shown() {
    let house = House::with_people().await;
    let (alice, directory) = (house.requester("alice", "HOME").await, &house.directory);
    let wrong = directory.offer_second_factor(&alice, secret("nonsense"), "Acme", &home()).await;
    assert!(matches!(wrong, Err(SecondFactorError::Login(LoginError::WrongCredentials))));
    assert!(matches!(directory.turn_second_factor_on(&alice, "123456").await, Err(SecondFactorError::None)));
    let offered = directory.offer_second_factor(&alice, secret(PASSWORD), "Acme", &home()).await.unwrap();
    house.try_login("alice", PASSWORD).await.expect("it was only offered");
    for bad in ["", "12345", "nonsense"] {
        let refused = directory.turn_second_factor_on(&alice, bad).await;
        assert!(matches!(refused, Err(SecondFactorError::Login(LoginError::WrongCode))), "{bad}");
    }
    let app = App { secret: offered.secret.into_exposed() };
    let code = app.code(&house);
    directory.turn_second_factor_on(&alice, &format!("{} {}", &code[..3], &code[3..])).await.unwrap();
    assert!(directory.account(&alice.user_id).unwrap().second_factor);

    assert!(matches!(house.try_login("alice", PASSWORD).await, Err(LoginError::CodeNeeded)));
    assert!(matches!(house.try_login("alice", "nonsense").await, Err(LoginError::WrongCredentials)));
    let typed = format!("nonsense {code}");
    assert!(
        matches!(house.try_login("alice", &typed).await, Err(LoginError::WrongCredentials)),
        "the password comes first"
    );
    let typed = format!("{PASSWORD} {code}");
    assert!(matches!(house.try_login("alice", &typed).await, Err(LoginError::CodeUsed)), "it has turned it on");
    house.clock.advance(HALF_MINUTE);
    house.try_login("alice", &format!("{PASSWORD} {}", app.code(&house))).await.unwrap();
    house.clock.advance(HALF_MINUTE);
    house.try_login("alice", &format!("{PASSWORD}{}", app.code(&house))).await.expect("without a space, too");
    house.try_login("bob", PASSWORD).await.expect("others are not asked");
    let again = directory.offer_second_factor(&alice, secret(PASSWORD), "Acme", &home()).await;
    assert!(matches!(again, Err(SecondFactorError::Login(LoginError::CodeNeeded))));
    assert!(house.actions().await.contains(&"account.second_factor_on".to_owned()));
    assert!(house.after_a_crash().directory.account(&alice.user_id).unwrap().second_factor);
}

#[tokio::test]
async fn a_code_is_good_once_also_after_a_crash() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let app = App::of(&house, &alice).await;
    let typed = format!("{PASSWORD} {}", app.code(&house));
    house.try_login("alice", &typed).await.unwrap();
    assert!(matches!(house.try_login("alice", &typed).await, Err(LoginError::CodeUsed)));
    let again = house.after_a_crash();
    assert!(matches!(again.try_login("alice", &typed).await, Err(LoginError::CodeUsed)));
}

#[tokio::test]
async fn a_password_that_ends_in_digits_is_still_a_password() {
    let house = House::new(|_| ());
    let user_id = house.make("alice").await;
    let (console, digits) = (Authority::console(), "correct 123456");
    house.directory.reset_password(&console, &user_id, secret(digits)).await.unwrap();
    let signed_in = house.try_login("alice", digits).await.unwrap();
    let alice = house.who(&signed_in).await.unwrap();
    let offered = house.directory.offer_second_factor(&alice, secret(digits), "Acme", &home()).await.unwrap();
    let app = App { secret: offered.secret.into_exposed() };
    house.directory.turn_second_factor_on(&alice, &app.code(&house)).await.unwrap();
    house.clock.advance(HALF_MINUTE);
    assert!(matches!(house.try_login("alice", digits).await, Err(LoginError::CodeNeeded)));
    house.try_login("alice", &format!("{digits} {}", app.code(&house))).await.unwrap();
}

#[tokio::test]
async fn every_proof_asks_for_it() {
    let house = House::with_people().await;
    let root = house.requester("root", "HOME").await;
    let app = App::of(&house, &root).await;
    let directory = &house.directory;
    let alone = directory.prove_freshly(&root, secret(PASSWORD), &home()).await;
    assert!(matches!(alone, Err(LoginError::CodeNeeded)));
    let first = challenge(house.uia(&root, &password_auth(&root.user_id, PASSWORD, None)).await);
    assert_eq!(first.failure, Some(UiaFailure::Code));
    let both = format!("{PASSWORD} {}", app.code(&house));
    house.uia(&root, &password_auth(&root.user_id, &both, Some(&first.session))).await.unwrap();
    house.clock.advance(HALF_MINUTE);
    let both = secret(&format!("{PASSWORD} {}", app.code(&house)));
    let proof = directory.prove_freshly(&root, both, &home()).await.unwrap();
    assert!(directory.is_fresh(&root, proof.proof.expose()));
}

#[tokio::test]
async fn codes_are_not_guessed() {
    let house = House::new(|settings| settings.rates = true);
    house.make("alice").await;
    let alice = house.requester("alice", "HOME").await;
    let app = App::of(&house, &alice).await;
    let shown = async |code: &str, from: Caller| {
        let password = secret(&format!("{PASSWORD} {code}"));
        house.directory.check_password("alice", password, &from).await
    };
    for _ in 0..5 {
        let refused = shown(&app.wrong(&house), away()).await;
        assert!(matches!(refused, Err(LoginError::WrongCode)), "{refused:?}");
    }
    let other = Caller::new(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9)));
    for stranger in [away(), other] {
        let Err(LoginError::TooFast { retry_after }) = shown(&app.code(&house), stranger).await else {
            panic!("five strangers' guesses are all there are");
        };
        assert_eq!(retry_after, Duration::from_secs(600));
    }
    shown(&app.code(&house), home()).await.expect("where alice's device is, nobody has guessed");
    house.clock.advance(Duration::from_secs(600));
    shown(&app.code(&house), away()).await.unwrap();
}

#[tokio::test]
async fn it_is_turned_off_with_itself_or_by_who_may() {
    let house = House::with_people().await;
    let (alice, directory) = (house.requester("alice", "HOME").await, &house.directory);
    let app = App::of(&house, &alice).await;
    let alone = directory.turn_second_factor_off(&alice, secret(PASSWORD), &home()).await;
    assert!(matches!(alone, Err(SecondFactorError::Login(LoginError::CodeNeeded))));
    let both = secret(&format!("{PASSWORD} {}", app.code(&house)));
    directory.turn_second_factor_off(&alice, both, &home()).await.unwrap();
    house.try_login("alice", PASSWORD).await.unwrap();
    let none = directory.turn_second_factor_off(&alice, secret(PASSWORD), &home()).await;
    assert!(matches!(none, Err(SecondFactorError::None)));

    App::of(&house, &alice).await;
    let root = house.root().await;
    directory.reset_second_factor(&root, &alice.user_id).await.unwrap();
    house.try_login("alice", PASSWORD).await.unwrap();
    let none = directory.reset_second_factor(&root, &alice.user_id).await;
    assert!(matches!(none, Err(AdminError::NoSecondFactor)));
    let own = directory.reset_second_factor(&root, user_id!("@root:ex.org")).await;
    assert!(matches!(own, Err(AdminError::Administrator)));
    let told: Vec<String> = house.actions().await.into_iter().filter(|it| it.contains("second_factor")).collect();
    let [on, off, reset] = ["on", "off", "reset"].map(|end| format!("account.second_factor_{end}"));
    assert_eq!(told, [on.clone(), off, on, reset]);

    App::of(&house, &alice).await;
    directory.deactivate_user(&root, &alice.user_id, false).await.unwrap();
    assert!(!directory.account(&alice.user_id).unwrap().second_factor, "nothing of a secret is left");
}
