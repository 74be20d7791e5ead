//! The answer that carries content. Uploads are foreign files on our own origin: every header here keeps a browser
//! from taking one for a page of ours.

use axum::body::Body;
use axum::response::Response;
use futures_util::stream;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use ruma::http_headers::{ContentDisposition, ContentDispositionType};
use serde_json::json;
use veche_homeserver::content::{ContentType, Found, FoundBytes};

use super::range::{Wanted, wanted};

/// How much of a file is in memory for one download.
const PIECE_BYTES: usize = 128 << 10;
/// Content under one address never changes; it is for the one who is signed in.
const CACHING: &str = "private, max-age=31536000, immutable";
/// As the specification recommends ("Content repository", "Security considerations").
const POLICY: &str = "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; \
                      style-src 'unsafe-inline'; object-src 'self';";
/// What content is that nobody has said anything (valid) about.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Answers with content, in as much of it as `headers` ask for.
pub(super) fn serve(found: Found, headers: &HeaderMap) -> Response {
    let Found { bytes, content_type, name } = found;
    let etag = format!("\"{}\"", bytes.fingerprint());
    let asked = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if asked(IF_NONE_MATCH).is_some_and(|known| is_known(known, &etag)) {
        return with_headers(StatusCode::NOT_MODIFIED, &etag, Body::empty());
    }
    let same_file = asked(IF_RANGE).is_none_or(|known| known == etag);
    let length = bytes.len();
    let (status, start, end) = match wanted(asked(RANGE).filter(|_| same_file), length) {
        Wanted::Whole => (StatusCode::OK, 0, length),
        Wanted::Part { start, end } => (StatusCode::PARTIAL_CONTENT, start, end),
        Wanted::Nothing => return nothing(length, &etag),
    };
    let mut answer = with_headers(status, &etag, body(bytes, start, end));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(end - start));
    if status == StatusCode::PARTIAL_CONTENT {
        headers.insert(CONTENT_RANGE, header(format!("bytes {start}-{}/{length}", end - 1)));
    }
    let content_type = content_type.as_deref().unwrap_or(UNKNOWN_TYPE);
    headers.insert(CONTENT_DISPOSITION, header(disposition(content_type, name)));
    headers.insert(CONTENT_TYPE, header(content_type.to_owned()));
    answer
}

fn with_headers(status: StatusCode, etag: &str, body: Body) -> Response {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(ETAG, header(etag.to_owned()));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(CACHING));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    answer
}

fn nothing(length: u64, etag: &str) -> Response {
    let refusal = json!({ "errcode": "M_INVALID_PARAM", "error": "The content has no such bytes" });
    let mut answer = with_headers(StatusCode::RANGE_NOT_SATISFIABLE, etag, Body::from(refusal.to_string()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_RANGE, header(format!("bytes */{length}")));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// Whether an `If-None-Match` names this file (weakly, as the RFC wants it).
fn is_known(known: &str, etag: &str) -> bool {
    known.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
}

/// `inline` for what a browser may show in place, else `attachment`.
fn disposition(content_type: &str, name: Option<String>) -> String {
    let kind = match ContentType::is_inline(content_type) {
        true => ContentDispositionType::Inline,
        false => ContentDispositionType::Attachment,
    };
    ContentDisposition::new(kind).with_filename(name).to_string()
}

/// Everything put into a header here was checked when it was stored, or is ours.
fn header(value: String) -> HeaderValue {
    HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static(""))
}

/// The bytes from `start` to `end`, read as fast as the client takes them.
fn body(bytes: FoundBytes, start: u64, end: u64) -> Body {
    Body::from_stream(stream::try_unfold(start, move |offset| {
        let bytes = bytes.clone();
        async move {
            let left = usize::try_from(end - offset).unwrap_or(usize::MAX);
            if left == 0 {
                return Ok(None);
            }
            let piece = bytes.read(offset, left.min(PIECE_BYTES)).await?;
            let next = offset + piece.len() as u64;
            Ok::<_, veche_homeserver::StoreError>((!piece.is_empty()).then_some((piece, next)))
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::{disposition, is_known};

    #[test]
    fn dispositions_are_safe_and_names_survive() {
        let named = |content_type: &str, name: &str| disposition(content_type, Some(name.to_owned()));
        for (found, expected) in [
            (disposition("image/png", None), "inline"),
            (disposition("IMAGE/PNG; x=y", None), "inline"),
            (disposition("text/plain; charset=utf-8", None), "inline"),
            (disposition("text/html", None), "attachment"),
            (disposition("image/svg+xml", None), "attachment"),
            (disposition("application/pdf", None), "attachment"),
            (disposition("application/octet-stream", None), "attachment"),
            (named("image/png", "cat.png"), "inline; filename=cat.png"),
            (named("image/png", "a cat.png"), "inline; filename=\"a cat.png\""),
            (named("text/html", "a\";b.html"), "attachment; filename=\"a\\\";b.html\""),
            (named("text/html", "кот.html"), "attachment; filename*=utf-8''%D0%BA%D0%BE%D1%82.html"),
        ] {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn known_files_are_recognized() {
        for (known, expected) in
            [("\"a\"", true), ("*", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("\"b\"", false), ("a", false)]
        {
            assert_eq!(is_known(known, "\"a\""), expected, "{known}");
        }
    }
}
