use std::time::Duration;

use ruma::user_id;

use super::*;

const PATH: &str = "/_matrix/client/v3/delete_devices";
const BODY: &[u8] = br#"{"devices":["LOST"],"auth":{"type":"x"}}"#;

struct Asking<'a> {
    house: &'a House,
    requester: &'a Requester,
    path: &'a str,
    method: &'a str,
    body: &'a [u8],
}

impl<'a> Asking<'a> {
    fn new(house: &'a House, requester: &'a Requester) -> Self {
        Self { house, requester, path: PATH, method: "POST", body: BODY }
    }

    async fn ask(&self, auth: Option<&AuthData>) -> Result<UiaPass, UiaError> {
        let caller = home();
        let request = UiaRequest {
            subject: UiaSubject::Requester(self.requester),
            method: self.method,
            path: self.path,
            body: self.body,
            auth,
            caller: &caller,
        };
        self.house.directory.uia(request).await
    }

    async fn open(&self) -> String {
        challenge(self.ask(None).await).session
    }

    async fn answer(&self, session: &str) -> Result<UiaPass, UiaError> {
        self.ask(Some(&password_auth(&self.requester.user_id, PASSWORD, Some(session)))).await
    }
}

#[tokio::test]
async fn right_password_passes_once() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let asking = Asking::new(&house, &alice);
    let asked = challenge(asking.ask(None).await);
    assert_eq!(serde_json::to_value(asked.to_info()).unwrap()["flows"], json!([{ "stages": ["m.login.password"] }]));
    let pass = asking.answer(&asked.session).await.unwrap();
    assert_eq!(pass.user(), Some(&*alice.user_id));
    let again = challenge(asking.answer(&asked.session).await);
    assert_ne!(again.session, asked.session, "used up: asked anew");
    assert_eq!(again.failure, None);
}

#[tokio::test]
async fn first_request_may_bring_the_answer_without_a_session() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let asking = Asking::new(&house, &alice);
    asking.ask(Some(&password_auth(&alice.user_id, PASSWORD, None))).await.unwrap();
    assert_eq!(house.directory.uia.count(), 0);
    let wrong = challenge(asking.ask(Some(&password_auth(&alice.user_id, "wrong", None))).await);
    assert_eq!(wrong.failure, Some(UiaFailure::Wrong));
    let body = serde_json::to_value(wrong.to_info()).unwrap();
    assert_eq!((&body["errcode"], &body["session"]), (&json!("M_FORBIDDEN"), &json!(wrong.session)));
}

#[tokio::test]
async fn session_is_good_for_its_own_request_only() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let other_device = house.requester("alice", "PHONE").await;
    let bob = house.requester("bob", "HOME").await;
    let session = Asking::new(&house, &alice).open().await;
    let others = [
        Asking { path: "/_matrix/client/v3/account/deactivate", ..Asking::new(&house, &alice) },
        Asking { method: "DELETE", ..Asking::new(&house, &alice) },
        Asking { body: br#"{"devices":["LOST","HOME"]}"#, ..Asking::new(&house, &alice) },
        Asking { body: br#"{"devices":["LOST"],"more":1}"#, ..Asking::new(&house, &alice) },
        Asking { body: b"not json", ..Asking::new(&house, &alice) },
        Asking::new(&house, &other_device),
        Asking::new(&house, &bob),
    ];
    for other in others {
        assert!(matches!(other.answer(&session).await, Err(UiaError::OtherRequest)), "{} {:?}", other.path, other.body);
    }
    let same = Asking { body: br#"{ "auth": {"type":"y"}, "devices": [ "LOST" ] }"#, ..Asking::new(&house, &alice) };
    same.answer(&session).await.unwrap();
}

#[tokio::test]
async fn somebody_elses_password_proves_nothing() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let asking = Asking::new(&house, &alice);
    let session = asking.open().await;
    let checks = house.directory.passwords.checks.get();
    for user in [user_id!("@bob:ex.org"), user_id!("@alice:other.org")] {
        let refused = challenge(asking.ask(Some(&password_auth(user, PASSWORD, Some(&session)))).await);
        assert_eq!(refused.failure, Some(UiaFailure::Wrong));
    }
    assert_eq!(house.directory.passwords.checks.get(), checks, "and is not even looked at");
}

#[tokio::test]
async fn five_wrong_answers_end_a_session() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let asking = Asking::new(&house, &alice);
    let session = asking.open().await;
    let wrong = password_auth(&alice.user_id, "wrong password", Some(&session));
    for _ in 0..5 {
        assert_eq!(challenge(asking.ask(Some(&wrong)).await).session, session);
    }
    assert_ne!(challenge(asking.answer(&session).await).session, session, "the right answer comes too late");
}

#[tokio::test]
async fn other_kinds_of_proof_are_not_taken_from_people_with_a_password() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let asking = Asking::new(&house, &alice);
    let session = asking.open().await;
    for kind in ["m.login.dummy", "m.login.terms", "m.login.sso", "org.ex.magic", "m.login.password.internal"] {
        let shown = auth(json!({ "type": kind, "session": session }));
        assert_eq!(challenge(asking.ask(Some(&shown)).await).failure, Some(UiaFailure::Unsupported), "{kind}");
    }
    let token = auth(json!({ "type": "m.login.registration_token", "token": "x" }));
    assert_eq!(challenge(asking.ask(Some(&token)).await).failure, Some(UiaFailure::Unsupported));
    let status = auth(json!({ "session": asking.open().await }));
    assert_eq!(challenge(asking.ask(Some(&status)).await).failure, None, "asking where one stands is no mistake");
}

#[tokio::test]
async fn sessions_are_bounded_and_end_after_a_quarter_of_an_hour() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let asking = Asking::new(&house, &alice);
    let first = asking.open().await;
    for _ in 0..50 {
        house.clock.advance(Duration::from_secs(1));
        asking.open().await;
    }
    assert_eq!(house.directory.uia.count(), 20);
    assert_ne!(challenge(asking.answer(&first).await).session, first);
    let last = asking.open().await;
    house.clock.advance(Duration::from_secs(15 * 60));
    assert_ne!(challenge(asking.answer(&last).await).session, last);
    house.clock.advance(Duration::from_secs(15 * 60));
    house.directory.housekeep().await.unwrap();
    assert_eq!(house.directory.uia.count(), 0);
}

#[tokio::test]
async fn parallel_right_answers_pass_once() {
    let house = House::with_people().await;
    let alice = house.requester("alice", "HOME").await;
    let asking = Asking::new(&house, &alice);
    let session = asking.open().await;
    let (one, two) = tokio::join!(asking.answer(&session), asking.answer(&session));
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
}
