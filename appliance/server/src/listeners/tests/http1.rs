//! HTTP/1: connections that rest, and clients that dawdle.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use veche_api::connection::{Connection, Listener};
use veche_base::metrics::Registry;

use super::{House, LIMIT, PATIENCE, connect, read_all, router};
use crate::listeners::first_bytes::{FirstWords, Spoken};
use crate::listeners::http::Host;
use crate::listeners::{Door, Doorkeeper, Patience, Service, Visit, Visitor};

const ASK: &[u8] = b"GET /peer HTTP/1.1\r\nhost: a\r\n\r\n";

/// Reads the one answer that must come.
async fn answer(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(timeout(LIMIT, stream.read_u8()).await.unwrap().unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    head + &String::from_utf8(body).unwrap()
}

/// Only what is under test is impatient.
fn patience() -> Patience {
    Patience { rest: PATIENCE.rest, ..Patience::default() }
}

#[tokio::test]
async fn connection_rests_while_nothing_is_asked_and_answers_what_comes_then() {
    let house = House::start(10, patience()).await;
    let mut stream = connect(house.address, b"").await;
    for _ in 0..3 {
        stream.write_all(ASK).await.unwrap();
        assert!(answer(&mut stream).await.ends_with("127.0.0.1"));
        house.wait_until("connections_resting", 1).await;
    }
    drop(stream);
    house.wait_until("connections_resting", 0).await;
    house.wait_until("connections", 0).await;
}

#[tokio::test]
async fn beginning_of_a_request_that_came_with_the_last_one_is_not_lost() {
    let house = House::start(10, patience()).await;
    for cut in [1, 4, ASK.len() - 1] {
        let mut stream = connect(house.address, &[ASK, &ASK[..cut]].concat()).await;
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
        // Long enough for it to be tried to rest: nothing may be said meanwhile.
        assert!(timeout(PATIENCE.rest * 5, stream.read_u8()).await.is_err(), "nothing was asked yet");
        stream.write_all(&ASK[cut..]).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"), "cut after {cut} bytes");
    }
}

/// What is left of a request's body must never be taken for a request.
#[tokio::test]
async fn body_that_nobody_has_read_is_no_request() {
    let house = House::start(10, patience()).await;
    let length = ASK.len();
    let head = format!("POST /unread HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n");
    let mut stream = connect(house.address, head.as_bytes()).await;
    assert!(answer(&mut stream).await.ends_with("whatever you say"));
    // The server may have closed already, or is about to.
    let _ = stream.write_all(ASK).await;
    let rest = timeout(LIMIT, read_all(stream)).await.unwrap();
    assert_eq!(rest, "");
    house.wait_until("connections_resting", 0).await;
}

#[tokio::test]
async fn body_that_was_read_is_followed_by_a_rest() {
    let house = House::start(10, patience()).await;
    let mut stream = connect(house.address, b"POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc").await;
    assert!(answer(&mut stream).await.ends_with('3'));
    house.wait_until("connections_resting", 1).await;
    stream.write_all(b"POST /length HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
    stream.write_all(b"2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n").await.unwrap();
    assert!(answer(&mut stream).await.ends_with('4'));
    house.wait_until("connections_resting", 1).await;
}

#[tokio::test]
async fn idle_connection_is_closed_and_a_long_poll_is_not() {
    let house = House::start(10, PATIENCE).await;
    let mut idle = connect(house.address, ASK).await;
    assert!(answer(&mut idle).await.starts_with("HTTP/1.1 200"));
    let mut poll = connect(house.address, b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    house.gate.reached.notified().await;
    assert_eq!(timeout(LIMIT, read_all(idle)).await.unwrap(), "");
    assert!(timeout(PATIENCE.idle * 2, poll.read_u8()).await.is_err(), "its answer is not there yet");
    house.gate.open.add_permits(1);
    assert!(answer(&mut poll).await.ends_with("done"));
}

#[tokio::test]
async fn second_request_has_its_time_too() {
    let house = House::start(10, PATIENCE).await;
    let mut stream = connect(house.address, ASK).await;
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    house.wait_until("connections_resting", 1).await;
    stream.write_all(b"GET /peer HTTP/1.1\r\nx-slow: ").await.unwrap();
    assert_eq!(timeout(LIMIT, read_all(stream)).await.unwrap(), "");
}

#[tokio::test]
async fn client_that_takes_nothing_of_its_answer_is_let_go() {
    let house = House::start(10, PATIENCE).await;
    let stream = connect(house.address, b"GET /endless HTTP/1.1\r\nhost: a\r\n\r\n").await;
    house.wait_until("connections", 1).await;
    house.wait_until("connections", 0).await;
    drop(stream);
}

#[tokio::test]
async fn header_lines_are_counted() {
    let house = House::start(10, patience()).await;
    for (lines, status) in [(99, "HTTP/1.1 200"), (101, "HTTP/1.1 431")] {
        let lines = "x: y\r\n".repeat(lines - 2);
        let ask = format!("GET /peer HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{lines}\r\n");
        let answer = read_all(connect(house.address, ask.as_bytes()).await).await;
        assert!(answer.starts_with(status), "{answer}");
    }
}

/// What a waiting connection costs beside its socket and TLS is the state of its task.
#[tokio::test]
async fn task_of_a_connection_is_small() {
    let house = House::start(10, patience()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, peer) = listener.accept().await.unwrap();
    let doorkeeper = Doorkeeper::new(10, 10, &Registry::new().scope("server"));
    let place = || doorkeeper.admit(peer.ip(), Visitor::Client).unwrap();

    let door = Door::new(Arc::clone(&doorkeeper), Arc::default(), house.supervisor.clone());
    let service = Service::Http(router(&house.supervisor, &house.gate));
    let visit = Visit { stream, peer, place: place(), must_introduce: false };
    let beginning = size_of_val(&visit.serve(service, door));
    assert!(beginning <= 768, "{beginning} bytes");

    let connection = Connection { peer: peer.ip(), listener: Listener::Loopback, secure: false };
    let router = router(&house.supervisor, &house.gate);
    let host = Host::new(router, connection, patience(), house.supervisor.shutdown_token());
    let words = FirstWords { spoken: Spoken::Http1, bytes: Vec::new() };
    // A pipe, which is as large as the box of a TLS connection.
    let stream = Box::new(tokio::io::duplex(1).0);
    let serving = size_of_val(&host.serve(stream, words, place()));
    assert!(serving <= 1_536, "{serving} bytes");
}
