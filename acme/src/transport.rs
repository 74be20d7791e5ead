//! How this crate reaches an ACME directory: through the server's one outbound client.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Collected};
use instant_acme::{BodyWrapper, BytesResponse, HttpClient};
use veche_base::Clock;
use veche_runtime::outbound::{self, OutboundError, Policy};

/// What one exchange with a directory may take: the largest answer is a chain of certificates.
const POLICY: Policy = Policy { answer_bytes_max: 256 * 1_024, time_max: Duration::from_secs(30) };

/// A directory may ask for this much patience; more is not believed.
pub(crate) const RETRY_AFTER_SECS_MAX: u64 = 7 * 24 * 60 * 60;

/// An answer that comes later.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Sends requests to ACME directories. The server plugs in its outbound client, which judges where connections go.
pub trait Outbound: Send + Sync {
    /// Sends the request and gives the answer of whatever status.
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, OutboundError>>;
}

impl Outbound for outbound::Client {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, OutboundError>> {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let url = parts.uri.to_string();
            let answer = self.exchange(parts.method, &url, parts.headers, body, POLICY).await?;
            let mut response = Response::new(answer.body);
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}

/// The outbound client in the form the ACME library asks for; remembers how much patience the last answer asked for.
#[derive(Clone)]
pub(crate) struct Transport {
    outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
    retry_after: Arc<Mutex<Option<Duration>>>,
}

impl Transport {
    pub(crate) fn new(outbound: Arc<dyn Outbound>, clock: Arc<dyn Clock>) -> Self {
        Self { outbound, clock, retry_after: Arc::default() }
    }

    /// The `Retry-After` of the last answer (RFC 8555 §6.6, §7.5.1).
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, headers: &HeaderMap) {
        let asked = retry_after(headers, self.clock.wall_ms() / 1_000);
        *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner) = asked;
    }
}

impl HttpClient for Transport {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, instant_acme::Error>> + Send>> {
        let this = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_or_else(|never| match never {}, Collected::to_bytes);
            let answer = this.outbound.send(Request::from_parts(parts, body)).await;
            let answer = answer.map_err(|error| instant_acme::Error::Other(Box::new(error)))?;
            let (parts, body) = answer.into_parts();
            this.note(&parts.headers);
            Ok(BytesResponse { parts, body: Box::new(body) })
        })
    }
}

/// Seconds or a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: u64) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            date.duration_since(UNIX_EPOCH).ok()?.as_secs().saturating_sub(now)
        }
    };
    Some(Duration::from_secs(seconds.min(RETRY_AFTER_SECS_MAX)))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::RETRY_AFTER;

    use super::{RETRY_AFTER_SECS_MAX, retry_after};

    #[test]
    fn patience_is_asked_for_in_seconds_or_by_a_date() {
        let now = 784_111_777;
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:40:37 GMT", Some(0)),
            ("99999999999", Some(RETRY_AFTER_SECS_MAX)),
            ("Sat, 06 Nov 2094 08:50:37 GMT", Some(RETRY_AFTER_SECS_MAX)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            assert_eq!(retry_after(&headers, now).map(|patience| patience.as_secs()), seconds, "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }
}
