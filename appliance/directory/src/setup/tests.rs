use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ruma::{owned_server_name, user_id};
use serde_json::json;
use tempfile::TempDir;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_store::sql::{Options, registration_tokens, settings};

use super::*;
use crate::totp::code_at;
use crate::{Caller, EncryptionPolicy, Language, Role};

struct House {
    _dir: TempDir,
    sql: Arc<Sql>,
    clock: Arc<ManualClock>,
    setup: Arc<Setup>,
}

impl House {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let sql = Sql::open(dir.path(), Options::default()).unwrap();
        let clock = Arc::new(ManualClock::new());
        let setup = open(&sql, &clock, 1);
        Self { _dir: dir, sql, clock, setup }
    }

    fn code(&self) -> String {
        self.setup.codes().borrow().expose().clone()
    }

    fn claim(&self, typed: &str, from: [u8; 4]) -> Result<ClaimSession, ClaimError> {
        self.setup.claim(typed, &Caller::new(IpAddr::from(from)))
    }

    /// Answers everything but what the test leaves out.
    async fn answer(&self) {
        self.setup.set_language(Language::Ru).await.unwrap();
        self.setup.set_organisation("Рога и копыта", owned_server_name!("chat.example.org")).await.unwrap();
        self.setup.set_certificate(DraftCertificate::Own).await.unwrap();
        self.setup.set_owner(owner("olga")).await.unwrap();
        self.setup.set_registration(true).await.unwrap();
        self.setup.set_encryption(EncryptionPolicy::Private).await.unwrap();
    }
}

fn open(sql: &Arc<Sql>, clock: &Arc<ManualClock>, seed: u64) -> Arc<Setup> {
    let settings = SetupSettings { password_cost: PasswordCost::LOWEST, rates: true };
    Setup::open(Arc::clone(sql), Arc::clone(clock) as _, Arc::new(SeededEntropy::new(seed)), settings).unwrap()
}

fn owner(name: &str) -> NewOwner {
    NewOwner {
        username: name.to_owned(),
        display_name: Some(" Ольга ".to_owned()),
        password: Secret::new("correct horse".to_owned()),
    }
}

const HERE: [u8; 4] = [192, 0, 2, 1];
const THERE: [u8; 4] = [192, 0, 2, 2];

#[test]
fn whoever_shows_the_code_however_it_is_typed_has_a_session() {
    let house = House::new();
    let code = house.code();
    assert_eq!(code.len(), 26);
    let shown = shown_code(&Secret::new(code.clone()));
    assert_eq!(shown.expose().len(), 26 + 6);
    let confused = code.replace('0', "o").replace('1', "l");
    for typed in [code.clone(), shown.expose().clone(), code.to_lowercase(), format!(" {confused} ")] {
        let session = house.claim(&typed, HERE).unwrap();
        assert!(house.setup.is_session(session.token.expose()), "{typed}");
    }
    assert!(!house.setup.is_session("vst_nonsense") && !house.setup.is_session(""));
    let session = house.claim(&code, HERE).unwrap();
    house.clock.advance(session.expires_in);
    assert!(!house.setup.is_session(session.token.expose()));
}

#[test]
fn five_wrong_tries_make_another_code_and_their_address_waits() {
    let house = House::new();
    let (code, mut codes) = (house.code(), house.setup.codes());
    for tries_left in [4, 3, 2, 1] {
        assert_eq!(house.claim("wrong", HERE).unwrap_err(), ClaimError::Wrong { tries_left });
    }
    // A good one counts from the start again.
    house.claim(&code, HERE).unwrap();
    for tries_left in [4, 3, 2, 1, 0] {
        assert_eq!(house.claim(&format!("{code}0"), HERE).unwrap_err(), ClaimError::Wrong { tries_left });
    }
    assert!(codes.has_changed().unwrap());
    let next = codes.borrow_and_update().expose().clone();
    assert_ne!(code, next);
    let retry_after = Duration::from_secs(60);
    assert_eq!(house.claim(&next, HERE).unwrap_err(), ClaimError::TooFast { retry_after });
    assert_eq!(house.claim(&code, THERE).unwrap_err(), ClaimError::Wrong { tries_left: 4 });
    house.claim(&next, THERE).unwrap();
    house.clock.advance(retry_after);
    house.claim(&next, HERE).unwrap();
}

#[tokio::test]
async fn answers_outlive_a_restart_and_the_password_is_not_among_them() {
    let house = House::new();
    house.answer().await;
    let again = open(&house.sql, &house.clock, 2);
    let draft = again.draft().await.unwrap();
    assert_eq!(draft.unanswered(), []);
    let organisation = draft.organisation.clone().unwrap();
    assert_eq!((organisation.name.as_str(), organisation.server_name.as_str()), ("Рога и копыта", "chat.example.org"));
    let owner = draft.owner.as_ref().unwrap();
    assert_eq!((owner.display_name.as_deref(), owner.second_factor), (Some("Ольга"), false));
    let shown = serde_json::to_string(&draft).unwrap();
    assert!(!shown.contains("argon2") && !shown.contains("correct horse"), "{shown}");
    // The same name again changes nothing, another one asks for a certificate of its own.
    let name = organisation.server_name;
    assert_eq!(again.set_organisation("Acme", name).await.unwrap().certificate, Some(DraftCertificate::Own));
    let other = owned_server_name!("other.example.org");
    assert_eq!(again.set_organisation("Acme", other).await.unwrap().certificate, None);
}

#[tokio::test]
async fn bad_answers_are_refused_and_change_nothing() {
    let house = House::new();
    let setup = &house.setup;
    assert!(matches!(setup.set_owner(owner("olga")).await, Err(DraftError::NoOrganisation)));
    let name = owned_server_name!("chat.example.org");
    for bad in ["", "  ", "a\nb", &"n".repeat(201)] {
        assert!(matches!(setup.set_organisation(bad, name.clone()).await, Err(DraftError::BadName)), "{bad:?}");
    }
    setup.set_organisation("Acme", name).await.unwrap();
    for bad in ["", "Olga", "ol ga", &"o".repeat(129)] {
        assert!(matches!(setup.set_owner(owner(bad)).await, Err(DraftError::InvalidUsername)), "{bad:?}");
    }
    let weak = NewOwner { password: Secret::new("short".to_owned()), ..owner("olga") };
    assert!(matches!(setup.set_owner(weak).await, Err(DraftError::WeakPassword)));
    let long = NewOwner { display_name: Some("n".repeat(513)), ..owner("olga") };
    assert!(matches!(setup.set_owner(long).await, Err(DraftError::BadName)));
    assert_eq!(setup.draft().await.unwrap().owner, None);
    let unanswered = setup.finish(|_| Vec::new()).await;
    let steps = [Step::Language, Step::Certificate, Step::Owner, Step::Registration, Step::Encryption];
    assert!(matches!(unanswered, Err(FinishError::Unanswered(found)) if found == steps));
    assert!(Setup::is_needed(&house.sql).unwrap());
}

#[tokio::test]
async fn the_end_makes_the_owner_the_settings_and_one_row_of_the_journal() {
    let house = House::new();
    house.answer().await;
    // Going back and forth makes no second invitation, and closing takes it away.
    let Some(DraftRegistration::Token { token }) = house.setup.set_registration(true).await.unwrap().registration
    else {
        panic!("no invitation");
    };
    let settings_of = |draft: &Draft| {
        let name = draft.organisation.as_ref().unwrap().server_name.to_string();
        vec![("server.name".to_owned(), json!(name))]
    };
    let finished = house.setup.finish(settings_of).await.unwrap();
    let olga = user_id!("@olga:chat.example.org");
    assert_eq!((&*finished.owner, finished.invite_token.as_deref()), (olga, Some(token.as_str())));
    house
        .sql
        .read_blocking(|view| -> Result<(), StoreError> {
            let account = accounts::get(view, olga)?.unwrap();
            assert_eq!((account.role(), account.has_password), (Some(Role::Owner), true));
            assert_eq!(settings::get::<String>(view, "server.name")?.as_deref(), Some("chat.example.org"));
            let kept: Vec<String> = settings::all(view)?.into_iter().map(|(key, _)| key).collect();
            assert_eq!(kept, ["server.name", "setup.owner_profile"], "no answer and no hash is left");
            let rows = veche_store::sql::journal::page(view, 0, 10)?;
            let acts: Vec<_> = rows.iter().map(|row| (row.act.action.as_str(), row.act.target.as_str())).collect();
            assert_eq!(acts, [("server.claim", olga.as_str())]);
            assert!(!rows[0].act.detail.to_string().contains(&token), "the invitation is no part of the journal");
            assert_eq!(registration_tokens::all(view)?.len(), 1);
            Ok(())
        })
        .unwrap();
    assert!(matches!(house.setup.finish(|_| Vec::new()).await, Err(FinishError::Over)));
    assert!(matches!(house.setup.set_language(Language::En).await, Err(DraftError::Over)));
    assert!(!Setup::is_needed(&house.sql).unwrap());
}

#[tokio::test]
async fn the_owners_app_is_asked_for_after_a_code_of_it_was_shown() {
    let house = House::new();
    let setup = &house.setup;
    assert!(matches!(setup.offer_second_factor().await, Err(DraftError::NoOwner)));
    assert!(matches!(setup.set_second_factor("123456").await, Err(DraftError::NoSecondFactor)));
    house.answer().await;
    setup.offer_second_factor().await.unwrap();
    let offered = setup.offer_second_factor().await.unwrap();
    assert!(offered.uri.expose().contains("%40olga%3Achat.example.org"), "{}", offered.uri.expose());
    for bad in ["", "12345", "nonsense"] {
        assert!(matches!(setup.set_second_factor(bad).await, Err(DraftError::WrongCode)), "{bad}");
    }
    let code = code_at(offered.secret.expose(), house.clock.wall_ms());
    assert!(setup.set_second_factor(&code).await.unwrap().owner.unwrap().second_factor);
    assert!(!serde_json::to_string(&setup.draft().await.unwrap()).unwrap().contains("secret"));
    // Another name keeps it; not wanting it forgets it.
    assert!(setup.set_owner(owner("oleg")).await.unwrap().owner.unwrap().second_factor);
    assert!(!setup.forget_second_factor().await.unwrap().owner.unwrap().second_factor);
    assert!(matches!(setup.set_second_factor(&code).await, Err(DraftError::NoSecondFactor)));
    let offered = setup.offer_second_factor().await.unwrap();
    let code = code_at(offered.secret.expose(), house.clock.wall_ms());
    setup.set_second_factor(&code).await.unwrap();
    let finished = setup.finish(|_| Vec::new()).await.unwrap();
    house
        .sql
        .read_blocking(|view| -> Result<(), StoreError> {
            assert!(accounts::get(view, &finished.owner)?.unwrap().second_factor);
            assert_eq!(settings::all(view)?.len(), 1, "the owner's name waits, and no secret");
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn closing_registration_takes_the_invitation_away() {
    let house = House::new();
    house.setup.set_registration(true).await.unwrap();
    house.setup.set_registration(false).await.unwrap();
    let tokens = house.sql.read(registration_tokens::all).await.unwrap();
    assert_eq!(tokens, []);
}
