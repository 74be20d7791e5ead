//! What browsers are told about pages: what they may load, how long they may keep it, who may look in.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::find::ASSETS;

/// Everything comes from this server, nothing from a page's own text; WebAssembly is for the cryptography, and pictures and
/// sounds may come out of memory, where they are decrypted.
pub(crate) const CONTENT_SECURITY: &str = "default-src 'none'; \
    script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; \
    img-src 'self' blob: data:; \
    media-src 'self' blob:; \
    font-src 'self'; \
    connect-src 'self'; \
    worker-src 'self'; \
    manifest-src 'self'; \
    frame-ancestors 'none'; \
    base-uri 'none'; \
    form-action 'self'";

/// Camera, microphone and screen for voice messages and calls, passkeys for logging in, and nothing that no page needs.
const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), \
    publickey-credentials-create=(self), publickey-credentials-get=(self), \
    geolocation=(), hid=(), midi=(), payment=(), serial=(), usb=()";

/// A hashed name holds one content for ever.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// May be kept, but is asked for each time: so a new version is there at once.
pub(crate) const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

const CROSS_ORIGIN_OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// How long the file of this name may be kept.
pub(crate) fn caching(name: &str) -> HeaderValue {
    let in_application = name.split_once('/').map_or(name, |(_, rest)| rest);
    if in_application.starts_with(ASSETS) { FOR_EVER } else { REVALIDATE }
}

/// Says how long, and that the form depends on what the client takes.
pub(crate) fn cached(headers: &mut HeaderMap, caching: HeaderValue) {
    headers.insert(CACHE_CONTROL, caching);
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
}

/// Puts the policy into every answer: a script that runs as a worker heeds its own, not its page's.
pub(crate) fn apply(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY));
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static(PERMISSIONS));
    headers.insert(CROSS_ORIGIN_OPENER, HeaderValue::from_static("same-origin"));
    headers.insert(CROSS_ORIGIN_RESOURCE, HeaderValue::from_static("same-origin"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
}
