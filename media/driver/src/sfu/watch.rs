//! What is seen of somebody's packets without looking into them: how far he has come, by which way they come, and how many.

use std::time::Duration;

use veche_turn::Transport;

/// By which way somebody's voice and pictures come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over UDP to our port.
    Direct,
    /// Over TCP to our port, without the relay.
    Tcp,
    /// Through our relay, which he reaches over this.
    Relayed(Transport),
}

/// What has happened since somebody's connection of signaling was there, and how long after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// The first packet of his (ICE) has come.
    pub reached: Option<Duration>,
    /// The first packet of the handshake that makes keys (DTLS) has come.
    pub secured: Option<Duration>,
    /// The handshake is done: media can flow.
    pub connected: Option<Duration>,
    /// The first packet of a voice or a picture of his has come.
    pub media: Option<Duration>,
}

/// Bytes, and how many there were in a second lately.
#[derive(Clone, Copy, Debug, Default)]
struct Meter {
    bytes: u64,
    bits_per_second: u64,
}

impl Meter {
    fn count(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    fn with(self, other: Self) -> Self {
        let bits_per_second = self.bits_per_second.saturating_add(other.bits_per_second);
        Self { bytes: self.bytes.saturating_add(other.bytes), bits_per_second }
    }

    fn tick(&mut self, elapsed: Duration) {
        let ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        self.bits_per_second = std::mem::take(&mut self.bytes).saturating_mul(8_000) / ms;
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    reached: Option<Duration>,
    secured: Option<Duration>,
    media: Option<Duration>,
    way: Option<Way>,
    up: Meter,
    down: Meter,
}

impl Watch {
    /// A packet of his has come. What it is says its first byte (RFC 7983), and of RTCP the second (RFC 5761).
    pub(crate) fn received(&mut self, now: Duration, way: Way, packet: &[u8]) {
        self.up.count(packet.len());
        match packet {
            [0..=3, ..] => _ = self.reached.get_or_insert(now),
            [20..=63, ..] => _ = self.secured.get_or_insert(now),
            [128..=191, kind, ..] => {
                // Checks come by all ways, this by the one that is used.
                self.way = Some(way);
                if !(64..=95).contains(&(kind & 0x7F)) {
                    self.media.get_or_insert(now);
                }
            }
            _ => {}
        }
    }

    /// A packet was sent to him.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.down.count(bytes);
    }

    /// So much time has passed since this was last said.
    pub(crate) fn tick(&mut self, elapsed: Duration) {
        self.up.tick(elapsed);
        self.down.tick(elapsed);
    }

    /// The same with what was seen of another connection of his.
    pub(crate) fn with(self, other: &Self) -> Self {
        let first = |one: Option<Duration>, other: Option<Duration>| [one, other].into_iter().flatten().min();
        Self {
            reached: first(self.reached, other.reached),
            secured: first(self.secured, other.secured),
            media: first(self.media, other.media),
            way: self.way.or(other.way),
            up: self.up.with(other.up),
            down: self.down.with(other.down),
        }
    }

    /// By which way he was last heard.
    pub(crate) const fn way(&self) -> Option<Way> {
        self.way
    }

    /// Bits in a second from him, and to him.
    pub(crate) const fn bits_per_second(&self) -> (u64, u64) {
        (self.up.bits_per_second, self.down.bits_per_second)
    }

    /// What has happened since he came.
    pub(crate) fn stages(&self, joined: Duration, connected: Option<Duration>) -> Stages {
        let since = |at: Option<Duration>| at.map(|at| at.saturating_sub(joined));
        Stages {
            reached: since(self.reached),
            secured: since(self.secured),
            connected: since(connected),
            media: since(self.media),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use veche_turn::Transport;

    use super::{Stages, Watch, Way};

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn stages_are_told_by_the_first_packet_of_each_kind() {
        let mut watch = Watch::default();
        let relayed = Way::Relayed(Transport::Tls);
        watch.received(ms(1_100), Way::Direct, &[0, 1, 0, 0]);
        assert_eq!(watch.way(), None, "checks come by every way");
        watch.received(ms(1_200), relayed, &[22, 254, 253]);
        watch.received(ms(1_250), relayed, &[22, 254, 253]);
        watch.received(ms(1_300), relayed, &[0x81, 201, 0, 7]);
        assert_eq!((watch.way(), watch.stages(ms(1_000), None).media), (Some(relayed), None), "a report is no media");
        watch.received(ms(1_400), relayed, &[0x80, 0x80 | 111, 0, 1]);
        let expected =
            Stages { reached: Some(ms(100)), secured: Some(ms(200)), connected: Some(ms(350)), media: Some(ms(400)) };
        assert_eq!(watch.stages(ms(1_000), Some(ms(1_350))), expected);
    }

    #[test]
    fn what_flows_is_told_for_the_time_since_it_was_last_asked() {
        let mut watch = Watch::default();
        watch.received(ms(0), Way::Direct, &[0x80; 1_000]);
        watch.sent(500);
        watch.tick(ms(2_000));
        assert_eq!(watch.bits_per_second(), (4_000, 2_000));
        let both = watch.clone().with(&watch);
        assert_eq!((both.bits_per_second(), both.way()), ((8_000, 4_000), Some(Way::Direct)));
        watch.tick(ms(1_000));
        assert_eq!(watch.bits_per_second(), (0, 0));
    }
}
