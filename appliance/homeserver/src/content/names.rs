//! What uploaders say about their files, checked before it is kept or sent on.

use veche_base::limits::FILE_NAME_BYTES_MAX;

/// A content type is kept up to this length.
const CONTENT_TYPE_BYTES_MAX: usize = 255;
/// A media id is never longer, so longer ones are not looked up.
const MEDIA_ID_BYTES_MAX: usize = 255;

/// Types that a browser may show in place (spec: "Serving inline content"); everything else is only downloaded.
const INLINE: [&str; 26] = [
    "text/css",
    "text/plain",
    "text/csv",
    "application/json",
    "application/ld+json",
    "image/jpeg",
    "image/gif",
    "image/png",
    "image/apng",
    "image/webp",
    "image/avif",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "video/quicktime",
    "audio/mp4",
    "audio/webm",
    "audio/aac",
    "audio/mpeg",
    "audio/ogg",
    "audio/wave",
    "audio/wav",
    "audio/x-wav",
    "audio/x-pn-wav",
    "audio/flac",
    "audio/x-flac",
];

/// A name that no system could take for a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

/// A file name is empty, too long, or a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a file name has 1 to {FILE_NAME_BYTES_MAX} bytes without slashes and control characters")]
pub struct BadFileName;

impl FileName {
    /// Refuses names that mean a place instead of a file.
    pub fn parse(name: &str) -> Result<Self, BadFileName> {
        let path = name.contains(['/', '\\']) || matches!(name, "." | "..");
        let length = (1..=FILE_NAME_BYTES_MAX).contains(&name.len());
        if path || !length || name.chars().any(char::is_control) {
            return Err(BadFileName);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A content type in the grammar of RFC 9110, with its type in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentType(String);

impl ContentType {
    /// `None` for anything that is not a content type.
    pub fn parse(value: &str) -> Option<Self> {
        let value = value.trim_matches([' ', '\t']);
        if value.len() > CONTENT_TYPE_BYTES_MAX {
            return None;
        }
        let (essence, parameters) = value.split_at(value.find(';').unwrap_or(value.len()));
        let (kind, subtype) = essence.trim_end_matches([' ', '\t']).split_once('/')?;
        if !is_token(kind) || !is_token(subtype) || !are_parameters(parameters) {
            return None;
        }
        Some(Self(format!("{}/{}{parameters}", kind.to_ascii_lowercase(), subtype.to_ascii_lowercase())))
    }

    /// The type as it goes into a header.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a browser may show such content in place.
    pub fn is_inline(content_type: &str) -> bool {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        INLINE.iter().any(|inline| inline.eq_ignore_ascii_case(essence))
    }
}

fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

/// `;name=value` any number of times, each value a token or a quoted string without escapes.
fn are_parameters(mut rest: &str) -> bool {
    while let Some(parameter) = rest.strip_prefix(';') {
        let Some((name, value)) = parameter.split_once('=') else { return parameter.trim().is_empty() };
        let end = match value.strip_prefix('"') {
            Some(quoted) => quoted.find('"').map_or(0, |end| end + 2),
            None => value.find(';').unwrap_or(value.len()),
        };
        let (value, after) = value.split_at(end);
        let quoted = value.len() >= 2 && value.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\');
        if !is_token(name.trim()) || !(is_token(value.trim()) || (value.starts_with('"') && quoted)) {
            return false;
        }
        rest = after.trim_start();
    }
    rest.is_empty()
}

/// Whether this could be a media id at all (spec: the opaque identifier of an `mxc://` address).
pub(super) fn is_media_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=MEDIA_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::{ContentType, FileName, is_media_id};

    #[test]
    fn file_names_are_no_paths() {
        for good in ["cat.png", "отчёт за год.pdf", ".profile", "a..b", "猫", &"x".repeat(255)] {
            assert!(FileName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "../x", "a/b", "a\\b", "/etc/passwd", "a\0", "a\r\nb", &"x".repeat(256)] {
            assert!(FileName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn content_types_are_valid_or_nothing() {
        for (sent, kept) in [
            ("image/png", Some("image/png")),
            ("Image/PNG", Some("image/png")),
            (" text/plain; charset=utf-8", Some("text/plain; charset=utf-8")),
            ("text/plain;", Some("text/plain;")),
            ("text/plain; charset=\"utf-8\"; x=y", Some("text/plain; charset=\"utf-8\"; x=y")),
            ("image/svg+xml", Some("image/svg+xml")),
            ("", None),
            ("image", None),
            ("image/", None),
            ("/png", None),
            ("image/png/x", None),
            ("image/p ng", None),
            ("text/plain\r\nset-cookie: a=b", None),
            ("text/plain; charset", None),
            ("text/plain; a=\"b", None),
            ("text/plain; a=b c", None),
            ("текст/plain", None),
            ("text/plain; a=\"ж\"", None),
        ] {
            assert_eq!(ContentType::parse(sent).as_ref().map(ContentType::as_str), kept, "{sent}");
        }
        assert_eq!(ContentType::parse(&format!("a/{}", "b".repeat(254))), None);
    }

    #[test]
    fn only_safe_types_are_shown_in_place() {
        for inline in ["image/png", "IMAGE/JPEG", "text/plain; charset=utf-8", "video/mp4", "audio/x-flac"] {
            assert!(ContentType::is_inline(inline), "{inline}");
        }
        for not in ["text/html", "image/svg+xml", "application/pdf", "text/xml", "application/xhtml+xml", "", "text/js"]
        {
            assert!(!ContentType::is_inline(not), "{not}");
        }
    }

    #[test]
    fn media_ids_are_plain() {
        assert!(is_media_id("AbC-_09"));
        for bad in ["", "..", "a/b", "a%2Fb", "a b", "а", &"x".repeat(256)] {
            assert!(!is_media_id(bad), "{bad}");
        }
    }
}
