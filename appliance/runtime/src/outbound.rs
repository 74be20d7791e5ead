//! The one way out. Every request the server makes to somebody else goes through it, and so does every connection that is
//! not HTTP (`stream.rs`: company directories).
//!
//! Whoever can choose a URL (a pusher's address, later a preview) could otherwise make the server
//! talk to machines that only the server reaches. So: https only, names are resolved by our own
//! resolver, each address is made canonical and must be within the client's [`Reach`], the
//! connection goes to exactly that address, and every redirect (at most three) is checked the same
//! way. Answers have a size limit and a deadline. Proxies from the environment are ignored, because
//! a proxy would resolve names behind our back.

mod check;
mod resolver;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Method, StatusCode, Url, redirect};
use serde_json::Value;
use tracing::warn;
use veche_base::limits;

pub use check::Reach;
use check::{check_url, is_within_reach};
use resolver::Resolver;
pub use stream::{ByteStream, ConnectError, Dialer, Trust};

/// What one kind of request may take.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// The answer's body.
    pub answer_bytes_max: usize,
    /// The whole request, from resolving the name to the last byte of the answer.
    pub time_max: Duration,
}

impl Policy {
    /// For push gateways: a short answer, soon.
    pub const PUSH: Self = Self {
        answer_bytes_max: limits::PUSH_ANSWER_BYTES_MAX,
        time_max: Duration::from_secs(limits::OUTBOUND_REQUEST_SECS_MAX),
    };
}

/// How the client is set up; see the settings `network.outbound` and `tls.extra_ca`.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Which addresses may be reached.
    pub reach: Reach,
    /// Certificate authorities (PEM) trusted besides the machine's own.
    pub extra_ca_pem: Option<Vec<u8>>,
}

/// Why a request brought no answer. The words are for the log, never for a client.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The URL is malformed, has a wrong scheme, or carries credentials.
    #[error("the URL cannot be used: {0}")]
    BadUrl(&'static str),
    /// The name or address lies outside what this server may reach.
    #[error("the address is outside what this server may reach")]
    OutOfReach,
    /// Name resolution, connection, TLS or transfer failed.
    #[error("the connection failed")]
    Connection(#[source] reqwest::Error),
    /// Too many redirects, or one to a place out of reach.
    #[error("the redirect was not followed")]
    Redirect(#[source] reqwest::Error),
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The other side answered with this status, which is not a success.
    #[error("answered with status {0}")]
    Status(u16),
    /// The answer is larger than the policy allows.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The answer is not JSON.
    #[error("the answer is not JSON")]
    BadAnswer(#[source] serde_json::Error),
}

/// Why the client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `tls.extra_ca` holds no certificate.
    #[error("the extra certificate authorities hold no PEM certificate")]
    NoCertificate,
    /// The TLS library refused the certificates or could not start.
    #[error("the outbound client cannot be set up: {0}")]
    Tls(#[source] reqwest::Error),
}

/// An answer of any status, as [`Client::exchange`] gives it.
#[derive(Debug)]
pub struct Exchange {
    /// The status, also one that tells of a failure.
    pub status: StatusCode,
    /// The header lines.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// The outbound client. Clones share connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    reach: Reach,
}

impl Client {
    /// Sets the client up; fails if the extra certificate authorities cannot be read.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let extra = match &settings.extra_ca_pem {
            None => Vec::new(),
            Some(pem) => Certificate::from_pem_bundle(pem).map_err(SetupError::Tls)?,
        };
        if settings.extra_ca_pem.is_some() && extra.is_empty() {
            return Err(SetupError::NoCertificate);
        }
        let merged = builder(settings.reach).tls_certs_merge(extra.clone()).build();
        let http = merged.or_else(|error| {
            // A minimal machine may have no certificate authorities at all: that must not stop a closed site.
            warn!(%error, "the machine's certificate authorities cannot be read; only tls.extra_ca is trusted");
            builder(settings.reach).tls_certs_only(extra).build()
        });
        Ok(Self { http: http.map_err(SetupError::Tls)?, reach: settings.reach })
    }

    /// Whether a URL is one that this client would try. The addresses behind its name are judged only when it does.
    pub fn check(&self, url: &str) -> Result<(), OutboundError> {
        let url = Url::parse(url).map_err(|_| OutboundError::BadUrl("it does not parse"))?;
        check_url(&url, self.reach)
    }

    /// Posts `body` to `url` and returns the JSON answer of a 2xx status.
    pub async fn post_json(&self, url: &str, body: &Value, policy: Policy) -> Result<Value, OutboundError> {
        let url = Url::parse(url).map_err(|_| OutboundError::BadUrl("it does not parse"))?;
        check_url(&url, self.reach)?;
        let exchange = async {
            let response = self.http.post(url).json(body).send().await.map_err(classify)?;
            if !response.status().is_success() {
                return Err(OutboundError::Status(response.status().as_u16()));
            }
            let answer = read_capped(response, policy.answer_bytes_max).await?;
            serde_json::from_slice(&answer).map_err(OutboundError::BadAnswer)
        };
        tokio::time::timeout(policy.time_max, exchange).await.unwrap_or(Err(OutboundError::TimedOut))
    }

    /// Sends one request and returns the answer whatever its status is, for protocols that speak in statuses and header
    /// lines (ACME).
    pub async fn exchange(
        &self,
        method: Method,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
        policy: Policy,
    ) -> Result<Exchange, OutboundError> {
        let url = Url::parse(url).map_err(|_| OutboundError::BadUrl("it does not parse"))?;
        check_url(&url, self.reach)?;
        let exchange = async {
            let request = self.http.request(method, url).headers(headers).body(body);
            let response = request.send().await.map_err(classify)?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = read_capped(response, policy.answer_bytes_max).await?.freeze();
            Ok(Exchange { status, headers, body })
        };
        tokio::time::timeout(policy.time_max, exchange).await.unwrap_or(Err(OutboundError::TimedOut))
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the client that everybody else is told to use")]
fn builder(reach: Reach) -> reqwest::ClientBuilder {
    let redirects = redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > limits::OUTBOUND_REDIRECTS_MAX {
            return attempt.error("too many redirects");
        }
        match check_url(attempt.url(), reach) {
            Ok(()) => attempt.follow(),
            Err(refusal) => attempt.error(refusal),
        }
    });
    reqwest::Client::builder()
        .user_agent(concat!("veche/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(Resolver::new(reach)))
        .redirect(redirects)
        .referer(false)
        .no_proxy()
        .connect_timeout(Duration::from_secs(limits::OUTBOUND_CONNECT_SECS_MAX))
        .pool_max_idle_per_host(4)
}

async fn read_capped(mut response: reqwest::Response, bytes_max: usize) -> Result<BytesMut, OutboundError> {
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    if announced > bytes_max {
        return Err(OutboundError::TooLarge(bytes_max));
    }
    let mut answer = BytesMut::with_capacity(announced);
    while let Some(chunk) = response.chunk().await.map_err(classify)? {
        if answer.len() + chunk.len() > bytes_max {
            return Err(OutboundError::TooLarge(bytes_max));
        }
        answer.extend_from_slice(&chunk);
    }
    Ok(answer)
}

fn classify(error: reqwest::Error) -> OutboundError {
    // The URL may carry somebody's push token, and the error ends in a log.
    let error = error.without_url();
    if error.is_redirect() {
        OutboundError::Redirect(error)
    } else if error.is_timeout() {
        OutboundError::TimedOut
    } else if resolver::is_out_of_reach(&error) {
        OutboundError::OutOfReach
    } else {
        OutboundError::Connection(error)
    }
}

#[cfg(test)]
mod tests;
