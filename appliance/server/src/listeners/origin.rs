//! Where a connection comes from: reads what a listed proxy says about it.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt};

use super::proxy_protocol::{Ends, HeaderError, PREFIX_BYTES, Prefix};

/// Why nothing is known about a connection that a proxy has opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum OriginError {
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error("the connection ended in its PROXY header: {0}")]
    Ended(#[from] io::Error),
}

/// Reads the header of a proxy, and not a byte of what follows it. `None` means that the proxy speaks for itself. The
/// caller limits the time.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<Ends>, OriginError> {
    let mut prefix = [0; PREFIX_BYTES];
    stream.read_exact(&mut prefix).await?;
    let prefix = Prefix::read(&prefix)?;
    let mut rest = vec![0; prefix.rest_bytes()];
    stream.read_exact(&mut rest).await?;
    Ok(prefix.ends(&rest)?)
}

/// An IPv4 client of a dual-stack socket is an IPv4 client.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}
