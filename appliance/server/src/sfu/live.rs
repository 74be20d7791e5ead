//! The calls that go on, for the console: what the SFU sees, with the names that Matrix has for it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use veche_api::admin::v1::calls::{CallPath, JoinStages, LiveCall, LiveCalls, LiveParticipant, Unheard};
use veche_calls::Calls;
use veche_media_driver::{Listing, Member, RelayTransport, SfuHandle, Way};

/// See the module.
pub(super) struct Live {
    sfu: SfuHandle,
    calls: Arc<Calls>,
}

impl Live {
    pub(super) fn new(sfu: SfuHandle, calls: Arc<Calls>) -> Self {
        Self { sfu, calls }
    }

    async fn listed(&self) -> Result<Vec<LiveCall>, Unheard> {
        let (reply, listed) = oneshot::channel();
        // Whoever has asked may not wait any longer.
        self.sfu.list(Box::new(move |rooms| drop(reply.send(rooms)))).map_err(|_| Unheard)?;
        let rooms: Vec<Listing> = listed.await.map_err(|_| Unheard)?;
        Ok(rooms.into_iter().map(|room| self.call(room)).collect())
    }

    fn call(&self, Listing { room, since_ms, members }: Listing) -> LiveCall {
        let whose = |member: &Member| self.calls.whose(&room, &member.identity);
        let room_id = members.iter().find_map(whose).map(|holder| holder.room_id);
        let participants = members.iter().map(|member| {
            let who = whose(member).map(|holder| (holder.user_id, holder.device_id));
            let ticket_ms = self.calls.ticket_took(&room, &member.identity).map(ms);
            let seen = participant(member);
            LiveParticipant { who, stages: JoinStages { ticket_ms, ..seen.stages }, ..seen }
        });
        LiveCall { participants: participants.collect(), room_id, since_ms, call: room }
    }
}

impl LiveCalls for Live {
    fn list(&self) -> BoxFuture<'_, Result<Vec<LiveCall>, Unheard>> {
        Box::pin(self.listed())
    }

    fn remove(&self, call: &str, identity: &str) -> Result<(), Unheard> {
        self.sfu.remove(call, identity).map_err(|_| Unheard)
    }
}

fn participant(member: &Member) -> LiveParticipant {
    let path = member.way.map(|way| match way {
        Way::Direct => CallPath::Direct,
        Way::Tcp => CallPath::Tcp,
        Way::Relayed(RelayTransport::Udp) => CallPath::RelayUdp,
        Way::Relayed(RelayTransport::Tcp) => CallPath::RelayTcp,
        Way::Relayed(RelayTransport::Tls) => CallPath::RelayTls,
    });
    let (condition, stages) = (member.condition, member.stages);
    LiveParticipant {
        identity: member.identity.clone(),
        who: None,
        joined_ms: member.joined_ms,
        connected: member.is_connected,
        tracks: u32::try_from(member.tracks).unwrap_or(u32::MAX),
        path,
        lost_in_permille: condition.lost_in_permille,
        lost_out_permille: condition.lost_out_permille,
        round_trip_ms: condition.round_trip.map(ms),
        jitter_ms: condition.jitter.map(ms),
        up_bps: member.up_bps,
        down_bps: member.down_bps,
        stages: JoinStages {
            ticket_ms: None,
            reached_ms: stages.reached.map(ms),
            secured_ms: stages.secured.map(ms),
            connected_ms: stages.connected.map(ms),
            media_ms: stages.media.map(ms),
        },
    }
}

fn ms(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}
