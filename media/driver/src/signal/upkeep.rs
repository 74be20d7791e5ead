//! What time brings: people who do not come back, and clients that do not answer.

use std::time::Duration;

use livekit_protocol::signal_response::Message;
use livekit_protocol::{ConnectionQuality, ConnectionQualityInfo, ConnectionQualityUpdate, DisconnectReason};
use veche_sfu::engine::Engine;

use super::room::{Context, Room};
use super::session::{Reoffer, Session, SessionId};

/// How often this is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long somebody whose signaling has ended is waited for. Clients try to come back for longer than a tunnel takes; what
/// they find after this is that they have to join anew.
const UNHEARD_MAX: Duration = Duration::from_secs(20);
/// The same for somebody who cannot be reached with media either: his machine has lost the network, or its power.
const UNHEARD_AND_UNREACHABLE_MAX: Duration = Duration::from_secs(12);
/// How long somebody is kept whose signaling lives, and with whom there is no connection of media.
const UNREACHABLE_MAX: Duration = Duration::from_secs(60);
/// After this time a client that was asked to offer is asked again.
const OFFER_AFTER: Duration = Duration::from_secs(10);

impl<E: Engine> Room<E> {
    /// When [`Room::handle_timeout`] has something to do.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let look = (!self.sessions.is_empty()).then_some(self.next_look);
        [self.call.poll_timeout(), look].into_iter().flatten().min()
    }

    /// Lets time pass. [`Room::settle`] is to follow.
    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_, E>) {
        self.call.handle_timeout(cx.now);
        if cx.now < self.next_look {
            return;
        }
        self.next_look = cx.now + LOOK_EVERY;
        let lost: Vec<(SessionId, DisconnectReason)> =
            self.sessions.iter().filter_map(|(id, session)| Some((*id, lost(session, cx.now)?))).collect();
        for (id, reason) in lost {
            self.remove(cx, id, reason, true);
        }
        for session in self.sessions.values_mut() {
            if let Reoffer::Asked(at) = session.reoffer
                && cx.now >= at + OFFER_AFTER
            {
                session.reoffer = Reoffer::Needed;
            }
        }
        self.tell_counts(cx.now);
        self.tell_qualities(cx.now);
    }

    /// Tells everybody whose connection has become better or worse.
    fn tell_qualities(&mut self, now: Duration) {
        let mut updates = Vec::new();
        for session in self.sessions.values_mut() {
            let quality = session.quality();
            if let Some(changed) = quality.filter(|_| session.told_quality != quality) {
                session.told_quality = quality;
                updates.push(quality_info(&session.sid, changed));
            }
        }
        if !updates.is_empty() {
            self.broadcast(now, None, &Message::ConnectionQuality(ConnectionQualityUpdate { updates }));
        }
    }

    /// Tells somebody who has just come how good the connections of all the others are.
    pub(super) fn tell_all_qualities(&mut self, now: Duration, id: SessionId) {
        let told = self.sessions.values().filter_map(|it| Some(quality_info(&it.sid, it.told_quality?)));
        let updates: Vec<ConnectionQualityInfo> = told.collect();
        if !updates.is_empty() {
            self.send(now, id, Message::ConnectionQuality(ConnectionQualityUpdate { updates }));
        }
    }
}

fn quality_info(sid: &str, quality: ConnectionQuality) -> ConnectionQualityInfo {
    let score = match quality {
        ConnectionQuality::Excellent => 5.0,
        ConnectionQuality::Good => 4.0,
        ConnectionQuality::Poor => 2.0,
        ConnectionQuality::Lost => 0.0,
    };
    ConnectionQualityInfo { participant_sid: sid.to_owned(), quality: quality.into(), score }
}

/// Why somebody is not waited for any longer.
fn lost(session: &Session, now: Duration) -> Option<DisconnectReason> {
    let since = |at: Option<Duration>| at.map(|at| now.saturating_sub(at));
    match (since(session.unheard_since), since(session.unreachable_since)) {
        (Some(unheard), _) if unheard >= UNHEARD_MAX => Some(DisconnectReason::SignalClose),
        (Some(unheard), Some(unreachable)) if unheard.min(unreachable) >= UNHEARD_AND_UNREACHABLE_MAX => {
            Some(DisconnectReason::ConnectionTimeout)
        }
        (None, Some(unreachable)) if unreachable >= UNREACHABLE_MAX => Some(DisconnectReason::ConnectionTimeout),
        _ => None,
    }
}
