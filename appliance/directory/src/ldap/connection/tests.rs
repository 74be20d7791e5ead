//! A false server on a real socket.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use veche_base::Secret;
use veche_base::limits::LDAP_MESSAGE_BYTES_MAX;

use super::super::ber::{ENUMERATED, INTEGER, OCTETS, SEQUENCE, SET, element, group, number};
use super::super::cause::Cause;
use super::{BIND_ANSWER, CONTROLS, Connection, ENTRY, PAGED_RESULTS, REFERENCE, SEARCH_DONE, Scope, Search};

const SEARCH: Search<'static> =
    Search { base: "dc=org", scope: Scope::Subtree, filter: "(uid=a)", attributes: &["uid"] };

fn message(id: u32, operation: Vec<u8>, controls: Vec<u8>) -> Vec<u8> {
    group(SEQUENCE, &[number(INTEGER, id), operation, controls])
}

fn outcome(tag: u8, code: u32) -> Vec<u8> {
    group(tag, &[number(ENUMERATED, code), element(OCTETS, b""), element(OCTETS, b"as it says")])
}

fn found(dn: &str) -> Vec<u8> {
    let values = group(SET, &[element(OCTETS, b"a")]);
    let attribute = group(SEQUENCE, &[element(OCTETS, b"uid"), values]);
    group(ENTRY, &[element(OCTETS, dn.as_bytes()), group(SEQUENCE, &[attribute])])
}

fn page(cookie: &[u8]) -> Vec<u8> {
    let value = group(SEQUENCE, &[number(INTEGER, 0), element(OCTETS, cookie)]);
    group(CONTROLS, &[group(SEQUENCE, &[element(OCTETS, PAGED_RESULTS), element(OCTETS, &value)])])
}

/// A connection whose other side gives one of these answers to each question, and hangs up when none is left.
async fn connected(answers: Vec<Vec<u8>>) -> Connection {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut question = [0; 4_096];
        for answer in answers {
            if stream.read(&mut question).await.unwrap_or(0) == 0 || stream.write_all(&answer).await.is_err() {
                return;
            }
        }
    };
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(serve);
    });
    let stream = TcpStream::connect(address).await.unwrap();
    Connection { stream: Box::new(stream), number: 0, received: Vec::new() }
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

#[tokio::test]
async fn pages_are_followed_to_the_end_and_referrals_are_not() {
    let first = [message(1, found("uid=a"), vec![]), message(1, outcome(SEARCH_DONE, 0), page(b"more"))].concat();
    let reference = message(2, group(REFERENCE, &[element(OCTETS, b"ldap://elsewhere")]), vec![]);
    let second =
        [reference, message(2, found("uid=b"), vec![]), message(2, outcome(SEARCH_DONE, 0), page(b""))].concat();
    let all = connected(vec![first, second]).await.search(&SEARCH).await.unwrap();
    let names: Vec<_> = all.entries.iter().map(|entry| (entry.dn.as_str(), entry.text("UID"))).collect();
    assert_eq!((names, all.referrals), (vec![("uid=a", Some("a")), ("uid=b", Some("a"))], 1));
}

#[tokio::test]
async fn what_is_not_ldap_ends_the_connection() {
    let mut deep = Vec::new();
    for _ in 0..2_000 {
        deep = element(SEQUENCE, &deep);
    }
    let huge = u32::try_from(LDAP_MESSAGE_BYTES_MAX + 1).unwrap().to_be_bytes();
    let rubbish: [(Vec<u8>, &str); 10] = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "not_ldap"),
        ([&[SEQUENCE, 0x84][..], &huge].concat(), "not_ldap"),
        (vec![SEQUENCE, 0x80, 0, 0], "not_ldap"),
        (vec![SEQUENCE, 0], "not_ldap"),
        (vec![SEQUENCE, 2, INTEGER, 0], "not_ldap"),
        (deep, "not_ldap"),
        (message(1, element(ENTRY, &[OCTETS, 9, b'x']), vec![]), "not_ldap"),
        (message(1, outcome(BIND_ANSWER, 0), vec![]), "not_ldap"),
        (message(0, outcome(0x78, 52), vec![]), "closed"),
        (message(9, outcome(SEARCH_DONE, 0), vec![]), "closed"),
    ];
    for (bytes, code) in rubbish {
        let shown = bytes[..bytes.len().min(20)].to_vec();
        let cause = connected(vec![bytes]).await.search(&SEARCH).await.unwrap_err();
        assert_eq!(cause.code(), code, "{shown:?}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_never_comes_is_none() {
    let whole = message(1, found("uid=a"), vec![]);
    for end in [0, 1, whole.len() - 1, whole.len()] {
        let cause = connected(vec![whole[..end].to_vec()]).await.search(&SEARCH).await.unwrap_err();
        assert_eq!(cause.code(), "closed", "{end}");
    }
    let (here, _silent) = tokio::io::duplex(4_096);
    let mut connection = Connection { stream: Box::new(here), number: 0, received: Vec::new() };
    tokio::time::pause();
    assert_eq!(connection.search(&SEARCH).await.unwrap_err().code(), "timeout");
}

#[tokio::test]
async fn a_bind_without_a_password_is_never_sent() {
    let cheerful = || vec![message(1, outcome(BIND_ANSWER, 0), vec![])];
    assert!(connected(cheerful()).await.bind("uid=a", &secret("")).await.unwrap().is_err());
    assert!(connected(cheerful()).await.bind("", &secret("x")).await.unwrap().is_err());
    assert!(connected(cheerful()).await.bind("uid=a", &secret("x")).await.unwrap().is_ok());
    for (code, is_answer) in [(49, true), (48, true), (32, true), (10, false), (51, false)] {
        let answer =
            connected(vec![message(1, outcome(BIND_ANSWER, code), vec![])]).await.bind("uid=a", &secret("x")).await;
        assert_eq!(matches!(answer, Ok(Err(_))), is_answer, "{code}: {answer:?}");
    }
}

#[tokio::test]
async fn what_a_search_ends_with_is_told_apart() {
    for (code, word) in [(32, "no_such_base"), (34, "no_such_base"), (10, "referral"), (4, "directory_refused")] {
        let answer = [message(1, found("uid=a"), vec![]), message(1, outcome(SEARCH_DONE, code), vec![])].concat();
        let cause: Cause = connected(vec![answer]).await.search(&SEARCH).await.unwrap_err();
        assert_eq!(cause.code(), word, "a part is nothing");
    }
}
