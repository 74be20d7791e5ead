//! A gate without a product behind it, for this crate's tests of everything that happens before and after a handler.

use std::future::ready;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::FromRef;
use axum::response::Response;
use futures_util::future::BoxFuture;
use http::Request;
use http_body_util::BodyExt;
use ruma::{UserId, owned_server_name};
use serde_json::Value;
use tower::ServiceExt;
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_directory::Grants;
use veche_runtime::tasks::Supervisor;

use crate::access::{Authenticator, Caller, Locked, Requester};
use crate::app::{ApiSettings, Gate, Gated, Plugs};
use crate::connection::{Connection, Listener};
use crate::error::ApiError;
use crate::pages::Pages;

/// A router state that is a gate and nothing else.
#[derive(Clone)]
pub(crate) struct Bare {
    pub(crate) gate: Arc<Gate>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) plugs: Plugs,
}

impl FromRef<Bare> for Plugs {
    fn from_ref(bare: &Bare) -> Self {
        bare.plugs.clone()
    }
}

impl Gated for Bare {
    fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    fn pages(&self) -> Option<&dyn Pages> {
        self.plugs.pages.as_deref()
    }
}

impl Bare {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut ApiSettings)) -> Self {
        let mut settings = ApiSettings::new(owned_server_name!("x.example"), "https://x.example".to_owned());
        change(&mut settings);
        let clock = Arc::new(ManualClock::new());
        let registry = Registry::new();
        let supervisor = Supervisor::new(&registry);
        let entropy = Arc::new(SeededEntropy::new(1));
        let gate = Gate::new(settings, &registry, clock.clone(), entropy, Arc::new(Known), supervisor);
        Self { gate: Arc::new(gate), clock, plugs: Plugs::default() }
    }
}

/// Tokens of the tests: `alice`, the administrator `root`, the administrator `helper` who has been granted nothing, `locked`,
/// `suspended`; `expired` is over, everything else
/// unknown.
struct Known;

impl Authenticator for Known {
    fn authenticate<'a>(
        &'a self,
        token: &'a str,
        _: &'a Caller,
        locked: Locked,
    ) -> BoxFuture<'a, Result<Requester, ApiError>> {
        let found = match token {
            "locked" if locked == Locked::Refused => Err(ApiError::user_locked()),
            "alice" | "root" | "helper" | "locked" | "suspended" => Ok(requester(token)),
            "expired" => Err(ApiError::expired_token()),
            _ => Err(ApiError::unknown_token()),
        };
        Box::pin(ready(found))
    }

    fn is_fresh(&self, _: &Requester, proof: &str) -> bool {
        proof == "fresh"
    }
}

fn requester(name: &str) -> Requester {
    let user_id = UserId::parse(format!("@{name}:x.example")).unwrap();
    let mut requester = Requester::detached(user_id, "DEVICE".into());
    requester.admin = matches!(name, "root" | "helper");
    requester.grants = if name == "root" { Grants::ALL } else { Grants::NONE };
    requester.locked = name == "locked";
    requester.suspended = name == "suspended";
    requester
}

/// What came back.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub(crate) fn errcode(&self) -> String {
        self.json()["errcode"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.errcode())
    }
}

/// A request under construction: method and URI in one string, as in `"GET /x"`.
pub(crate) struct Ask(pub(crate) Request<Body>);

impl Ask {
    pub(crate) fn new(line: &str) -> Self {
        let (method, uri) = line.split_once(' ').unwrap();
        let request = Request::builder().method(method).uri(uri).extension(connection([192, 0, 2, 1].into()));
        Self(request.body(Body::empty()).unwrap())
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        *self.0.body_mut() = body.into();
        self
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.headers_mut().append(name, value.parse().unwrap());
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn from(mut self, connection: Connection) -> Self {
        self.0.extensions_mut().insert(connection);
        self
    }

    pub(crate) async fn of(self, router: &Router) -> Answered {
        let answer: Response = router.clone().oneshot(self.0).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answered { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

pub(crate) fn connection(peer: IpAddr) -> Connection {
    Connection { peer, listener: Listener::Public, secure: true }
}
