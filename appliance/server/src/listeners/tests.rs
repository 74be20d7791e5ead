//! A small router behind the real listener, spoken to byte by byte.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::routing::{get, post};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use veche_api::connection::Connection;
use veche_base::metrics::Registry;
use veche_runtime::Supervisor;
use veche_runtime::tasks::Drained;

use super::{BoundListener, Doorkeeper, Patience};

/// Long enough for a busy machine to answer a client that does not dawdle, short for one that does.
const PATIENCE: Patience = Patience {
    handshake: Duration::from_millis(300),
    headers: Duration::from_millis(300),
    body_pause: Duration::from_millis(300),
};

async fn start(places: usize) -> (SocketAddr, Supervisor) {
    start_with(places, Patience::default()).await
}

async fn start_with(places: usize, patience: Patience) -> (SocketAddr, Supervisor) {
    let router = Router::new()
        .route("/peer", get(|Extension(connection): Extension<Connection>| async move { connection.peer.to_string() }))
        .route("/length", post(|body: axum::body::Bytes| async move { body.len().to_string() }))
        .route(
            "/slow",
            get(|| async {
                tokio::time::sleep(Duration::from_secs(2)).await;
                "done"
            }),
        );
    let supervisor = Supervisor::new(&Registry::new());
    let mut listener = BoundListener::http("127.0.0.1:0".parse().unwrap()).await.unwrap();
    listener.patience = patience;
    let address = listener.address();
    let doorkeeper = Doorkeeper::new(places, places, &Registry::new());
    supervisor.spawn("listener", listener.serve(router, doorkeeper, supervisor.clone()));
    (address, supervisor)
}

async fn connect(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    stream
}

async fn read_all(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is as good an end as an orderly one.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn requests_know_where_they_came_from() {
    let (address, _supervisor) = start(10).await;
    let stream = connect(address, b"GET /peer HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    let answer = read_all(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
}

#[tokio::test]
async fn http2_is_spoken_without_tls_too() {
    let (address, _supervisor) = start(10).await;
    // The preface and an empty SETTINGS frame; the server's own SETTINGS frame comes first.
    let mut stream = connect(address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
    let mut frame_head = [0; 9];
    stream.read_exact(&mut frame_head).await.unwrap();
    assert_eq!(frame_head[3], 4);
}

#[tokio::test]
async fn clients_that_say_nothing_are_let_go() {
    let (address, _supervisor) = start_with(10, PATIENCE).await;
    for words in [&b""[..], b"GET", b"GET /peer HTTP/1.1\r\nhost: a\r\nx-slow: "] {
        let stream = connect(address, words).await;
        let limit = Duration::from_secs(30);
        tokio::time::timeout(limit, read_all(stream)).await.expect("the connection was closed in time");
    }
}

#[tokio::test]
async fn body_that_stops_coming_is_given_up() {
    let (address, _supervisor) = start_with(10, PATIENCE).await;
    let stream = connect(address, b"POST /length HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc").await;
    let limit = Duration::from_secs(60);
    let answer = tokio::time::timeout(limit, read_all(stream)).await.expect("the connection was closed in time");
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn headers_have_a_size() {
    let (address, _supervisor) = start(10).await;
    let with_header = |bytes: usize| {
        format!("GET /peer HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: {}\r\n\r\n", "y".repeat(bytes))
    };
    let answer = read_all(connect(address, with_header(20_000).as_bytes()).await).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = read_all(connect(address, with_header(40_000).as_bytes()).await).await;
    assert!(answer.starts_with("HTTP/1.1 431") || answer.is_empty(), "{answer}");
}

#[tokio::test]
async fn too_many_connections_are_refused() {
    let (address, _supervisor) = start(1).await;
    let first = connect(address, b"").await;
    let refused = read_all(TcpStream::connect(address).await.unwrap()).await;
    assert_eq!(refused, "");
    drop(first);
}

#[tokio::test]
async fn request_under_way_is_finished_when_the_server_stops() {
    let (address, supervisor) = start(10).await;
    let stream = connect(address, b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let idle = connect(address, b"").await;
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        supervisor.drain(Duration::from_secs(10)).await
    };
    let (answer, drained) = tokio::join!(read_all(stream), stopping);
    assert_eq!(drained, Drained::Softly);
    assert!(answer.ends_with("done"), "{answer}");
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}
