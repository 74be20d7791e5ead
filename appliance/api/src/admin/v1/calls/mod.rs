//! Calls that go on now: who is in them, which way their media take and how well. Never what is said.

mod end;
mod list;
mod remove;

use futures_util::future::BoxFuture;
use ruma::{OwnedDeviceId, OwnedRoomId, OwnedUserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_directory::Grant;

use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Operation, Typed};

/// Registers the area.
pub(super) fn register(typed: Typed<App>) -> Typed<App> {
    let list = Operation::get("calls.list", "/api/admin/v1/calls", "Calls that go on now, and who is in them");
    let end = Operation::post("calls.end", "/api/admin/v1/calls/end", "Takes everybody out of a call");
    let remove = Operation::post("calls.remove", "/api/admin/v1/calls/remove", "Takes somebody out of a call");
    typed
        .add(list.grant(Grant::Rooms), list::list)
        .add(end.grant(Grant::Rooms), end::end)
        .add(remove.grant(Grant::Rooms), remove::remove)
}

/// Who knows the calls that go on.
pub trait LiveCalls: Send + Sync {
    /// All of them.
    fn list(&self) -> BoxFuture<'_, Result<Vec<LiveCall>, Unheard>>;

    /// Takes somebody out of one, at once; does nothing if he is not there.
    fn remove(&self, call: &str, identity: &str) -> Result<(), Unheard>;
}

/// Whoever knows the calls has too much to do, or has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server does not hear its calls now")]
pub struct Unheard;

impl From<Unheard> for ApiError {
    fn from(error: Unheard) -> Self {
        Self::unavailable("The server does not hear its calls now", error)
    }
}

/// A call.
#[derive(Debug, Clone)]
pub struct LiveCall {
    /// Its name on the SFU.
    pub call: String,
    /// The room whose call it is, as far as somebody in it has shown it.
    pub room_id: Option<OwnedRoomId>,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// Who is in it.
    pub participants: Vec<LiveParticipant>,
}

/// Somebody in a call.
#[derive(Debug, Clone)]
pub struct LiveParticipant {
    /// His name on the SFU.
    pub identity: String,
    /// Who he is, with which device.
    pub who: Option<(OwnedUserId, OwnedDeviceId)>,
    /// When he came, in milliseconds since 1970.
    pub joined_ms: u64,
    /// Whether media can flow.
    pub connected: bool,
    /// How many tracks he publishes.
    pub tracks: u32,
    /// Which way his media take, once some have come.
    pub path: Option<CallPath>,
    /// Of a thousand packets from him, how many did not come.
    pub lost_in_permille: Option<u16>,
    /// Of a thousand packets to him, how many did not come there.
    pub lost_out_permille: Option<u16>,
    /// How long a packet takes to him and back.
    pub round_trip_ms: Option<u32>,
    /// How unevenly his packets come.
    pub jitter_ms: Option<u32>,
    /// Bits that came from him in a second.
    pub up_bps: u64,
    /// Bits that went to him.
    pub down_bps: u64,
    /// How he came in.
    pub stages: JoinStages,
}

/// Which way media take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallPath {
    /// Over UDP to the port of calls.
    Direct,
    /// Over TCP to the port of calls, without the relay.
    Tcp,
    /// Through the relay of this server, over UDP.
    RelayUdp,
    /// The same over TCP.
    RelayTcp,
    /// The same over TLS.
    RelayTls,
}

/// What has happened since somebody's connection of signaling was there, as the server has seen it, and how many milliseconds
/// after it; the token alone comes before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JoinStages {
    /// So long it took to answer with the token that lets him in; none if it is not known.
    pub ticket_ms: Option<u32>,
    /// His first packet came (ICE).
    pub reached_ms: Option<u32>,
    /// The first packet of the handshake that makes keys came (DTLS).
    pub secured_ms: Option<u32>,
    /// The handshake was done, and media could flow.
    pub connected_ms: Option<u32>,
    /// The first packet of his voice or picture came.
    pub media_ms: Option<u32>,
}

/// Which call.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "CallNamed")]
#[serde(deny_unknown_fields)]
struct CallNamed {
    /// The call's name.
    call: String,
}

/// One call, if it goes on.
async fn find(app: &App, name: &str) -> Result<LiveCall, ApiError> {
    let all = match &app.plugs.live_calls {
        Some(calls) => calls.list().await?,
        None => Vec::new(),
    };
    all.into_iter().find(|call| call.call == name).ok_or_else(|| ApiError::not_found("There is no such call now"))
}

/// How a call stands in the journal: by its room, if that is known.
fn target(call: &LiveCall) -> &str {
    call.room_id.as_ref().map_or(call.call.as_str(), |room| room.as_str())
}
