//! One built file, and what it is.

use http::HeaderValue;

use crate::forms::Form;

/// A file of an application, as `build.rs` writes it down.
#[derive(Debug)]
pub(crate) struct File {
    /// From `dist/` on: `client/assets/main.js`.
    pub(crate) name: &'static str,
    /// Differs whenever the content does.
    pub(crate) tag: &'static str,
    pub(crate) plain: &'static [u8],
    pub(crate) br: Option<&'static [u8]>,
    pub(crate) gzip: Option<&'static [u8]>,
}

impl File {
    /// The content in this form, if there is such a one.
    pub(crate) const fn form(&self, form: Form) -> Option<&'static [u8]> {
        match form {
            Form::Brotli => self.br,
            Form::Gzip => self.gzip,
            Form::Plain => Some(self.plain),
        }
    }

    /// The entity tag of a form: two forms of one content are two representations (RFC 9110 §8.8.3.3).
    pub(crate) fn tag(&self, form: Form) -> HeaderValue {
        let tag = match form.encoding() {
            Some(encoding) => format!("\"{}-{encoding}\"", self.tag),
            None => format!("\"{}\"", self.tag),
        };
        HeaderValue::try_from(tag).expect("a tag is hexadecimal")
    }

    /// What the content is; browsers take a script or a style only under its own name.
    pub(crate) fn content_type(&self) -> &'static str {
        content_type(self.name).unwrap_or("application/octet-stream")
    }
}

/// What a file of this name holds; none: nobody has said so yet.
pub(crate) fn content_type(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}
