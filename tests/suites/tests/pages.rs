//! The pages for people, as the shipped binary gives them out: all that its page asks for is there, under the policy, in a
//! compressed form, and nothing of it stands in the way of clients.

use std::path::Path;

use reqwest::Method;
use veche_test_harness::{Answer, Client, Server};

/// What is shorter than this is not worth packing: it travels in one packet anyway.
const PACKED_BYTES_MIN: usize = 512;

/// Whether the pages were built before the binary was.
fn is_built() -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../appliance/web/dist/client/index.html").exists()
}

fn field<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().expect("header fields are text"))
}

/// What the page names in its attributes, from this server.
fn links(page: &str) -> Vec<String> {
    let quoted = page.split(['"', '\'']).filter(|quoted| quoted.starts_with('/') && quoted.contains('.'));
    quoted.map(str::to_owned).collect()
}

#[tokio::test]
async fn browser_gets_the_client_and_all_that_its_page_names() {
    let server = Server::start().await;
    let browser = Client::anonymous(&server.base_url());
    let page = browser.get("/").await;
    let policy = field(&page, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"), "{policy}");
    assert_eq!(field(&page, "content-type"), "text/html; charset=utf-8");
    assert_eq!(field(&page, "cross-origin-opener-policy"), "same-origin");
    let text = String::from_utf8(page.bytes.clone()).expect("a page is UTF-8");
    if !is_built() {
        assert_eq!(page.status, 503, "{text}");
        assert!(text.contains("built without pages"), "{text}");
        return;
    }
    assert_eq!((page.status, field(&page, "cache-control")), (200, "no-cache"), "{text}");
    let links = links(&text);
    assert!(links.iter().any(|link| link.ends_with(".js")), "the page has a script: {text}");
    for link in links {
        let asked = browser.request(Method::GET, &link).header("accept-encoding", "gzip, br");
        let answer = browser.answer(asked).await;
        assert_eq!(answer.status, 200, "{link}");
        assert_ne!(field(&answer, "content-type"), "text/html; charset=utf-8", "{link}");
        if link.ends_with(".js") {
            let is_packed = field(&answer, "content-encoding") == "br";
            assert!(is_packed || answer.bytes.len() < PACKED_BYTES_MIN, "{link}");
            assert_eq!(field(&answer, "cache-control"), "public, max-age=31536000, immutable", "{link}");
        }
        let again = browser.request(Method::GET, &link).header("accept-encoding", "gzip, br");
        let again = browser.answer(again.header("if-none-match", field(&answer, "etag"))).await;
        assert_eq!((again.status, again.bytes.len()), (304, 0), "{link}");
    }
    // An address inside of the client is the client.
    assert_eq!(browser.get("/room/!room:localhost/$event").await.bytes, page.bytes);
    assert_eq!(browser.get("/assets/nothing.js").await.status, 404);
}

#[tokio::test]
async fn programs_are_told_in_their_own_words() {
    let server = Server::start().await;
    let program = Client::anonymous(&server.base_url());
    for path in ["/_matrix/client/v3/nothing", "/.well-known/nothing", "/api/nothing", "/_veche/nothing"] {
        program.get(path).await.refused(404, "M_UNRECOGNIZED");
    }
    program.answer(program.request(Method::POST, "/")).await.refused(404, "M_UNRECOGNIZED");
    let counted = program.get("/metrics").await;
    assert!(!String::from_utf8_lossy(&counted.bytes).contains("route=\"pages\""));
    program.get("/").await;
    let counted = program.get("/metrics").await;
    assert!(String::from_utf8_lossy(&counted.bytes).contains("route=\"pages\""), "pages are counted as such");
}
