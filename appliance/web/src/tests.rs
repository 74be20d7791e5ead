use std::fs;
use std::path::Path;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri};

use crate::file::{File, content_type};
use crate::{BUILT_IN, Pages, policy};

const fn plain(name: &'static str, plain: &'static [u8]) -> File {
    File { name, tag: "aa", plain, br: None, gzip: None }
}

/// Two applications, without the wizard; in order of their names, as `build.rs` writes them.
static SOME: &[File] = &[
    plain("admin/assets/main-4f2a.js", b"console"),
    plain("admin/index.html", b"<p>console"),
    File {
        name: "client/assets/main-9c1b.js",
        tag: "bb",
        plain: b"let client = 1;",
        br: Some(b"brotli"),
        gzip: Some(b"gzip"),
    },
    plain("client/index.html", b"<p>client"),
    plain("client/manifest.webmanifest", b"{}"),
    plain("client/sw.js", b"worker"),
];

const SITE: Pages = Pages { files: SOME };
const EMPTY: Pages = Pages { files: &[] };

fn ask(pages: Pages, method: &Method, path: &str, fields: &[(&'static str, &str)]) -> Option<Response<Bytes>> {
    let uri: Uri = path.parse().unwrap();
    let fields: HeaderMap = fields
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect();
    pages.answer(method, &uri, &fields)
}

fn get(path: &str) -> Option<Response<Bytes>> {
    ask(SITE, &Method::GET, path, &[])
}

fn field<'a>(answer: &'a Response<Bytes>, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn pages_answer_their_own_addresses() {
    let client: &[u8] = b"<p>client";
    let cases: [(&str, Option<&[u8]>); 16] = [
        ("/", Some(client)),
        ("/index.html", Some(client)),
        ("/room/!abc:example.org/$event", Some(client)),
        ("/user/@anna:example.org", Some(client)),
        ("/settings", Some(client)),
        ("/administration", Some(client)),
        ("/sw.js", Some(b"worker")),
        ("/assets/main-9c1b.js", Some(b"let client = 1;")),
        ("/assets/main-0000.js", None),
        ("/assets/", None),
        ("/robots.txt", None),
        ("/favicon.ico", None),
        ("/admin/", Some(b"<p>console")),
        ("/admin/people/anna", Some(b"<p>console")),
        ("/admin/assets/main-4f2a.js", Some(b"console")),
        // The console does not borrow the client's files, and a wizard that is not there has no page.
        ("/admin/assets/main-9c1b.js", None),
    ];
    for (path, expected) in cases {
        let answer = get(path);
        assert_eq!(answer.as_ref().map(|answer| answer.body().as_ref()), expected, "{path}");
    }
    assert!(get("/setup/").is_none());
    assert!(get("/setup").is_none());
}

#[test]
fn no_path_leads_out_of_its_application() {
    for path in ["/../admin/index.html", "/%2e%2e/admin/index.html", "/room/..%2f..%2fadmin", "/client/index.html"] {
        let answer = get(path).unwrap();
        assert_eq!(answer.body().as_ref(), b"<p>client", "{path}");
    }
    assert!(get("/assets/../../admin/index.html").is_none());
}

#[test]
fn application_without_its_slash_is_led_to_it() {
    let answer = get("/admin?next=%0d%0aX:y").unwrap();
    assert_eq!(answer.status(), 308);
    assert_eq!(field(&answer, "location"), "/admin/?next=%0d%0aX:y");
    assert_eq!(field(&get("/admin").unwrap(), "location"), "/admin/");
}

#[test]
fn only_get_and_head_see_pages() {
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
        assert!(ask(SITE, &method, "/", &[]).is_none());
    }
    let (head, get) = (ask(SITE, &Method::HEAD, "/", &[]).unwrap(), get("/").unwrap());
    assert!(head.body().is_empty());
    assert_eq!(head.headers(), get.headers());
    assert_eq!(field(&head, "content-length"), "9");
}

#[test]
fn hashed_files_are_kept_for_ever_and_others_asked_for_each_time() {
    assert_eq!(field(&get("/assets/main-9c1b.js").unwrap(), "cache-control"), "public, max-age=31536000, immutable");
    for path in ["/", "/room/x", "/index.html", "/sw.js", "/manifest.webmanifest", "/admin/", "/admin"] {
        assert_eq!(field(&get(path).unwrap(), "cache-control"), "no-cache", "{path}");
    }
}

#[test]
fn every_answer_carries_the_policy() {
    for path in ["/", "/sw.js", "/assets/main-9c1b.js", "/admin", "/room/x"] {
        let answer = get(path).unwrap();
        assert_eq!(field(&answer, "content-security-policy"), policy::CONTENT_SECURITY, "{path}");
        assert_eq!(field(&answer, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(field(&answer, "referrer-policy"), "no-referrer", "{path}");
        assert_eq!(field(&answer, "cross-origin-opener-policy"), "same-origin", "{path}");
        assert!(field(&answer, "permissions-policy").contains("microphone=(self)"), "{path}");
    }
    let policy = policy::CONTENT_SECURITY;
    assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
    for door in ["'unsafe-inline'", "'unsafe-eval'", "http:", "https:", "*"] {
        assert!(!policy.contains(door), "{door}");
    }
}

#[test]
fn compressed_form_is_told_apart() {
    let script = |accepted| ask(SITE, &Method::GET, "/assets/main-9c1b.js", &[("accept-encoding", accepted)]).unwrap();
    let cases = [
        ("gzip, br", "br", "brotli", "\"bb-br\""),
        ("gzip", "gzip", "gzip", "\"bb-gzip\""),
        ("zstd", "", "let", "\"bb\""),
    ];
    for (accepted, encoding, body, tag) in cases {
        let answer = script(accepted);
        assert_eq!(field(&answer, "content-encoding"), encoding, "{accepted}");
        assert!(answer.body().starts_with(body.as_bytes()), "{accepted}");
        assert_eq!(field(&answer, "content-length"), answer.body().len().to_string());
        assert_eq!(field(&answer, "etag"), tag, "{accepted}");
        assert_eq!(field(&answer, "vary"), "Accept-Encoding");
        assert_eq!(field(&answer, "content-type"), "text/javascript; charset=utf-8");
    }
    // A file without compressed forms goes out as it is.
    let page = ask(SITE, &Method::GET, "/", &[("accept-encoding", "br")]).unwrap();
    assert_eq!((field(&page, "content-encoding"), field(&page, "etag")), ("", "\"aa\""));
}

#[test]
fn client_that_has_it_gets_no_body() {
    for known in ["\"aa\"", "W/\"aa\"", "\"zz\", \"aa\"", "*"] {
        let answer = ask(SITE, &Method::GET, "/", &[("if-none-match", known)]).unwrap();
        assert_eq!(answer.status(), 304, "{known}");
        assert!(answer.body().is_empty());
        assert_eq!(field(&answer, "etag"), "\"aa\"");
        assert_eq!(field(&answer, "content-type"), "");
        assert_eq!(field(&answer, "cache-control"), "no-cache");
    }
    for other in ["\"ab\"", "aa", "\"aa-br\"", ""] {
        assert_eq!(ask(SITE, &Method::GET, "/", &[("if-none-match", other)]).unwrap().status(), 200, "{other}");
    }
}

#[test]
fn program_without_pages_says_what_works() {
    for path in ["/", "/room/x"] {
        let answer = ask(EMPTY, &Method::GET, path, &[]).unwrap();
        assert_eq!(answer.status(), 503);
        let text = String::from_utf8(answer.body().to_vec()).unwrap();
        assert!(text.contains("any Matrix client") && text.contains("любым клиентом"), "{text}");
        assert_eq!(field(&answer, "cache-control"), "no-store");
        assert_eq!(field(&answer, "content-security-policy"), policy::CONTENT_SECURITY);
    }
    assert!(ask(EMPTY, &Method::GET, "/admin/", &[]).is_none());
    assert!(ask(EMPTY, &Method::GET, "/assets/main.js", &[]).is_none());
    assert!(!EMPTY.is_built());
    assert!(SITE.is_built());
}

#[test]
fn what_is_built_in_is_in_order_and_known() {
    assert!(BUILT_IN.is_sorted_by_key(|file| file.name), "they are looked up by halving");
    for file in BUILT_IN {
        assert!(content_type(file.name).is_some(), "nobody has said what {} holds", file.name);
        assert!(file.name.is_ascii(), "{}", file.name);
        for form in [file.br, file.gzip].into_iter().flatten() {
            assert!(form.len() < file.plain.len(), "{} did not get smaller", file.name);
        }
    }
}

#[test]
fn what_is_built_in_is_what_lies_there() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    for file in BUILT_IN {
        assert_eq!(fs::read(dist.join(file.name)).unwrap(), file.plain, "{}", file.name);
    }
    let index = dist.join("client/index.html");
    assert_eq!(index.exists(), Pages::built_in().is_built());
}
