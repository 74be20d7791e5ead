//! What the long polls have in common, whatever they wait for: how they end besides with news, how their bodies are
//! read.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use veche_base::metrics::Gauge;
use veche_directory::Requester;

use crate::{
    app::App,
    error::ApiError,
    limits::{Class, Who},
};

/// Waits for the answer of a long poll, but not for longer than the requester's session and the server last. Nothing
/// is told to a session that has ended, even if both happened at once.
pub(in crate::client) async fn held<T, E>(
    app: &App,
    who: &Requester,
    poll: impl Future<Output = Result<T, E>>,
) -> Result<T, ApiError>
where
    ApiError: From<E>,
{
    let _open = Open::new(&app.gate.metrics.open_polls);
    let stopping = app.gate.supervisor.shutdown_token();
    tokio::select! {
        biased;
        () = who.revoked() => Err(ended(app, who)),
        answer = poll => Ok(answer?),
        () = stopping.cancelled() => Err(ApiError::stopping()),
    }
}

/// Counts a sync that begins anew against a bucket of its own: it costs as much as hundreds of those that go on.
pub(super) fn begin(app: &App, who: &Requester) -> Result<(), ApiError> {
    app.gate.limiter.take(Class::FullSync, Who::User(&who.user_id))
}

/// Counts a poll for as long as it is there, however it ends.
struct Open(Gauge);

impl Open {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A client of a locked account keeps what it has and comes again; one whose session is gone throws everything away.
fn ended(app: &App, who: &Requester) -> ApiError {
    let locked = app.directory.account(&who.user_id).is_some_and(|account| account.locked);
    if locked { ApiError::user_locked() } else { ApiError::unknown_token() }
}

/// A body as JSON; no body is an empty object.
pub(in crate::client) fn json<T: DeserializeOwned>(body: &Bytes) -> Result<T, ApiError> {
    let body = if body.is_empty() { b"{}" } else { &body[..] };
    serde_json::from_slice(body).map_err(|error| ApiError::bad_json(error.to_string()))
}
