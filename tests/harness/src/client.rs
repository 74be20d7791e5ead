//! One session on a homeserver, over plain requests: what a test sends is what the server gets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use sha1::Sha1;

use crate::{LIMIT, PASSWORD};

/// A session: who, on which device, with which token. Cheap to clone; clones share connections and transaction ids.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    /// `@name:server`
    pub user_id: String,
    /// The session's device.
    pub device_id: String,
    /// Sent as `Authorization: Bearer`.
    pub access_token: String,
    transaction: Arc<AtomicU64>,
}

/// Whatever the server answered.
#[derive(Debug)]
pub struct Answer {
    /// Method and path, for the message of a failed test.
    pub asked: String,
    /// HTTP status.
    pub status: u16,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The body of an answer that must be a 2xx.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self}");
        self.json()
    }

    /// This must be a refusal with this status and `errcode`.
    #[track_caller]
    pub fn refused(self, status: u16, errcode: &str) -> Value {
        let body = self.json();
        assert!(self.status == status && body["errcode"] == errcode, "wanted {status} {errcode}, but {self}");
        body
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.bytes[..self.bytes.len().min(2000)]);
        write!(f, "{} was answered {}: {body}", self.asked, self.status)
    }
}

/// One segment of a path, percent-encoded (room ids, event ids and state keys hold `/`, `#` and `?`).
pub fn encode(segment: &str) -> String {
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

#[expect(
    clippy::disallowed_methods,
    reason = "the tests' own client goes to loopback; the product's outbound checks do not apply"
)]
fn connections() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        // The server's own certificate, made on its first start.
        .tls_danger_accept_invalid_certs(true)
        .timeout(LIMIT + LIMIT)
        .build()
        .expect("a client without surprises can be built")
}

impl Client {
    /// Somebody without a session.
    pub fn anonymous(base_url: &str) -> Self {
        Self {
            http: connections(),
            base: base_url.trim_end_matches('/').to_owned(),
            user_id: String::new(),
            device_id: String::new(),
            access_token: String::new(),
            transaction: Arc::new(AtomicU64::new(0)),
        }
    }

    /// A new account through the shared secret, with the session that comes with it.
    pub async fn register(base_url: &str, secret: &str, name: &str, admin: bool) -> Self {
        let client = Self::anonymous(base_url);
        let session = client.shared_secret_registration(secret, name, admin).await.ok();
        client.with_session(&session)
    }

    /// Asks for a new account through the shared secret.
    pub async fn shared_secret_registration(&self, secret: &str, name: &str, admin: bool) -> Answer {
        let path = "/_synapse/admin/v1/register";
        let nonce = self.get(path).await.ok()["nonce"].as_str().expect("a nonce").to_owned();
        let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("any length will do");
        let role = if admin { "admin" } else { "notadmin" };
        mac.update([nonce.as_str(), name, PASSWORD, role].join("\0").as_bytes());
        let mac: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let body = json!({ "nonce": nonce, "username": name, "password": PASSWORD, "admin": admin, "mac": mac });
        self.post(path, &body).await
    }

    /// A further session of the account by password.
    pub async fn login(&self) -> Self {
        let body = json!({
            "type": "m.login.password",
            "identifier": { "type": "m.id.user", "user": self.user_id },
            "password": PASSWORD,
        });
        let session = self.post("/_matrix/client/v3/login", &body).await.ok();
        self.with_session(&session)
    }

    /// The session that an answer of login or registration describes.
    pub fn with_session(&self, session: &Value) -> Self {
        let text = |name: &str| session[name].as_str().unwrap_or_default().to_owned();
        Self {
            user_id: text("user_id"),
            device_id: text("device_id"),
            access_token: text("access_token"),
            transaction: Arc::new(AtomicU64::new(0)),
            ..self.clone()
        }
    }

    /// The same session on a server that was started again on other ports.
    pub fn moved_to(&self, base_url: &str) -> Self {
        Self { base: base_url.trim_end_matches('/').to_owned(), http: connections(), ..self.clone() }
    }

    /// A transaction id that this session has not used.
    pub fn transaction_id(&self) -> String {
        format!("t{}", self.transaction.fetch_add(1, Ordering::Relaxed))
    }

    /// A request with the session's token, ready to be changed and sent.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        if self.access_token.is_empty() { request } else { request.bearer_auth(&self.access_token) }
    }

    /// Sends, or says why it could not be: for tests that kill the server meanwhile.
    ///
    /// # Errors
    /// No answer, or not all of it.
    pub async fn try_send(&self, request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
        let request = request.build()?;
        let asked = format!("{} {}", request.method(), request.url().path());
        let response = self.http.execute(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?.to_vec();
        Ok(Answer { asked, status, headers, bytes })
    }

    /// Sends a request that must be answered somehow.
    pub async fn answer(&self, request: reqwest::RequestBuilder) -> Answer {
        self.try_send(request).await.unwrap_or_else(|e| panic!("no answer: {e:?}"))
    }

    /// GET of a path from the root, query included.
    pub async fn get(&self, path: &str) -> Answer {
        self.answer(self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.answer(self.request(Method::POST, path).json(body)).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.answer(self.request(Method::PUT, path).json(body)).await
    }

    /// DELETE with a JSON body.
    pub async fn delete(&self, path: &str, body: &Value) -> Answer {
        self.answer(self.request(Method::DELETE, path).json(body)).await
    }
}

/// Rooms.
impl Client {
    /// Makes a room and returns its id.
    pub async fn create_room(&self, body: &Value) -> String {
        let made = self.post("/_matrix/client/v3/createRoom", body).await.ok();
        made["room_id"].as_str().expect("a room id").to_owned()
    }

    /// A private room with these members, all joined.
    pub async fn room_with(&self, others: &[&Self]) -> String {
        let invite: Vec<_> = others.iter().map(|c| c.user_id.as_str()).collect();
        let room = self.create_room(&json!({ "preset": "private_chat", "invite": invite })).await;
        for other in others {
            other.join(&room).await.ok();
        }
        room
    }

    /// Joins by id or alias.
    pub async fn join(&self, room: &str) -> Answer {
        self.post(&format!("/_matrix/client/v3/join/{}", encode(room)), &json!({})).await
    }

    /// `invite`, `kick`, `ban` or `unban` of a user.
    pub async fn membership(&self, room: &str, action: &str, user_id: &str) -> Answer {
        self.post(&room_path(room, action), &json!({ "user_id": user_id })).await
    }

    /// Leaves the room.
    pub async fn leave(&self, room: &str) -> Answer {
        self.post(&room_path(room, "leave"), &json!({})).await
    }

    /// Sends an event of any type under a transaction id of the caller's.
    pub async fn send_as(&self, room: &str, event_type: &str, transaction_id: &str, content: &Value) -> Answer {
        self.put(&room_path(room, &format!("send/{}/{}", encode(event_type), encode(transaction_id))), content).await
    }

    /// Sends an event and returns its id.
    pub async fn send(&self, room: &str, event_type: &str, content: &Value) -> String {
        event_id(&self.send_as(room, event_type, &self.transaction_id(), content).await.ok())
    }

    /// Sends a text and returns the event's id.
    pub async fn say(&self, room: &str, text: &str) -> String {
        self.send(room, "m.room.message", &json!({ "msgtype": "m.text", "body": text })).await
    }

    /// Redacts an event.
    pub async fn redact(&self, room: &str, event: &str) -> Answer {
        self.put(&room_path(room, &format!("redact/{}/{}", encode(event), self.transaction_id())), &json!({})).await
    }

    /// Sets a piece of state.
    pub async fn set_state(&self, room: &str, event_type: &str, key: &str, content: &Value) -> Answer {
        self.put(&room_path(room, &format!("state/{}/{}", encode(event_type), encode(key))), content).await
    }

    /// Reads a piece of state.
    pub async fn state(&self, room: &str, event_type: &str, key: &str) -> Answer {
        self.get(&room_path(room, &format!("state/{}/{}", encode(event_type), encode(key)))).await
    }

    /// One event.
    pub async fn event(&self, room: &str, event: &str) -> Answer {
        self.get(&room_path(room, &format!("event/{}", encode(event)))).await
    }

    /// One page of history. `direction` is `b` or `f`.
    pub async fn messages(&self, room: &str, from: Option<&str>, direction: &str, limit: usize) -> Answer {
        let from = from.map_or_else(String::new, |f| format!("&from={}", encode(f)));
        self.get(&room_path(room, &format!("messages?dir={direction}&limit={limit}{from}"))).await
    }

    /// All of the history that the session may see, oldest first.
    pub async fn history(&self, room: &str) -> Vec<Value> {
        let mut events = Vec::new();
        let mut from: Option<String> = None;
        loop {
            let page = self.messages(room, from.as_deref(), "b", 100).await.ok();
            events.extend(page["chunk"].as_array().cloned().unwrap_or_default());
            let Some(next) = page["end"].as_str() else { break };
            from = Some(next.to_owned());
        }
        events.reverse();
        events
    }

    /// `m.read`, `m.read.private` or `m.fully_read`.
    pub async fn receipt(&self, room: &str, kind: &str, event: &str) -> Answer {
        self.post(&room_path(room, &format!("receipt/{kind}/{}", encode(event))), &json!({})).await
    }

    /// Starts or stops typing.
    pub async fn typing(&self, room: &str, typing: bool) -> Answer {
        let body = json!({ "typing": typing, "timeout": 30_000 });
        self.put(&room_path(room, &format!("typing/{}", encode(&self.user_id))), &body).await
    }
}

/// Sync, content and keys.
impl Client {
    /// `/v3/sync` from a token, waiting at most this long; `more` is appended to the query.
    pub async fn sync(&self, since: Option<&str>, timeout_ms: u64, more: &str) -> Answer {
        let since = since.map_or_else(String::new, |s| format!("&since={}", encode(s)));
        self.get(&format!("/_matrix/client/v3/sync?timeout={timeout_ms}{since}{more}")).await
    }

    /// Simplified sliding sync, in the dialect that Element X speaks.
    pub async fn sliding_sync(&self, pos: Option<&str>, timeout_ms: u64, body: &Value) -> Answer {
        let pos = pos.map_or_else(String::new, |p| format!("&pos={}", encode(p)));
        let path = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";
        self.post(&format!("{path}?timeout={timeout_ms}{pos}"), body).await
    }

    /// Uploads content and returns its `mxc://` address.
    pub async fn upload(&self, content_type: &str, bytes: Vec<u8>) -> String {
        let request =
            self.request(Method::POST, "/_matrix/media/v3/upload").header("content-type", content_type).body(bytes);
        let answer = self.answer(request).await.ok();
        answer["content_uri"].as_str().expect("an address").to_owned()
    }

    /// Downloads content by its `mxc://` address.
    pub async fn download(&self, mxc: &str) -> Answer {
        self.get(&format!("/_matrix/client/v1/media/download/{}", mxc.trim_start_matches("mxc://"))).await
    }

    /// `/keys/upload`, `/keys/query` or `/keys/claim`.
    pub async fn keys(&self, action: &str, body: &Value) -> Answer {
        self.post(&format!("/_matrix/client/v3/keys/{action}"), body).await
    }

    /// Uploads as many one-time keys, named by `first` and the following numbers. They need not be real for the server.
    pub async fn upload_one_time_keys(&self, first: u32, count: u32) -> Answer {
        let keys: serde_json::Map<_, _> = (first..first + count)
            .map(|n| {
                let signatures = json!({ &self.user_id: { format!("ed25519:{}", self.device_id): "c2lnbmF0dXJl" } });
                (format!("signed_curve25519:AAAA{n:06}"), json!({ "key": format!("key{n}"), "signatures": signatures }))
            })
            .collect();
        self.keys("upload", &json!({ "one_time_keys": keys })).await
    }

    /// Claims one key of a device. `None` when there was none left.
    pub async fn claim_one_time_key(&self, user_id: &str, device_id: &str) -> Option<String> {
        let body = json!({ "one_time_keys": { user_id: { device_id: "signed_curve25519" } } });
        let answer = self.keys("claim", &body).await.ok();
        let keys = answer["one_time_keys"][user_id][device_id].as_object()?;
        keys.keys().next().cloned()
    }

    /// Sends one content to a device (`*` is every device) of a user.
    pub async fn to_device(&self, event_type: &str, user_id: &str, device_id: &str, content: &Value) -> Answer {
        let path = format!("/_matrix/client/v3/sendToDevice/{}/{}", encode(event_type), self.transaction_id());
        self.put(&path, &json!({ "messages": { user_id: { device_id: content } } })).await
    }

    /// Ends the session.
    pub async fn logout(&self) -> Answer {
        self.post("/_matrix/client/v3/logout", &json!({})).await
    }

    /// Who the token belongs to.
    pub async fn whoami(&self) -> Answer {
        self.get("/_matrix/client/v3/account/whoami").await
    }
}

fn room_path(room: &str, rest: &str) -> String {
    format!("/_matrix/client/v3/rooms/{}/{rest}", encode(room))
}

fn event_id(answer: &Value) -> String {
    answer["event_id"].as_str().expect("an event id").to_owned()
}
