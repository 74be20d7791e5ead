//! The client against a small server of our own, and the checks against their tables.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::check::{check_url, is_within_reach};
use super::resolver::within_reach;
use super::{Client, OutboundError, Policy, Reach, Settings};

const POLICY: Policy = Policy { answer_bytes_max: 1_000, time_max: Duration::from_secs(5) };

fn client(reach: Reach) -> Client {
    Client::new(&Settings { reach, extra_ca_pem: None }).unwrap()
}

/// Answers each connection with the next of `answers` and then closes it.
async fn serve(answers: Vec<String>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4_096];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    };
    tokio::task::spawn_local(serving);
    address
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

async fn post(url: &str, reach: Reach) -> Result<serde_json::Value, OutboundError> {
    client(reach).post_json(url, &json!({ "notification": {} }), POLICY).await
}

async fn locally<T>(test: impl Future<Output = T>) -> T {
    tokio::task::LocalSet::new().run_until(test).await
}

#[tokio::test]
async fn json_goes_out_and_comes_back() {
    locally(async {
        let address = serve(vec![answer("200 OK", "", r#"{"rejected":[]}"#)]).await;
        let got = post(&format!("http://{address}/_matrix/push/v1/notify"), Reach::Loopback).await.unwrap();
        assert_eq!(got, json!({ "rejected": [] }));
    })
    .await;
}

#[tokio::test]
async fn exchange_gives_failures_with_their_headers() {
    locally(async {
        let address = serve(vec![answer("429 Too Many Requests", "retry-after: 7\r\n", "slowly")]).await;
        let (client, url) = (client(Reach::Loopback), format!("http://{address}/order"));
        let got = client.exchange(Method::HEAD, &url, HeaderMap::new(), Bytes::new(), POLICY).await.unwrap();
        assert_eq!((got.status.as_u16(), &got.headers["retry-after"]), (429, &"7".parse().unwrap()));
        let address = serve(vec![answer("200 OK", "", &"x".repeat(1_001))]).await;
        let url = format!("http://{address}/");
        let refused = client.exchange(Method::GET, &url, HeaderMap::new(), Bytes::new(), POLICY).await;
        assert!(matches!(refused, Err(OutboundError::TooLarge(1_000))), "{refused:?}");
        let public = Client::new(&Settings::default()).unwrap();
        let refused = public.exchange(Method::GET, "https://10.0.0.1/", HeaderMap::new(), Bytes::new(), POLICY).await;
        assert!(matches!(refused, Err(OutboundError::OutOfReach)), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn redirects_are_followed_three_times_and_no_more() {
    locally(async {
        let there = || answer("307 Temporary Redirect", "location: /next\r\n", "");
        let address = serve(vec![there(), there(), there(), answer("200 OK", "", "{}")]).await;
        post(&format!("http://{address}/"), Reach::Loopback).await.unwrap();
        let address = serve(vec![there(), there(), there(), there(), answer("200 OK", "", "{}")]).await;
        let refused = post(&format!("http://{address}/"), Reach::Loopback).await;
        assert!(matches!(refused, Err(OutboundError::Redirect(_))), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn redirect_to_a_forbidden_place_is_not_followed() {
    locally(async {
        for place in ["http://169.254.169.254/latest", "https://169.254.169.254/", "http://10.0.0.1/", "ftp://a/"] {
            let header = format!("location: {place}\r\n");
            let address = serve(vec![answer("302 Found", &header, "")]).await;
            let refused = post(&format!("http://{address}/"), Reach::Loopback).await;
            assert!(refused.is_err(), "{place}: {refused:?}");
            assert!(!matches!(refused, Err(OutboundError::Connection(_) | OutboundError::TimedOut)), "{refused:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn large_failed_and_garbled_answers_are_told_apart() {
    locally(async {
        let address = serve(vec![
            answer("200 OK", "", &"x".repeat(1_001)),
            answer("502 Bad Gateway", "", "{}"),
            answer("200 OK", "", "<html>"),
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(5_000)),
        ])
        .await;
        let url = format!("http://{address}/");
        assert!(matches!(post(&url, Reach::Loopback).await, Err(OutboundError::TooLarge(1_000))));
        assert!(matches!(post(&url, Reach::Loopback).await, Err(OutboundError::Status(502))));
        assert!(matches!(post(&url, Reach::Loopback).await, Err(OutboundError::BadAnswer(_))));
        assert!(matches!(post(&url, Reach::Loopback).await, Err(OutboundError::TooLarge(1_000))));
    })
    .await;
}

#[tokio::test]
async fn name_that_resolves_inward_is_out_of_reach() {
    let refused = post("https://localhost:1/", Reach::Public).await;
    assert!(matches!(refused, Err(OutboundError::OutOfReach)), "{refused:?}");
}

#[test]
fn urls_are_judged_by_their_reach() {
    use Reach::{Loopback, Private, Public};
    for (url, from) in [
        ("https://push.example.org/_matrix/push/v1/notify", Some(Public)),
        ("https://1.1.1.1/", Some(Public)),
        ("https://[2a00:1450::1]/", Some(Public)),
        ("https://10.0.0.1/", Some(Private)),
        ("https://[fd00::1]/", Some(Private)),
        ("https://127.0.0.1/", Some(Loopback)),
        ("http://127.0.0.1:9000/", Some(Loopback)),
        ("http://localhost/", Some(Loopback)),
        ("http://[::1]/", Some(Loopback)),
        // Other ways to write 127.0.0.1, which the URL parser makes plain.
        ("https://0x7f.1/", Some(Loopback)),
        ("https://2130706433/", Some(Loopback)),
        ("http://push.example.org/", None),
        ("http://10.0.0.1/", None),
        ("https://169.254.169.254/", None),
        ("https://[::ffff:127.0.0.1]/", None),
        ("https://[::ffff:8.8.8.8]/", None),
        ("https://[2002:7f00:1::]/", None),
        ("https://0.0.0.0/", None),
        ("https://user@push.example.org/", None),
        ("https://user:pass@push.example.org/", None),
        ("ftp://push.example.org/", None),
        ("file:///etc/passwd", None),
        ("data:text/plain,hi", None),
    ] {
        let parsed = Url::parse(url).unwrap();
        for reach in [Public, Private, Loopback] {
            let allowed = from.is_some_and(|from| reach >= from);
            assert_eq!(check_url(&parsed, reach).is_ok(), allowed, "{url} with {reach:?}");
        }
    }
}

#[test]
fn resolver_keeps_only_allowed_addresses_in_their_real_form() {
    let found = ["[::ffff:10.0.0.1]:0", "127.0.0.1:0", "[::ffff:1.1.1.1]:0", "169.254.169.254:0"];
    let addresses = || found.iter().map(|text| text.parse().unwrap());
    let kept = |reach| -> Vec<String> {
        within_reach(addresses(), reach).unwrap().iter().map(|kept| kept.ip().to_string()).collect()
    };
    assert_eq!(kept(Reach::Public), ["1.1.1.1"]);
    assert_eq!(kept(Reach::Private), ["10.0.0.1", "1.1.1.1"]);
    assert_eq!(kept(Reach::Loopback), ["10.0.0.1", "127.0.0.1", "1.1.1.1"]);
    assert!(within_reach(addresses().take(2), Reach::Public).is_err());
}

#[test]
fn special_addresses_are_never_within_reach() {
    for text in ["169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "fe80::1", "ff02::1", "::"] {
        let address: IpAddr = text.parse().unwrap();
        assert!(!is_within_reach(address, Reach::Loopback), "{text}");
    }
}

#[test]
fn extra_authorities_must_be_certificates() {
    for pem in ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let settings = Settings { reach: Reach::Public, extra_ca_pem: Some(pem.as_bytes().to_vec()) };
        assert!(Client::new(&settings).is_err(), "{pem:?}");
    }
}
