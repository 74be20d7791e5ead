//! HTTP on one connection, of either version: what each request is told about where it came from, and what is noted of it
//! on its way.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::{Body as _, Incoming};
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use veche_api::connection::Connection;

use super::Patience;
use super::doorkeeper::Place;
use super::first_bytes::{FirstWords, Spoken};
use super::idle_body::IdleBody;
use super::pulse::{AnswerBody, Exchange, Pulse};
use super::wire::Wire;
use super::{http1, http2};

/// What answers on one connection.
pub(super) struct Host {
    router: Router,
    connection: Connection,
    pub(super) patience: Patience,
    pub(super) stopping: CancellationToken,
    pub(super) pulse: Arc<Pulse>,
}

impl Host {
    pub(super) fn new(router: Router, connection: Connection, patience: Patience, stopping: CancellationToken) -> Self {
        Self { router, connection, patience, stopping, pulse: Pulse::new() }
    }

    /// Answers requests until the client leaves, is idle for too long, or the server stops; then what was asked is still
    /// answered.
    ///
    /// A connection that a handler has upgraded (WebSocket) goes on in the handler's hands.
    pub(super) async fn serve<S>(self, stream: S, words: FirstWords, place: Place)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let wire = Wire::new(stream, words.bytes, Arc::clone(&self.pulse), self.patience.stall, place);
        match words.spoken {
            Spoken::Http2 => Box::pin(http2::serve(wire, &self)).await,
            Spoken::Http1 | Spoken::Turn => http1::serve(wire, &self).await,
        }
    }

    /// What hyper hands requests to.
    pub(super) fn service(&self) -> impl RequestService + use<> {
        service(self.router.clone(), self.connection, self.patience.body_pause, Arc::clone(&self.pulse))
    }
}

/// [`Service`] with everything that hyper wants of it.
pub(super) trait RequestService:
    Service<
        Request<Incoming>,
        Response = Response<AnswerBody>,
        Error = Infallible,
        Future: Future<Output = Result<Response<AnswerBody>, Infallible>> + Send + 'static,
    > + Send
    + 'static
{
}

impl<V> RequestService for V where
    V: Service<
            Request<Incoming>,
            Response = Response<AnswerBody>,
            Error = Infallible,
            Future: Future<Output = Result<Response<AnswerBody>, Infallible>> + Send + 'static,
        > + Send
        + 'static
{
}

fn service(router: Router, connection: Connection, body_pause: Duration, pulse: Arc<Pulse>) -> impl RequestService {
    service_fn(move |request: Request<Incoming>| {
        let exchange = Exchange::begin(&pulse);
        let mut request = request.map(|body| match body.is_end_stream() {
            // Most have none, and need no box for it.
            true => Body::empty(),
            false => Body::new(IdleBody::new(body, body_pause, Arc::clone(&pulse))),
        });
        request.extensions_mut().insert(connection);
        let router = router.clone();
        async move {
            let answer = router.oneshot(request).await?;
            Ok::<_, Infallible>(answer.map(|body| exchange.answer(body)))
        }
    })
}
