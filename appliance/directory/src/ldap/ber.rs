//! BER, as far as LDAP uses it (RFC 4511 §5.1): definite lengths and one-byte tags.
//!
//! What is read comes from the network: every length is compared with what is there before it is believed, and nothing
//! here calls itself, so that no nesting exhausts the stack.

use ldap3::asn1::{ASNTag, PL, StructureTag, TagClass};

/// `SEQUENCE`.
pub(super) const SEQUENCE: u8 = 0x30;
/// `INTEGER`.
pub(super) const INTEGER: u8 = 0x02;
/// `OCTET STRING`.
pub(super) const OCTETS: u8 = 0x04;
/// `ENUMERATED`.
pub(super) const ENUMERATED: u8 = 0x0a;
/// `SET`.
pub(super) const SET: u8 = 0x31;
/// `BOOLEAN`.
pub(super) const BOOLEAN: u8 = 0x01;

/// The bytes are not what LDAP allows at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// Reads one element after another.
#[derive(Clone, Copy)]
pub(super) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(super) const fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tag and content of what comes next.
    pub(super) fn any(&mut self) -> Result<(u8, &'b [u8]), Malformed> {
        let (head, length) = header(self.0)?.ok_or(Malformed)?;
        let tag = *self.0.first().ok_or(Malformed)?;
        let end = head.checked_add(length).ok_or(Malformed)?;
        let content = self.0.get(head..end).ok_or(Malformed)?;
        self.0 = &self.0[end..];
        Ok((tag, content))
    }

    /// The content of what comes next, which must have this tag.
    pub(super) fn expect(&mut self, wanted: u8) -> Result<&'b [u8], Malformed> {
        match self.any()? {
            (tag, content) if tag == wanted => Ok(content),
            _ => Err(Malformed),
        }
    }

    /// What is inside of the element that comes next.
    pub(super) fn inside(&mut self, wanted: u8) -> Result<Self, Malformed> {
        self.expect(wanted).map(Self)
    }

    /// A number that is not negative.
    pub(super) fn number(&mut self, tag: u8) -> Result<u32, Malformed> {
        let bytes = self.expect(tag)?;
        let is_negative = bytes.first().is_none_or(|first| first & 0x80 != 0);
        if is_negative || bytes.len() > 5 {
            return Err(Malformed);
        }
        let value = bytes.iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        u32::try_from(value).map_err(|_| Malformed)
    }

    /// Text, with what is no UTF-8 replaced.
    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        Ok(String::from_utf8_lossy(self.expect(OCTETS)?).into_owned())
    }
}

/// How long the header of an element is, and its content; `None` while the header is not all there.
pub(super) fn header(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let (Some(tag), Some(first)) = (bytes.first(), bytes.get(1)) else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    if *first < 0x80 {
        return Ok(Some((2, usize::from(*first))));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        return Err(Malformed);
    }
    let Some(digits) = bytes.get(2..2 + count) else { return Ok(None) };
    let length = digits.iter().fold(0_usize, |length, byte| (length << 8) | usize::from(*byte));
    Ok(Some((2 + count, length)))
}

/// An element.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let digits = content.len().to_be_bytes();
            let skipped = digits.iter().take_while(|digit| **digit == 0).count();
            bytes.push(0x80 | u8::try_from(digits.len() - skipped).unwrap_or(8));
            bytes.extend(&digits[skipped..]);
        }
    }
    bytes.extend(content);
    bytes
}

/// An element made of others.
pub(super) fn group(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// A number.
pub(super) fn number(tag: u8, value: u32) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend(value.to_be_bytes());
    let skipped = bytes.windows(2).take_while(|pair| pair[0] == 0 && pair[1] & 0x80 == 0).count();
    element(tag, &bytes[skipped..])
}

/// What the library's filter parser has made.
pub(super) fn filter(tag: impl ASNTag) -> Vec<u8> {
    structure(tag.into_structure())
}

/// Calls itself, but only as deep as a filter that an administrator wrote was nested.
fn structure(tag: StructureTag) -> Vec<u8> {
    let class = match tag.class {
        TagClass::Universal => 0x00,
        TagClass::Application => 0x40,
        TagClass::Context => 0x80,
        TagClass::Private => 0xc0,
    };
    let id = u8::try_from(tag.id & 0x1f).unwrap_or(0);
    match tag.payload {
        PL::P(content) => element(class | id, &content),
        PL::C(parts) => group(class | 0x20 | id, &parts.into_iter().map(structure).collect::<Vec<_>>()),
    }
}

#[cfg(test)]
mod tests {
    use super::{INTEGER, Malformed, OCTETS, Reader, SEQUENCE, element, filter, group, header, number};

    #[test]
    fn numbers_and_lengths_come_back_as_they_were() {
        for value in [0, 1, 127, 128, 255, 256, 65_535, 1 << 31, u32::MAX] {
            assert_eq!(Reader::new(&number(INTEGER, value)).number(INTEGER), Ok(value));
        }
        for length in [0, 1, 127, 128, 255, 256, 65_536] {
            let bytes = element(OCTETS, &vec![7; length]);
            assert_eq!(Reader::new(&bytes).expect(OCTETS).unwrap().len(), length);
        }
    }

    #[test]
    fn what_is_cut_off_or_lies_about_its_length_is_refused() {
        let whole = group(SEQUENCE, &[number(INTEGER, 5), element(OCTETS, &[1; 200])]);
        for end in 0..whole.len() {
            assert_eq!(Reader::new(&whole[..end]).any().map(|_| ()), Err(Malformed), "{end}");
        }
        for rubbish in
            [&[0x30, 0x80][..], &[0x30, 0x85, 1, 1, 1, 1, 1], &[0x1f, 1, 0], &[0x30, 0x84, 255, 255, 255, 255]]
        {
            assert!(Reader::new(rubbish).any().is_err(), "{rubbish:?}");
        }
        assert_eq!(header(&[0x30, 0x82, 1]), Ok(None));
        assert_eq!(Reader::new(&[INTEGER, 1, 0x80]).number(INTEGER), Err(Malformed), "negative");
        assert_eq!(Reader::new(&[INTEGER, 0]).number(INTEGER), Err(Malformed), "empty");
    }

    #[test]
    fn filters_are_written_as_the_standard_says() {
        let present = ldap3::parse_filter("(objectClass=*)").unwrap();
        assert_eq!(filter(present), [&[0x87, 11][..], b"objectClass"].concat());
        let both = ldap3::parse_filter("(&(a=b)(c=d))").unwrap();
        assert_eq!(
            filter(both),
            [&[0xa0, 16][..], &[0xa3, 6, 4, 1, b'a', 4, 1, b'b'], &[0xa3, 6, 4, 1, b'c', 4, 1, b'd']].concat()
        );
    }
}
