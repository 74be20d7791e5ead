//! One line and one observation per finished request: route template, status, time, who. Never the query (it may
//! hold a token), never a path argument, never content.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use http::request::Parts;
use http::{Method, StatusCode};
use ruma::OwnedUserId;

use crate::app::Gate;
use crate::error::ApiError;
use crate::extract::{self, Admitted};
use crate::routes::Endpoint;

/// What the endpoint tells the log; travels in the answer's extensions.
#[derive(Clone)]
pub(crate) struct Handled {
    template: &'static str,
    user: Option<OwnedUserId>,
    errcode: Option<&'static str>,
}

impl Handled {
    pub(crate) fn new(endpoint: &Endpoint) -> Self {
        Self { template: endpoint.template, user: None, errcode: None }
    }

    /// A page for people: all of them in one line of the statistics.
    pub(crate) const fn page() -> Self {
        Self { template: "pages", user: None, errcode: None }
    }

    /// [`extract::admit`], remembering who it was.
    pub(crate) async fn admit(&mut self, gate: &Gate, endpoint: &Endpoint, parts: Parts) -> Result<Admitted, ApiError> {
        let admitted = extract::admit(gate, endpoint, parts).await?;
        self.user = admitted.requester.as_ref().map(|requester| requester.user_id.clone());
        Ok(admitted)
    }

    /// Makes the answer and puts these notes into it.
    pub(crate) fn answer(mut self, gate: &Gate, outcome: Result<Response, ApiError>) -> Response {
        let mut answer = outcome.unwrap_or_else(|error| {
            self.errcode = error.errcode;
            error.into_answer(&*gate.entropy)
        });
        answer.extensions_mut().insert(self);
        answer
    }
}

/// A request under way. If it is dropped before it is finished, the client went away; that is a line too.
pub(crate) struct Line {
    gate: Arc<Gate>,
    method: &'static str,
    started: Duration,
    finished: bool,
}

impl Line {
    pub(crate) fn begin(gate: &Arc<Gate>, method: &Method) -> Self {
        Self { gate: gate.clone(), method: name(method), started: gate.clock.monotonic(), finished: false }
    }

    pub(crate) fn finish(mut self, answer: &mut Response) {
        self.finished = true;
        let handled = answer.extensions_mut().remove::<Handled>();
        let template = handled.as_ref().map_or("unmatched", |handled| handled.template);
        let user_id = handled.as_ref().and_then(|handled| handled.user.as_ref()).map(|user| user.as_str());
        let errcode = handled.as_ref().and_then(|handled| handled.errcode);
        let took = self.took();
        let status = answer.status();
        let took_ms = took.as_secs_f64() * 1_000.0;
        tracing::info!(
            target: "veche::request",
            method = self.method, route = template, status = status.as_u16(), took_ms, user_id, errcode, "finished"
        );
        let metrics = &self.gate.metrics;
        metrics.requests.inc(&[("route", template), ("method", self.method), ("status", digits(status))]);
        metrics.request_seconds.observe(&[("route", template), ("method", self.method)], took.as_secs_f64());
    }

    fn took(&self) -> Duration {
        self.gate.clock.monotonic().saturating_sub(self.started)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !self.finished {
            let took_ms = self.took().as_secs_f64() * 1_000.0;
            tracing::info!(target: "veche::request", method = self.method, took_ms, "client went away");
        }
    }
}

/// The three digits of every status there can be, from 100 on: labels are text of the program.
static STATUSES: [[u8; 3]; 900] = {
    let mut all = [[0; 3]; 900];
    let mut n = 0;
    while n < all.len() {
        all[n] = [b'1' + (n / 100) as u8, b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    all
};

fn digits(status: StatusCode) -> &'static str {
    let digits = &STATUSES[usize::from(status.as_u16() - 100)];
    std::str::from_utf8(digits).expect("digits are ASCII")
}

/// A client may invent methods; the metrics do not follow it there.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::digits;

    #[test]
    fn every_status_has_its_digits() {
        for code in 100..=999 {
            assert_eq!(digits(StatusCode::from_u16(code).unwrap()), code.to_string());
        }
    }
}
