//! What users do, as the requests that clients send for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use hyper::Method;
use serde_json::{Value, json};
use sha1::Sha1;

use crate::Failure;
use crate::http::{Connection, Reply};

pub(crate) const SECRET: &str = "bench";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// One session with a connection of its own.
pub(crate) struct Session {
    connection: Connection,
    pub(crate) user_id: Arc<str>,
    pub(crate) device_id: Arc<str>,
    token: Arc<str>,
    transaction: Arc<AtomicU64>,
}

/// One segment of a path, percent-encoded.
pub(crate) fn encode(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len() + 8);
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn ok(reply: &Reply, asked: &str) -> Result<Value, Failure> {
    if (200..300).contains(&reply.status) {
        return Ok(serde_json::from_slice(&reply.body)?);
    }
    let said = String::from_utf8_lossy(&reply.body[..reply.body.len().min(500)]).into_owned();
    Err(format!("{asked} was answered {}: {said}", reply.status).into())
}

pub(crate) fn text(value: &Value, name: &str) -> Result<String, Failure> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| format!("no {name} in {value}").into())
}

/// The value of a string field of an answer, found without parsing the rest of it.
pub(crate) fn find_field<'a>(body: &'a [u8], name: &str) -> Option<&'a str> {
    let key = format!("\"{name}\":");
    let after = find(body, key.as_bytes())? + key.len();
    let rest = &body[after..];
    let open = rest.iter().position(|b| *b == b'"')? + 1;
    let length = rest[open..].iter().position(|b| *b == b'"')?;
    std::str::from_utf8(&rest[open..open + length]).ok()
}

/// Where `needle` begins.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|b| *b == first) {
        let at = from + at;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

impl Session {
    /// A new account by the shared secret.
    pub(crate) async fn register(mut connection: Connection, name: &str) -> Result<Self, Failure> {
        let path = "/_synapse/admin/v1/register";
        let reply = connection.call(&Method::GET, path, "", Bytes::new()).await?;
        let nonce = text(&ok(&reply, path)?, "nonce")?;
        let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes())?;
        mac.update([nonce.as_str(), name, PASSWORD, "notadmin"].join("\0").as_bytes());
        let mac: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let body = json!({ "nonce": nonce, "username": name, "password": PASSWORD, "admin": false, "mac": mac });
        let reply = connection.call(&Method::POST, path, "", body.to_string().into()).await?;
        let session = ok(&reply, path)?;
        Ok(Self {
            connection,
            user_id: text(&session, "user_id")?.into(),
            device_id: text(&session, "device_id")?.into(),
            token: text(&session, "access_token")?.into(),
            transaction: Arc::default(),
        })
    }

    /// Logs in by password, always as the same further device: a user has a bounded number of them, and the oldest give way
    /// to new ones, this session's among them.
    pub(crate) async fn login(&mut self) -> Result<(), Failure> {
        let body = json!({
            "type": "m.login.password",
            "identifier": { "type": "m.id.user", "user": &*self.user_id },
            "password": PASSWORD,
            "device_id": "LOGIN",
        });
        let path = "/_matrix/client/v3/login";
        let reply = self.connection.call(&Method::POST, path, "", body.to_string().into()).await?;
        ok(&reply, path).map(drop)
    }

    /// The same session over a further connection.
    pub(crate) fn again(&self) -> Self {
        self.at(self.connection.address())
    }

    /// The same session at another address.
    pub(crate) fn at(&self, address: std::net::SocketAddr) -> Self {
        Self {
            connection: Connection::to(address),
            user_id: Arc::clone(&self.user_id),
            device_id: Arc::clone(&self.device_id),
            token: Arc::clone(&self.token),
            transaction: Arc::clone(&self.transaction),
        }
    }

    pub(crate) async fn call(&mut self, method: Method, path: &str, body: &Value) -> Result<Value, Failure> {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let reply = self.connection.call(&method, path, &self.token, body).await?;
        ok(&reply, path)
    }

    /// The raw answer of a GET, which must be a 2xx.
    pub(crate) async fn get_raw(&mut self, path: &str) -> Result<Bytes, Failure> {
        let reply = self.connection.call(&Method::GET, path, &self.token, Bytes::new()).await?;
        if reply.status == 200 {
            return Ok(reply.body);
        }
        ok(&reply, path).map(|_| reply.body)
    }

    pub(crate) async fn create_room(&mut self, preset: &str) -> Result<String, Failure> {
        let body = json!({ "preset": preset });
        text(&self.call(Method::POST, "/_matrix/client/v3/createRoom", &body).await?, "room_id")
    }

    pub(crate) async fn join(&mut self, room: &str) -> Result<(), Failure> {
        self.call(Method::POST, &format!("/_matrix/client/v3/join/{}", encode(room)), &json!({})).await.map(drop)
    }

    /// Sends a text and returns the event's id.
    pub(crate) async fn say(&mut self, room: &str, words: &str) -> Result<String, Failure> {
        let transaction = self.transaction.fetch_add(1, Ordering::Relaxed);
        let path = format!("/_matrix/client/v3/rooms/{}/send/m.room.message/b{transaction}", encode(room));
        let body = json!({ "msgtype": "m.text", "body": words });
        text(&self.call(Method::PUT, &path, &body).await?, "event_id")
    }

    pub(crate) async fn typing(&mut self, room: &str, typing: bool) -> Result<(), Failure> {
        let path = format!("/_matrix/client/v3/rooms/{}/typing/{}", encode(room), encode(&self.user_id));
        self.call(Method::PUT, &path, &json!({ "typing": typing, "timeout": 20_000 })).await.map(drop)
    }

    pub(crate) async fn receipt(&mut self, room: &str, event: &str) -> Result<(), Failure> {
        let path = format!("/_matrix/client/v3/rooms/{}/receipt/m.read/{}", encode(room), encode(event));
        self.call(Method::POST, &path, &json!({})).await.map(drop)
    }

    pub(crate) async fn presence(&mut self, presence: &str) -> Result<(), Failure> {
        let path = format!("/_matrix/client/v3/presence/{}/status", encode(&self.user_id));
        self.call(Method::PUT, &path, &json!({ "presence": presence })).await.map(drop)
    }

    /// The filter that Element sends, stored on the server.
    pub(crate) async fn filter(&mut self) -> Result<String, Failure> {
        let path = format!("/_matrix/client/v3/user/{}/filter", encode(&self.user_id));
        let timeline = json!({ "limit": 20, "unread_thread_notifications": true });
        let body = json!({ "room": { "state": { "lazy_load_members": true }, "timeline": timeline } });
        text(&self.call(Method::POST, &path, &body).await?, "filter_id")
    }

    /// One sync. Returns the answer and the token for the next.
    pub(crate) async fn sync(
        &mut self,
        filter: &str,
        since: Option<&str>,
        timeout_ms: u64,
    ) -> Result<(Bytes, String), Failure> {
        let since = since.map_or_else(String::new, |s| format!("&since={}", encode(s)));
        let path = format!("/_matrix/client/v3/sync?filter={}&timeout={timeout_ms}{since}", encode(filter));
        let body = self.get_raw(&path).await?;
        let next = find_field(&body, "next_batch").ok_or("a sync without next_batch")?.to_owned();
        Ok((body, next))
    }
}
