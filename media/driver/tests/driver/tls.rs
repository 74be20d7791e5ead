//! What the server's HTTPS listener does for TURN: it ends TLS, looks at the first bytes, and hands the connection over.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection};
use veche_media_driver::{Handle, TlsStream};
use veche_turn::{Sniffed, sniff};

use crate::link::Link;
use crate::site::PATIENCE;

/// See the module. Its threads end with the test.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    pub(crate) trust: Arc<ClientConfig>,
    /// Hears of every connection that has ended.
    pub(crate) ended: Receiver<SocketAddr>,
}

impl Front {
    /// Accepts from now on.
    pub(crate) fn start(handle: Handle) -> Self {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(cert.der().clone()).unwrap();
        let trust = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key);
        let config = Arc::new(config.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, ended) = channel();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (handle, config, tell) = (handle.clone(), Arc::clone(&config), tell.clone());
                thread::spawn(move || serve(&handle, config, socket.unwrap(), tell));
            }
        });
        Self { address, trust: Arc::new(trust), ended }
    }

    /// A TLS connection to it.
    pub(crate) fn connect(&self) -> Link {
        Link::tls(self.address, Arc::clone(&self.trust))
    }
}

/// Tells when the connection has ended.
struct Place(SocketAddr, Sender<SocketAddr>);

impl Drop for Place {
    fn drop(&mut self) {
        // The test may have ended before.
        let _ = self.1.send(self.0);
    }
}

fn serve(handle: &Handle, config: Arc<ServerConfig>, mut socket: TcpStream, tell: Sender<SocketAddr>) {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut tls = ServerConnection::new(config).unwrap();
    let (local, remote) = (socket.local_addr().unwrap(), socket.peer_addr().unwrap());
    let place = Box::new(Place(remote, tell));
    if tls.complete_io(&mut socket).is_err() {
        return;
    }
    let mut first_bytes = Vec::new();
    while sniff(&first_bytes) == Sniffed::Undecided {
        // As little as possible, so that much of what has come is still inside of TLS.
        let mut byte = [0];
        match rustls::Stream::new(&mut tls, &mut socket).read(&mut byte) {
            Ok(1) => first_bytes.push(byte[0]),
            _ => return,
        }
    }
    assert_eq!(sniff(&first_bytes), Sniffed::Turn);
    // A driver that has stopped takes nothing; the client sees the connection end.
    let _ = handle.hand_over(TlsStream { socket, tls, first_bytes, local, remote, place });
}
