//! What a dependency descriptor tells of spatial layers (AV1 RTP specification, appendix A): each frame names a template, and
//! the structure that comes with a keyframe says of which layer the frames of a template are.
//!
//! Nothing else of the structure is read. A descriptor that is cut short, or names a template that is not there, tells nothing.

/// Templates are numbered with six bits.
const TEMPLATES_MAX: usize = 64;
/// The bytes that every descriptor has.
const HEAD_BYTES: usize = 3;
/// The bit behind them that says that a structure follows, and where the structure begins.
const HAS_STRUCTURE: u8 = 0x80;
const STRUCTURE_AT_BIT: usize = 8 * HEAD_BYTES + 5;
/// What the next template is: of the same layer, of the next temporal one, of the next spatial one, or not there.
const NEXT_TEMPORAL: u8 = 1;
const NEXT_SPATIAL: u8 = 2;
const NO_MORE: u8 = 3;

/// The spatial layers of all templates of one stream.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    /// The number of the first.
    offset: u8,
    spatial: Vec<u8>,
}

impl Templates {
    /// Takes the structure, if this descriptor brings one.
    pub(crate) fn learn(&mut self, descriptor: &[u8]) {
        if descriptor.get(HEAD_BYTES).is_none_or(|flags| flags & HAS_STRUCTURE == 0) {
            return;
        }
        if let Some(learned) = read(descriptor) {
            *self = learned;
        }
    }

    /// The spatial layer of a frame.
    pub(crate) fn spatial(&self, descriptor: &[u8]) -> Option<u8> {
        let number = descriptor.first()? & 0x3F;
        self.spatial.get(usize::from(number.wrapping_sub(self.offset) & 0x3F)).copied()
    }
}

fn read(descriptor: &[u8]) -> Option<Templates> {
    let mut bits = Bits { bytes: descriptor, at: STRUCTURE_AT_BIT };
    let offset = bits.take(6)?;
    // How many decode targets there are, which does not matter here.
    bits.take(5)?;
    let mut spatial = vec![0];
    loop {
        let last = spatial.last().copied()?;
        match bits.take(2)? {
            NEXT_SPATIAL => spatial.push(last + 1),
            NO_MORE => return Some(Templates { offset, spatial }),
            // The same layer, or another one in time.
            0..=NEXT_TEMPORAL => spatial.push(last),
            _ => return None,
        }
        if spatial.len() > TEMPLATES_MAX {
            return None;
        }
    }
}

/// Bits, the highest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u8> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | (byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::{TEMPLATES_MAX, Templates};

    /// A descriptor with a structure: this offset, and these words of two bits about the templates.
    fn descriptor(template: u8, offset: u8, next: &[u8]) -> Vec<u8> {
        let mut bits: Vec<u8> = Vec::new();
        let mut put = |value: u8, count: u8| bits.extend((0..count).rev().map(|at| value >> at & 1));
        put(0b10, 2);
        put(template, 6);
        put(0, 8);
        put(1, 8);
        put(0b10000, 5);
        put(offset, 6);
        put(8, 5);
        next.iter().for_each(|word| put(*word, 2));
        let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | bit) << (8 - bits.len());
        bits.chunks(8).map(byte).collect()
    }

    #[test]
    fn a_frame_is_of_the_layer_that_its_template_is_of() {
        let mut templates = Templates::default();
        assert_eq!(templates.spatial(&[0x80]), None, "nothing is known yet");
        // Two templates for each of two layers in time, in each of three in space.
        let next = [0, 1, 0, 2, 0, 1, 0, 2, 0, 1, 0, 3];
        templates.learn(&descriptor(60, 60, &next));
        let spatial: Vec<_> = (60..72).map(|number| templates.spatial(&[number & 0x3F, 0, 9])).collect();
        let wanted = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2].map(Some);
        assert_eq!(spatial, wanted);
        assert_eq!(templates.spatial(&[59]), None);
        assert_eq!(templates.spatial(&[]), None);
    }

    #[test]
    fn what_brings_no_structure_changes_nothing() {
        let mut templates = Templates::default();
        let whole = descriptor(0, 0, &[2, 3]);
        templates.learn(&whole);
        for length in 0..whole.len() - 1 {
            templates.learn(&whole[..length]);
        }
        templates.learn(&[0x80, 0, 1, 0x40]);
        templates.learn(&descriptor(0, 0, &[0; TEMPLATES_MAX]));
        assert_eq!([0, 1, 2].map(|number| templates.spatial(&[number])), [Some(0), Some(1), None]);
    }
}
