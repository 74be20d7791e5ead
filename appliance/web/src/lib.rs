//! The pages for people, carried inside the program.
//!
//! What a build of pages leaves in `dist/`, with compressed forms of each file, `build.rs` puts into the program. Nothing
//! builds any yet, and without them the program says so. Here it is decided which file answers which path
//! ([`find`](find)), in which form ([`forms`](forms)) and under which policy ([`policy`](policy)). Nothing is read while the
//! server runs, nothing is compressed, and no path of a request ever becomes a path of the file system.
//!
//! This crate knows no server: it is given method, path and header fields, and gives the whole answer.

mod file;
mod find;
mod forms;
mod missing;
mod policy;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri};

use file::File;
use find::Found;

/// What is in the program.
static BUILT_IN: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The pages of the program.
#[derive(Clone, Copy, Debug)]
pub struct Pages {
    /// In order of their names.
    files: &'static [File],
}

impl Pages {
    /// Those that were built before the program was.
    pub const fn built_in() -> Self {
        Self { files: BUILT_IN }
    }

    /// Whether there is a chat client among them.
    pub fn is_built(&self) -> bool {
        matches!(find::find(self.files, "/"), Found::Index(_))
    }

    /// The answer to a request that no endpoint takes. None: there is no page either.
    pub fn answer(&self, method: &Method, uri: &Uri, fields: &HeaderMap) -> Option<Response<Bytes>> {
        if method != Method::GET && method != Method::HEAD {
            return None;
        }
        let mut answer = match find::find(self.files, uri.path()) {
            Found::File(file) => deliver(file, fields, policy::caching(file.name)),
            Found::Index(file) => deliver(file, fields, policy::REVALIDATE),
            Found::Moved(path) => moved(path, uri.query()),
            Found::NotBuilt => missing::answer(),
            Found::Nothing => return None,
        };
        policy::apply(answer.headers_mut());
        if method == Method::HEAD {
            *answer.body_mut() = Bytes::new();
        }
        Some(answer)
    }
}

/// The file in the best form that the client takes, or word that it has it already.
fn deliver(file: &'static File, fields: &HeaderMap, caching: HeaderValue) -> Response<Bytes> {
    let form = forms::choose(fields.get_all(ACCEPT_ENCODING).iter(), |form| file.form(form).is_some());
    let tag = file.tag(form);
    let mut answer = Response::new(Bytes::new());
    let headers = answer.headers_mut();
    policy::cached(headers, caching);
    if has(fields, &tag) {
        headers.insert(ETAG, tag);
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        return answer;
    }
    headers.insert(ETAG, tag);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type()));
    if let Some(encoding) = form.encoding() {
        headers.insert(http::header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    let body = file.form(form).unwrap_or(file.plain);
    // Said here, because an answer to HEAD has no body to count.
    headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    *answer.body_mut() = Bytes::from_static(body);
    answer
}

/// Whether the client has this very form (RFC 9110 §13.1.2): a weak tag is as good here, and `*` is any.
fn has(fields: &HeaderMap, tag: &HeaderValue) -> bool {
    let mut listed = fields.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    listed.any(|list| {
        let mut tags = list.split(',').map(|one| one.trim().trim_start_matches("W/"));
        tags.any(|one| one == "*" || one.as_bytes() == tag.as_bytes())
    })
}

/// To the same place with the slash that its addresses begin with.
fn moved(path: &str, query: Option<&str>) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::PERMANENT_REDIRECT;
    let target = query.map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    // A query comes out of a URI that was read already, so it holds nothing that a header field may not.
    if let Ok(target) = HeaderValue::try_from(target) {
        answer.headers_mut().insert(LOCATION, target);
    }
    policy::cached(answer.headers_mut(), policy::REVALIDATE);
    answer
}

#[cfg(test)]
mod tests;
