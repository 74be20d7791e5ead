use std::sync::{Arc, Mutex};

use axum::Router;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::json;

use super::{Line, Reachability, Report, State, Visit, Words};
use crate::app::Plugs;
use crate::routes::Routes;
use crate::testing::{Ask, Bare, connection};
use crate::typed::Typed;

/// Keeps what it was told of the visit.
#[derive(Default)]
struct Fake {
    visits: Mutex<Vec<Visit>>,
}

impl Reachability for Fake {
    fn report(&self, visit: Option<Visit>) -> BoxFuture<'_, Report> {
        self.visits.lock().unwrap().extend(visit);
        async { Report::new("x.example".to_owned(), 7, vec![line("dns", State::Ok), line("clock", State::Warning)]) }
            .boxed()
    }
}

fn line(id: &str, state: State) -> Line {
    Line {
        id: id.to_owned(),
        state,
        code: format!("{id}_code"),
        title: Words::new("name", "имя"),
        meaning: Words::new("means", "значит"),
        mend: None,
    }
}

fn house() -> (Arc<Fake>, Router) {
    let fake = Arc::new(Fake::default());
    let bare = Bare::with(|settings| settings.trusted_proxies = vec!["10.0.0.7".parse().unwrap()]);
    let plugs = Plugs { reachability: Some(fake.clone()), ..Plugs::default() };
    let routes = super::register(Typed::new(Routes::new())).into_routes();
    (fake, routes.into_router(Bare { plugs, ..bare }))
}

const LINE: &str = "GET /api/admin/v1/reachability";

#[tokio::test]
async fn administrators_are_told_and_nobody_else() {
    let (fake, router) = house();
    assert_eq!(Ask::new(LINE).of(&router).await.refusal(), (401, "M_MISSING_TOKEN".to_owned()));
    assert_eq!(Ask::new(LINE).token("alice").of(&router).await.refusal(), (403, "M_FORBIDDEN".to_owned()));
    let helper = Ask::new(LINE).token("helper").of(&router).await;
    assert_eq!((helper.refusal(), &helper.json()["grant"]), ((403, "M_FORBIDDEN".to_owned()), &json!("system")));
    assert!(fake.visits.lock().unwrap().is_empty());
    let answer = Ask::new(LINE).token("root").of(&router).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/json");
    let report = answer.json();
    assert_eq!((&report["state"], &report["made_ms"]), (&json!("warning"), &json!(7)), "the worst of its lines");
    assert_eq!(report["lines"][0]["meaning"], json!({ "en": "means", "ru": "значит" }));
}

#[tokio::test]
async fn how_the_browser_came_is_told_on() {
    let (fake, router) = house();
    let ask = |line: &str| Ask::new(line).token("root").header("host", "203.0.113.7:8443");
    ask(&format!("{LINE}?now_ms=1767225600000")).of(&router).await;
    ask(LINE).from(connection([10, 0, 0, 7].into())).header("x-forwarded-for", "198.51.100.1").of(&router).await;
    Ask::new(LINE).token("root").header("host", "a/b").of(&router).await;
    let visits = fake.visits.lock().unwrap().clone();
    let direct = Visit {
        host: Some("203.0.113.7:8443".to_owned()),
        address: [192, 0, 2, 1].into(),
        is_proxied: false,
        is_secure: true,
        clock_ms: Some(1_767_225_600_000),
    };
    let proxied = Visit { address: [198, 51, 100, 1].into(), is_proxied: true, clock_ms: None, ..direct.clone() };
    let nameless = Visit { host: None, clock_ms: None, ..direct.clone() };
    assert_eq!(visits, [direct, proxied, nameless]);
    let wrong = Ask::new(&format!("{LINE}?now_ms=soon")).token("root").of(&router).await;
    assert_eq!(wrong.refusal(), (400, "M_INVALID_PARAM".to_owned()));
}
