//! LiveKit's signaling over WebSockets: who is let in, and messages to and fro.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::sync::oneshot;
use tokio::time::{Instant, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tracing::{debug, warn};
use veche_api::signaling::{JoinWish, Signaling, SignalingRefusal, Verdict};
use veche_base::Secret;
use veche_calls::{AdmitError, Calls};
use veche_media_driver::{Arrival, Connection, Grants, MESSAGE_BYTES_MAX, Outbox, SfuHandle, Source, refresh_token};
use veche_runtime::Supervisor;

/// How long a connection may take to become a WebSocket after it was said that it does.
const UPGRADE_WITHIN: Duration = Duration::from_secs(10);
/// Clients say that they are there every five seconds; after this silence nobody is.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How often a client is given a fresh token: several times while the one before is good.
const REFRESH_EVERY: Duration = Duration::from_secs(20 * 60);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// How long the thread of calls may take to say that it is there. A round of it takes milliseconds.
const ECHO_WITHIN: Duration = Duration::from_secs(5);
/// Messages that wait for one client. Whoever has not taken so many is gone, or will do better on a new connection.
const WAITING_MAX: usize = 512;

/// See the module.
pub(super) struct Reception {
    sfu: SfuHandle,
    calls: Arc<Calls>,
    workers: Supervisor,
}

impl Reception {
    pub(super) fn new(sfu: SfuHandle, calls: Arc<Calls>, workers: Supervisor) -> Self {
        Self { sfu, calls, workers }
    }

    fn admit(&self, token: &str) -> Result<Grants, SignalingRefusal> {
        match self.calls.admit(token) {
            Ok(grants) => Ok(translate(grants)),
            Err(AdmitError::Token(error)) => {
                debug!(%error, "a token for a call was refused");
                Err(SignalingRefusal::Token)
            }
            Err(AdmitError::NoCall) => Err(SignalingRefusal::Token),
            Err(AdmitError::NotAnyMore) => Err(SignalingRefusal::NotAnyMore),
            Err(AdmitError::Internal(error)) => {
                warn!(%error, "a token for a call could not be checked");
                Err(SignalingRefusal::Busy)
            }
        }
    }
}

impl Signaling for Reception {
    fn check<'a>(&'a self, token: &'a str) -> Verdict<'a> {
        Box::pin(async move { self.admit(token).map(|_| ()) })
    }

    fn accept<'a>(
        &'a self,
        token: &'a str,
        wish: JoinWish<'a>,
        browser: Option<&'static str>,
        upgrade: OnUpgrade,
    ) -> Verdict<'a> {
        Box::pin(async move {
            let grants = self.admit(token)?;
            let arrival = match wish {
                JoinWish::Parameters(parameters) => Arrival::from_parameters(parameters),
                JoinWish::JoinRequest(text) => Arrival::from_join_request(text).map_err(|error| {
                    debug!(%error, "a join request was refused");
                    SignalingRefusal::Request
                })?,
            };
            let arrival = arrival.from_browser(browser);
            let (sfu, calls) = (self.sfu.clone(), Arc::clone(&self.calls));
            let seat = (grants.room.clone(), grants.identity.clone());
            self.workers.spawn("call signaling", async move {
                let upgraded = match timeout(UPGRADE_WITHIN, upgrade).await {
                    Ok(Ok(upgraded)) => upgraded,
                    Ok(Err(error)) => return debug!(%error, "a connection did not become a WebSocket"),
                    Err(_) => return debug!("a connection did not become a WebSocket in time"),
                };
                let (outbox, told) = mpsc::channel(WAITING_MAX);
                match sfu.join(grants, arrival, Box::new(ToClient(outbox))) {
                    Ok(connection) => carry(upgraded, connection, told, || calls.fresh_token(&seat.0, &seat.1)).await,
                    Err(error) => warn!(%error, "somebody was not let into a call"),
                }
            });
            Ok(())
        })
    }

    fn serves(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        let (answer, answered) = oneshot::channel();
        let asked = self.sfu.echo(Box::new(|| {
            // Nobody may wait for it any longer.
            let _ = answer.send(());
        }));
        Box::pin(async move { asked.is_ok() && matches!(timeout(ECHO_WITHIN, answered).await, Ok(Ok(()))) })
    }
}

/// Carries messages until either side has had enough. `fresh_token` makes what the client comes back with after hours.
async fn carry(
    upgraded: Upgraded,
    connection: Connection,
    mut told: Receiver<Vec<u8>>,
    fresh_token: impl Fn() -> Option<Secret<String>>,
) {
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
        .max_write_buffer_size(2 * MESSAGE_BYTES_MAX);
    let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(limits)).await;
    let mut refresh = interval_at(Instant::now() + REFRESH_EVERY, REFRESH_EVERY);
    loop {
        tokio::select! {
            _ = refresh.tick() => {
                let Some(token) = fresh_token() else { continue };
                if let Err(error) = socket.send(Message::binary(refresh_token(token.expose()))).await {
                    debug!(%error, "a client of a call was not given a fresh token");
                    return;
                }
            }
            message = told.recv() => {
                let Some(message) = message else { break };
                if let Err(error) = socket.send(Message::binary(message)).await {
                    debug!(%error, "a client of a call was not told something");
                    return;
                }
            }
            said = timeout(SILENCE_MAX, socket.next()) => match said {
                Ok(Some(Ok(Message::Binary(message)))) => {
                    if let Err(error) = connection.message(message.into()) {
                        warn!(%error, "what a client of a call has said was not heard");
                        break;
                    }
                }
                // Pings of the WebSocket are answered by the library; text is no part of this protocol.
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Text(_) | Message::Frame(_)))) => {}
                Ok(Some(Ok(Message::Close(_))) | None) => return,
                Ok(Some(Err(error))) => return debug!(%error, "a client's connection broke"),
                Err(_) => return debug!("a client of a call has said nothing for too long"),
            }
        }
    }
    // Whoever does not hear it hears of the end of TCP.
    let _ = timeout(GOODBYE, socket.close(None)).await;
}

/// Messages on their way to one client.
struct ToClient(Sender<Vec<u8>>);

impl Outbox for ToClient {
    fn send(&self, message: Vec<u8>) -> bool {
        self.0.try_send(message).is_ok()
    }
}

/// What a token says, as the SFU wants it.
fn translate(grants: veche_calls::Grants) -> Grants {
    let video = grants.video;
    let source = |name: &String| match name.as_str() {
        "camera" => Some(Source::Camera),
        "microphone" => Some(Source::Microphone),
        "screen_share" => Some(Source::Screen),
        "screen_share_audio" => Some(Source::ScreenAudio),
        _ => None,
    };
    let can_publish_sources: Vec<Source> = video.can_publish_sources.iter().filter_map(source).collect();
    // Sources that nobody knows must not mean all of them.
    let names_some = video.can_publish_sources.is_empty() || !can_publish_sources.is_empty();
    Grants {
        identity: grants.identity,
        name: grants.name,
        metadata: grants.metadata,
        attributes: grants.attributes.into_iter().collect(),
        can_publish: video.may_publish() && names_some,
        can_subscribe: video.may_subscribe(),
        can_publish_data: video.may_publish_data(),
        can_update_own_metadata: video.may_update_own_metadata(),
        can_publish_sources,
        room: video.room,
        // Whoever is let in holds a token that was made for this very call, so that it needs no creating beforehand. The
        // grant of that name would let him create and delete any (MSC4195).
        room_create: true,
        hidden: video.hidden,
    }
}

#[cfg(test)]
mod tests {
    use veche_calls::VideoGrant;
    use veche_media_driver::Source;

    use super::translate;

    fn with(sources: &[&str]) -> veche_media_driver::Grants {
        let can_publish_sources = sources.iter().map(|name| (*name).to_owned()).collect();
        let video = VideoGrant { room: "room".to_owned(), can_publish_sources, ..VideoGrant::default() };
        translate(veche_calls::Grants {
            identity: "anna".to_owned(),
            name: String::new(),
            kind: String::new(),
            metadata: String::new(),
            attributes: Default::default(),
            video,
            expires_secs: 0,
            holder: None,
        })
    }

    #[test]
    fn what_is_left_out_is_allowed_and_what_is_unknown_is_not() {
        let all = with(&[]);
        assert!(all.can_publish && all.can_subscribe && all.can_publish_data && !all.can_update_own_metadata);
        assert!([Source::Camera, Source::ScreenAudio].into_iter().all(|source| all.allows(source)));
        let voice = with(&["microphone", "telepathy"]);
        assert!(voice.allows(Source::Microphone) && !voice.allows(Source::Camera));
        assert!(!with(&["telepathy"]).can_publish);
    }
}
