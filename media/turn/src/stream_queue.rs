//! What waits to be written to one stream: bounded, in order, and the oldest media is dropped first.
//!
//! A stream that is slower than the media sent to it would otherwise delay everything more and
//! more; old media is worthless, while an answer that is lost is a call that ends.

use std::collections::VecDeque;

use crate::address::Priority;

/// Answers that wait on one connection. A client has a handful of requests open at a time.
const CONTROL_MESSAGES_MAX: usize = 64;

/// The client sends requests and does not read the answers: close the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("answers pile up on a connection that nobody reads")]
pub struct Clogged;

/// The sending half of one stream. A message that was popped must be written whole.
#[derive(Debug)]
pub struct StreamQueue {
    control: VecDeque<(u64, Vec<u8>)>,
    media: VecDeque<(u64, Vec<u8>)>,
    media_bytes: usize,
    media_bytes_max: usize,
    next: u64,
    dropped: u64,
}

impl StreamQueue {
    /// An empty queue that holds at most so many bytes of media.
    pub const fn new(media_bytes_max: usize) -> Self {
        Self { control: VecDeque::new(), media: VecDeque::new(), media_bytes: 0, media_bytes_max, next: 0, dropped: 0 }
    }

    /// Whether [`StreamQueue::push`] would take so many bytes without dropping anything for them.
    pub fn has_room_for(&self, priority: Priority, bytes: usize) -> bool {
        match priority {
            Priority::Control => self.control.len() < CONTROL_MESSAGES_MAX,
            Priority::Media => self.media_bytes + bytes <= self.media_bytes_max,
        }
    }

    /// Appends a message, dropping the oldest media if there is too much of it.
    ///
    /// # Errors
    /// [`Clogged`] if it is an answer and too many answers wait already.
    pub fn push(&mut self, priority: Priority, bytes: Vec<u8>) -> Result<(), Clogged> {
        let entry = (self.next, bytes);
        self.next += 1;
        match priority {
            Priority::Control if !self.has_room_for(Priority::Control, entry.1.len()) => return Err(Clogged),
            Priority::Control => self.control.push_back(entry),
            Priority::Media => {
                self.media_bytes += entry.1.len();
                self.media.push_back(entry);
                while self.media_bytes > self.media_bytes_max {
                    let Some((_, oldest)) = self.media.pop_front() else { break };
                    self.media_bytes -= oldest.len();
                    self.dropped += 1;
                }
            }
        }
        Ok(())
    }

    /// Takes the message that was pushed first of those that are left.
    pub fn pop(&mut self) -> Option<Vec<u8>> {
        let order = |queue: &VecDeque<(u64, Vec<u8>)>| queue.front().map_or(u64::MAX, |(order, _)| *order);
        if order(&self.control) < order(&self.media) {
            return self.control.pop_front().map(|(_, bytes)| bytes);
        }
        let (_, bytes) = self.media.pop_front()?;
        self.media_bytes -= bytes.len();
        Some(bytes)
    }

    /// Media messages dropped so far.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.control.is_empty() && self.media.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{CONTROL_MESSAGES_MAX, Clogged, StreamQueue};
    use crate::address::Priority::{Control, Media};

    fn drain(queue: &mut StreamQueue) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn what_fits_comes_out_in_the_order_it_went_in() {
        let mut queue = StreamQueue::new(100);
        for (priority, byte) in [(Media, 1), (Control, 2), (Media, 3), (Media, 4), (Control, 5)] {
            queue.push(priority, vec![byte; 10]).unwrap();
        }
        let first: Vec<u8> = drain(&mut queue).iter().map(|message| message[0]).collect();
        assert_eq!(first, [1, 2, 3, 4, 5]);
        assert!(queue.is_empty());
    }

    #[test]
    fn the_oldest_media_is_dropped_and_never_an_answer() {
        let mut queue = StreamQueue::new(25);
        queue.push(Media, vec![1; 10]).unwrap();
        queue.push(Control, vec![2; 1_000]).unwrap();
        for byte in 3..9 {
            queue.push(Media, vec![byte; 10]).unwrap();
        }
        assert_eq!(queue.dropped(), 5);
        assert!(queue.has_room_for(Media, 5) && !queue.has_room_for(Media, 6));
        assert_eq!(drain(&mut queue), [vec![2; 1_000], vec![7; 10], vec![8; 10]]);
        queue.push(Media, vec![9; 26]).unwrap();
        assert_eq!((queue.dropped(), queue.is_empty()), (6, true));
    }

    #[test]
    fn answers_that_nobody_reads_clog_the_connection() {
        let mut queue = StreamQueue::new(25);
        for _ in 0..CONTROL_MESSAGES_MAX {
            queue.push(Control, vec![0]).unwrap();
        }
        assert!(!queue.has_room_for(Control, 0) && queue.has_room_for(Media, 25));
        assert_eq!(queue.push(Control, vec![0]), Err(Clogged));
        queue.push(Media, vec![0]).unwrap();
        assert_eq!(drain(&mut queue).len(), CONTROL_MESSAGES_MAX + 1);
    }
}
