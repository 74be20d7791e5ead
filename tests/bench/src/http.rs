//! One HTTP/1.1 connection that lives as long as its user does: the least a load generator can spend on a request.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{Failure, tls};

/// No request of any bench may take longer.
const LIMIT: Duration = Duration::from_secs(180);

/// A connection, opened when first needed and again after the server has closed it.
pub(crate) struct Connection {
    address: SocketAddr,
    /// For HTTPS, with the address of the machine's own to come from.
    tls: Option<(tls::Client, IpAddr)>,
    sender: Option<SendRequest<Full<Bytes>>>,
    /// What drives the connection; it ends with this value.
    driver: JoinSet<()>,
}

/// Status and body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { address, tls: None, sender: None, driver: JoinSet::new() }
    }

    pub(crate) fn over_tls(client: &tls::Client, from: IpAddr, to: SocketAddr) -> Self {
        Self { tls: Some((client.clone(), from)), ..Self::to(to) }
    }

    /// Whether it is connected, as far as it has heard.
    pub(crate) fn is_open(&self) -> bool {
        self.sender.as_ref().is_some_and(|sender| !sender.is_closed())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn call(
        &mut self,
        method: &Method,
        path: &str,
        token: &str,
        body: Bytes,
    ) -> Result<Reply, Failure> {
        let request = async {
            let mut request = Request::builder().method(method.clone()).uri(path).header(HOST, "localhost");
            if !token.is_empty() {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            if method != Method::GET {
                request = request.header(CONTENT_TYPE, "application/json");
            }
            let request = request.body(Full::new(body))?;
            let response = self.sender().await?.send_request(request).await?;
            let status = response.status().as_u16();
            Ok::<_, Failure>(Reply { status, body: response.into_body().collect().await?.to_bytes() })
        };
        match timeout(LIMIT, request).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(failure)) => {
                self.sender = None;
                Err(format!("{method} {path}: {failure}").into())
            }
            Err(_) => {
                self.sender = None;
                Err(format!("{method} {path}: no answer in {LIMIT:?}").into())
            }
        }
    }

    async fn sender(&mut self) -> Result<&mut SendRequest<Full<Bytes>>, Failure> {
        let usable = match &mut self.sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        if !usable {
            self.driver.abort_all();
            match self.tls.clone() {
                Some((client, from)) => self.speak_over(client.connect(Some(from), self.address).await?).await?,
                None => {
                    let stream = TcpStream::connect(self.address).await?;
                    stream.set_nodelay(true)?;
                    self.speak_over(stream).await?;
                }
            }
        }
        self.sender.as_mut().ok_or_else(|| "a connection was just made".into())
    }

    async fn speak_over(
        &mut self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    ) -> Result<(), Failure> {
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        self.driver.spawn(async move {
            // Its failure shows in the request that it fails.
            let _ = connection.await;
        });
        self.sender = Some(sender);
        Ok(())
    }
}
