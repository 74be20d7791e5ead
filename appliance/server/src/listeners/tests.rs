//! A small router behind the real listener, spoken to byte by byte.

mod http1;
mod http2;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Extension;
use axum::routing::{get, post};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};
use veche_acme::HttpTokens;
use veche_api::connection::Connection;
use veche_base::metrics::Registry;
use veche_runtime::Supervisor;
use veche_runtime::tasks::Drained;

use super::{BoundListener, Door, Doorkeeper, Patience, Proxies, Redirect, Service};

/// Long enough for a busy machine to answer a client that does not dawdle, short for one that does.
const PATIENCE: Patience = Patience {
    handshake: Duration::from_millis(300),
    headers: Duration::from_millis(300),
    body_pause: Duration::from_millis(300),
    idle: Duration::from_millis(300),
    stall: Duration::from_millis(300),
    rest: Duration::from_millis(20),
};

/// Longer than anything takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

async fn start(places: usize) -> (SocketAddr, Supervisor) {
    start_with(places, Patience::default()).await
}

async fn start_with(places: usize, patience: Patience) -> (SocketAddr, Supervisor) {
    let house = House::start(places, patience).await;
    (house.address, house.supervisor)
}

/// A listener, and what is known of it from inside.
struct House {
    address: SocketAddr,
    supervisor: Supervisor,
    registry: Registry,
    gate: Gate,
}

/// Where requests to `/slow` stop.
#[derive(Clone)]
struct Gate {
    /// One for each request that has come.
    reached: Arc<Notify>,
    /// As many requests may go on.
    open: Arc<Semaphore>,
}

impl House {
    async fn start(places: usize, patience: Patience) -> Self {
        let registry = Registry::new();
        let gate = Gate { reached: Arc::default(), open: Arc::new(Semaphore::new(0)) };
        let supervisor = Supervisor::new(&registry);
        let service = Service::Http(router(&supervisor, &gate));
        let listener = BoundListener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.address();
        let doorkeeper = Doorkeeper::new(places, places, &registry.scope("server"));
        let door = Door { patience, ..Door::new(doorkeeper, Arc::default(), supervisor.clone()) };
        supervisor.spawn("listener", listener.serve(service, door));
        Self { address, supervisor, registry, gate }
    }

    /// Waits until a gauge of the listener shows this.
    async fn wait_until(&self, gauge: &str, value: i64) {
        let line = format!("veche_server_{gauge} {value}\n");
        let shown = async {
            while !self.registry.encode().contains(&line) {
                tokio::task::yield_now().await;
            }
        };
        let outcome = tokio::time::timeout(LIMIT, shown).await;
        assert!(outcome.is_ok(), "{line} is not in\n{}", self.registry.encode());
    }
}

fn router(supervisor: &Supervisor, gate: &Gate) -> Router {
    let (supervisor, gate) = (supervisor.clone(), gate.clone());
    Router::new()
        .route("/peer", get(|Extension(connection): Extension<Connection>| async move { connection.peer.to_string() }))
        .route("/length", post(|body: axum::body::Bytes| async move { body.len().to_string() }))
        .route("/unread", post(|| async { "whatever you say" }))
        .route("/endless", get(|| async { endless() }))
        .route("/slow", get(|| async move { gate.pass().await }))
        .route("/shout", get(|request: axum::extract::Request| async move { shout(request, &supervisor) }))
}

impl Gate {
    async fn pass(&self) -> &'static str {
        self.reached.notify_one();
        self.open.acquire().await.unwrap().forget();
        "done"
    }
}

/// An answer that is as long as it is taken.
fn endless() -> axum::body::Body {
    let piece = axum::body::Bytes::from_static(&[b'x'; 16 * 1_024]);
    axum::body::Body::from_stream(futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(piece.clone())))
}

/// Another protocol after an upgrade, as WebSocket is one: each letter comes back as a capital.
fn shout(mut request: axum::extract::Request, supervisor: &Supervisor) -> axum::response::Response {
    let upgrade = hyper::upgrade::on(&mut request);
    supervisor.spawn("shout", async move {
        let mut stream = TokioIo::new(upgrade.await.unwrap());
        let mut letter = [0];
        while stream.read_exact(&mut letter).await.is_ok() {
            stream.write_all(&letter.map(|byte| byte.to_ascii_uppercase())).await.unwrap();
        }
    });
    let answer = hyper::Response::builder().status(101).header("connection", "upgrade").header("upgrade", "shout");
    answer.body(axum::body::Body::empty()).unwrap()
}

async fn listen(
    service: Service,
    proxies: Proxies,
    places: usize,
    patience: Patience,
    supervisor: &Supervisor,
) -> SocketAddr {
    let listener = BoundListener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.address();
    let doorkeeper = Doorkeeper::new(places, places, &Registry::new().scope("server"));
    let door = Door { patience, ..Door::new(doorkeeper, Arc::new(proxies), supervisor.clone()) };
    supervisor.spawn("listener", listener.serve(service, door));
    address
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
    let House { address, supervisor, gate, .. } = House::start(10, Patience::default()).await;
    let stream = connect(address, b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let idle = connect(address, b"").await;
    gate.reached.notified().await;
    let stopping = supervisor.shutdown_token();
    let release = async {
        stopping.cancelled().await;
        gate.open.add_permits(1);
    };
    let (answer, drained, ()) = tokio::join!(read_all(stream), supervisor.drain(LIMIT), release);
    assert_eq!(drained, Drained::Softly);
    assert!(answer.ends_with("done"), "{answer}");
    assert!(TcpStream::connect(address).await.is_err());
    drop(idle);
}

#[tokio::test]
async fn connection_can_be_upgraded_and_keeps_its_place() {
    let (address, _supervisor) = start(1).await;
    let ask = b"GET /shout HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: shout\r\n\r\n";
    let mut stream = connect(address, ask).await;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    for letter in *b"abc" {
        stream.write_u8(letter).await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), letter.to_ascii_uppercase());
    }
    assert_eq!(read_all(TcpStream::connect(address).await.unwrap()).await, "", "its place is taken");
}

/// A redirecting listener behind a proxy on this machine.
async fn start_behind_proxy() -> (SocketAddr, Supervisor) {
    let supervisor = Supervisor::new(&Registry::new());
    let service = Service::Redirect(Redirect::new(HttpTokens::default(), "https://a.example"));
    let of_connections = vec!["127.0.0.1".parse().unwrap()];
    let proxies = Proxies { of_connections, ..Proxies::default() };
    (listen(service, proxies, 2, PATIENCE, &supervisor).await, supervisor)
}

#[tokio::test]
async fn listed_proxy_must_say_for_whom_it_connects() {
    let (address, _supervisor) = start_behind_proxy().await;
    let signature = b"\r\n\r\n\0\r\nQUIT\n";
    let ask = b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n";
    let for_client = [&signature[..], &[0x21, 0x11, 0, 12, 203, 0, 113, 9, 10, 0, 0, 1, 1, 1, 2, 2]].concat();
    let for_itself = [&signature[..], &[0x20, 0x00, 0, 0]].concat();
    for header in [&for_client, &for_itself] {
        let answer = read_all(connect(address, &[header, &ask[..]].concat()).await).await;
        assert!(answer.starts_with("HTTP/1.1 308") && answer.contains("https://a.example/x"), "{answer}");
    }
    let version_1 = b"PROXY TCP4 203.0.113.9 10.0.0.1 257 514\r\n";
    for wrong in [&ask[..], &version_1[..], &for_client[..20], b""] {
        let stream = connect(address, wrong).await;
        let limit = Duration::from_secs(30);
        let answer = tokio::time::timeout(limit, read_all(stream)).await.expect("the connection was closed in time");
        assert_eq!(answer, "", "{}", String::from_utf8_lossy(wrong));
    }
}

#[tokio::test]
async fn clients_behind_a_proxy_have_their_own_shares() {
    let supervisor = Supervisor::new(&Registry::new());
    let service = Service::Redirect(Redirect::new(HttpTokens::default(), "https://a.example"));
    let proxies = Proxies { of_connections: vec!["127.0.0.1".parse().unwrap()], ..Proxies::default() };
    let listener = BoundListener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.address();
    let doorkeeper = Doorkeeper::new(10, 1, &Registry::new().scope("server"));
    let door = Door::new(doorkeeper, Arc::new(proxies), supervisor.clone());
    supervisor.spawn("listener", listener.serve(service, door));
    let header = |last: u8| {
        let signature = &b"\r\n\r\n\0\r\nQUIT\n"[..];
        [signature, &[0x21, 0x11, 0, 12, 203, 0, 113, last, 10, 0, 0, 1, 1, 1, 2, 2]].concat()
    };
    // It waits for the headers of the request that the first half of a line begins.
    let mut first = connect(address, &[&header(1)[..], b"GET "].concat()).await;
    let ask = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let other = read_all(connect(address, &[&header(2)[..], ask].concat()).await).await;
    assert!(other.starts_with("HTTP/1.1 308"), "{other}");
    let same = read_all(connect(address, &[&header(1)[..], ask].concat()).await).await;
    assert_eq!(same, "");
    first.write_all(b"/ HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert!(read_all(first).await.starts_with("HTTP/1.1 308"));
}

#[tokio::test]
async fn header_of_a_proxy_is_not_read_from_others() {
    let supervisor = Supervisor::new(&Registry::new());
    let service = Service::Redirect(Redirect::new(HttpTokens::default(), "https://a.example"));
    let of_connections = vec!["10.0.0.0/8".parse().unwrap()];
    let address = listen(service, Proxies { of_connections, ..Proxies::default() }, 10, PATIENCE, &supervisor).await;
    let header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xCB\0\x71\x09\x0A\0\0\x01\x01\x01\x02\x02";
    let ask = b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n";
    let answer = read_all(connect(address, &[&header[..], ask].concat()).await).await;
    assert!(!answer.contains("308"), "{answer}");
    let answer = read_all(connect(address, ask).await).await;
    assert!(answer.starts_with("HTTP/1.1 308"), "{answer}");
}

#[tokio::test]
async fn port_80_answers_one_request_and_closes() {
    let supervisor = Supervisor::new(&Registry::new());
    let service = Service::Redirect(Redirect::new(HttpTokens::default(), "https://a.example"));
    let address = listen(service, Proxies::default(), 10, PATIENCE, &supervisor).await;
    let two = b"GET /a HTTP/1.1\r\nhost: a\r\n\r\nGET /b HTTP/1.1\r\nhost: a\r\n\r\n";
    let answer = read_all(connect(address, two).await).await;
    assert!(answer.starts_with("HTTP/1.1 308") && answer.contains("https://a.example/a"), "{answer}");
    assert!(!answer.contains("https://a.example/b"), "{answer}");
    let login = b"POST /login HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nword";
    let answer = read_all(connect(address, login).await).await;
    assert!(answer.starts_with("HTTP/1.1 403") && !answer.contains("location"), "{answer}");
    for words in [&b""[..], b"GET", b"GET /peer HTTP/1.1\r\nhost: a\r\nx-slow: "] {
        let stream = connect(address, words).await;
        let limit = Duration::from_secs(30);
        tokio::time::timeout(limit, read_all(stream)).await.expect("the connection was closed in time");
    }
}
