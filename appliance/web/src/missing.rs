//! What stands in for the pages in a program that was built without them.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};

/// Says what is missing, that the rest works, and what to do.
const PAGE: &str = "<!doctype html>\n\
<html lang=\"en\">\n\
<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Veche</title></head>\n\
<body>\n\
<h1>The server works, but this program was built without pages</h1>\n\
<p>Connect to this address with any Matrix client, for instance Element, FluffyChat or nheko.</p>\n\
<h1 lang=\"ru\">Сервер работает, но эта программа собрана без страниц</h1>\n\
<p lang=\"ru\">Подключитесь к этому адресу любым клиентом Matrix: Element, FluffyChat, nheko и другими.</p>\n\
</body>\n\
</html>\n";

/// The page, as a service that is not there now.
pub(crate) fn answer() -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from_static(PAGE.as_bytes()));
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(PAGE.len()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
