//! What a subscriber wishes of a publication, and the choice that was made for him.

use std::time::Duration;

use crate::engine::{Mid, SendStream};
use crate::forward::Forwarder;
use crate::participant::ParticipantId;
use crate::publication::{PublicationConfig, PublicationId, Quality};

/// How many keyframes a subscriber may ask for in a row. One that is lost itself has to be asked for again soon.
const KEYFRAMES_IN_A_ROW_MAX: u32 = 4;
/// After this time he may ask for one more. Somebody on a bad line asks all the time, and everybody else pays for it.
const KEYFRAME_REFILL: Duration = Duration::from_millis(1_500);
/// Payload types of one subscription.
pub const PAYLOAD_TYPES_MAX: usize = 32;

/// One publication for one subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(pub u64);

/// Where a subscription goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlet {
    /// The m-line toward the subscriber. It is made if it is not there.
    pub mid: Mid,
    /// The stream, which nothing else of this subscriber uses or has used.
    pub stream: SendStream,
    /// The publisher's payload types, each with the subscriber's for the same codec with the same parameters. Others are not
    /// forwarded.
    pub payload_types: Vec<(u8, u8)>,
}

/// What a subscriber wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Whether he wants it at all now.
    pub enabled: bool,
    /// The best quality he wants.
    pub quality_max: Quality,
    /// Width and height of the place where he shows it: nothing larger than needed is sent.
    pub size: Option<(u32, u32)>,
    /// What is higher is served first when the way is narrow.
    pub priority: u8,
}

impl Default for Wish {
    /// The best, with the priority that all have.
    fn default() -> Self {
        Self { enabled: true, quality_max: Quality::High, size: None, priority: 0 }
    }
}

/// Whether a subscriber gets what he has subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// He does, or will with the next keyframe.
    Active,
    /// His way is too narrow for it.
    Paused,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) publication: PublicationId,
    pub(crate) subscriber: ParticipantId,
    pub(crate) outlet: Outlet,
    pub(crate) wish: Wish,
    pub(crate) forwarder: Forwarder,
    pub(crate) flow: Flow,
    /// When he was last given less because his way was too narrow.
    pub(crate) reduced: Option<Duration>,
    choice: Option<usize>,
    /// How many keyframes he may ask for, and since when.
    keyframes_left: u32,
    keyframes_at: Duration,
}

impl Subscription {
    pub(crate) fn new(
        publication: PublicationId,
        subscriber: ParticipantId,
        outlet: Outlet,
        wish: Wish,
        forwarder: Forwarder,
    ) -> Self {
        Self {
            publication,
            subscriber,
            outlet,
            wish,
            forwarder,
            flow: Flow::Active,
            reduced: None,
            choice: None,
            keyframes_left: KEYFRAMES_IN_A_ROW_MAX,
            keyframes_at: Duration::ZERO,
        }
    }

    /// The layer that is meant to go out.
    pub(crate) fn choice(&self) -> Option<usize> {
        self.choice
    }

    /// Takes the layer that is to go out.
    pub(crate) fn choose(&mut self, choice: Option<usize>) {
        self.choice = choice;
        self.forwarder.set_target(choice);
    }

    /// The payload type of a packet toward the subscriber.
    pub(crate) fn payload_type(&self, of_publisher: u8) -> Option<u8> {
        let found = self.outlet.payload_types.iter().find(|(published, _)| *published == of_publisher);
        found.map(|(_, sent)| *sent)
    }

    /// Whether he is listened to when he asks for a keyframe. If so, it is noted.
    pub(crate) fn may_ask_keyframe(&mut self, now: Duration) -> bool {
        while self.keyframes_left < KEYFRAMES_IN_A_ROW_MAX && self.keyframes_at + KEYFRAME_REFILL <= now {
            self.keyframes_left += 1;
            self.keyframes_at += KEYFRAME_REFILL;
        }
        if self.keyframes_left == KEYFRAMES_IN_A_ROW_MAX {
            self.keyframes_at = now;
        }
        let may_ask = self.keyframes_left > 0;
        self.keyframes_left = self.keyframes_left.saturating_sub(1);
        may_ask
    }

    /// The best layer that he wishes: none above his quality, and the smallest that fills the place where it is shown.
    pub(crate) fn wished_layer(&self, publication: &PublicationConfig) -> Option<usize> {
        if !self.wish.enabled {
            return None;
        }
        let layers = &publication.layers;
        let is_allowed = |at: &usize| layers[*at].quality <= self.wish.quality_max;
        // If even the lowest is better than what he asks for, it is still the nearest to it.
        let best = (0..layers.len()).rfind(is_allowed).unwrap_or(0);
        let Some((width, height)) = self.wish.size else { return Some(best) };
        // The long sides are compared, because a phone turns its picture and the announced size does not turn with it.
        let fills = |at: &usize| {
            let layer = &layers[*at];
            layer.width.max(layer.height) >= width.max(height)
        };
        Some((0..best).find(fills).unwrap_or(best))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Outlet, Subscription, Wish};
    use crate::engine::{CodecFormat, Mid, SendStream};
    use crate::forward::Forwarder;
    use crate::participant::ParticipantId;
    use crate::publication::{Layering, PublicationId, Quality};
    use crate::testing::camera_config;

    fn wished(wish: Wish) -> Option<usize> {
        let mid = Mid::new("0").unwrap();
        let stream = SendStream { ssrc: 1, retransmission: None, rid: None };
        let outlet = Outlet { mid, stream, payload_types: Vec::new() };
        let forwarder = Forwarder::new(CodecFormat::Vp8, Layering::Streams);
        let subscription = Subscription::new(PublicationId(1), ParticipantId(2), outlet, wish, forwarder);
        subscription.wished_layer(&camera_config(mid))
    }

    #[test]
    fn the_smallest_layer_that_fills_the_place_is_wished() {
        let sized = |width, height| wished(Wish { size: Some((width, height)), ..Wish::default() });
        assert_eq!(wished(Wish::default()), Some(2));
        assert_eq!(wished(Wish { quality_max: Quality::Medium, ..Wish::default() }), Some(1));
        assert_eq!(wished(Wish { enabled: false, ..Wish::default() }), None);
        assert_eq!(sized(100, 100), Some(0));
        assert_eq!(sized(320, 180), Some(0));
        assert_eq!(sized(180, 320), Some(0), "turned");
        assert_eq!(sized(321, 180), Some(1));
        assert_eq!(sized(5_000, 5_000), Some(2));
        assert_eq!(wished(Wish { quality_max: Quality::Low, size: Some((5_000, 5_000)), ..Wish::default() }), Some(0));
    }

    #[test]
    fn who_asks_for_keyframes_all_the_time_is_listened_to_seldom() {
        let mid = Mid::new("0").unwrap();
        let stream = SendStream { ssrc: 1, retransmission: None, rid: None };
        let outlet = Outlet { mid, stream, payload_types: vec![(96, 100)] };
        let forwarder = Forwarder::new(CodecFormat::Vp8, Layering::Streams);
        let mut subscription =
            Subscription::new(PublicationId(1), ParticipantId(2), outlet, Wish::default(), forwarder);
        let mut heard = |from: u64, to: u64| {
            (from..to).filter(|ms| subscription.may_ask_keyframe(Duration::from_millis(*ms))).count()
        };
        assert_eq!((heard(5_000, 5_100), heard(5_100, 8_100), heard(60_000, 60_100)), (4, 2, 4));
        assert_eq!((subscription.payload_type(96), subscription.payload_type(97)), (Some(100), None));
    }
}
