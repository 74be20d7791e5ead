//! Uploads: what the world calls them, what they are, how much each user has stored.

use ruma::OwnedUserId;
use serde::{Deserialize, Serialize};

use crate::content::ContentHash;
use crate::families::Family;
use crate::{record, versioned};

record! {
    /// An upload under the name that `mxc://` addresses give it.
    pub struct MediaKey {
        /// The last part of the address.
        media_id: String,
    } in Family::MediaIdMedia => Media
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Who uploaded it, or announced that he would.
    pub owner: OwnedUserId,
    /// When it was uploaded or announced, on the wall clock.
    pub created_ms: u64,
    /// `None` while it is only announced.
    pub file: Option<MediaFile>,
}

/// The file of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaFile {
    /// The content file.
    pub hash: ContentHash,
    /// Its length.
    pub bytes: u64,
    /// What the uploader said it is, if that was a valid content type.
    pub content_type: Option<String>,
    /// What the uploader calls it.
    pub name: Option<String>,
}

versioned!(Media, 1, |media, inspection| inspection.content.extend(media.file.as_ref().map(|file| file.hash)));

record! {
    /// An upload that was announced and has not arrived, with when it was announced. Kept in step with [`MediaKey`].
    pub struct PendingMediaKey {
        /// Who announced it.
        user: OwnedUserId,
        /// As in [`MediaKey`].
        media_id: String,
    } in Family::UserPendingMedia => u64
}

record! {
    /// How many bytes a user has uploaded. Kept in step with [`MediaKey`].
    pub struct UploadedBytesKey {
        /// Who.
        user: OwnedUserId,
    } in Family::UserUploadedBytes => u64
}

record! {
    /// A smaller version of an image.
    pub struct ThumbnailKey {
        /// The image; equal uploads share their thumbnails.
        source: ContentHash,
        /// The width of the box it was made for.
        width: u32,
        /// The height of that box.
        height: u32,
        /// Whether the box is filled and what sticks out is cut off, or the whole image lies within it.
        cropped: bool,
    } in Family::ContentSizeThumbnail => Thumbnail
}

/// A thumbnail; of an image that is small enough already, the image itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// The content file.
    pub hash: ContentHash,
    /// What it really is.
    pub content_type: String,
}

versioned!(Thumbnail, 1, |thumbnail, inspection| inspection.content.push(thumbnail.hash));

#[cfg(test)]
mod tests {
    use ruma::user_id;

    use super::{Media, MediaFile, MediaKey, PendingMediaKey, Thumbnail, ThumbnailKey, UploadedBytesKey};
    use crate::content::ContentHash;
    use crate::records::testing::round_trip;
    use crate::values::{Inspection, Value};

    #[test]
    fn uploads_round_trip() {
        let (owner, media_id) = (user_id!("@alice:example.org").to_owned(), "AbC123".to_owned());
        let hash = ContentHash::of(b"cat");
        let file =
            MediaFile {
                hash, bytes: 3, content_type: Some("image/png".to_owned()), name: Some("кот.png".to_owned())
            };
        for file in [None, Some(file)] {
            let media = Media { owner: owner.clone(), created_ms: 5, file };
            round_trip(&MediaKey { media_id: media_id.clone() }, &media);
        }
        round_trip(&PendingMediaKey { user: owner.clone(), media_id }, &7);
        round_trip(&UploadedBytesKey { user: owner }, &8);
        let key = ThumbnailKey { source: hash, width: 320, height: 240, cropped: false };
        round_trip(&key, &Thumbnail { hash, content_type: "image/jpeg".to_owned() });
    }

    #[test]
    fn a_check_hears_of_the_files() {
        let hash = ContentHash::of(b"cat");
        let file = MediaFile { hash, bytes: 3, content_type: None, name: None };
        let mut media = Media { owner: user_id!("@a:b").to_owned(), created_ms: 0, file: Some(file) };
        let files = |value: &dyn Fn(&mut Inspection)| {
            let mut inspection = Inspection::default();
            value(&mut inspection);
            inspection.content
        };
        assert_eq!(files(&|inspection| media.inspect(inspection)), [hash]);
        media.file = None;
        assert_eq!(files(&|inspection| media.inspect(inspection)), []);
        let thumbnail = Thumbnail { hash, content_type: "image/png".to_owned() };
        assert_eq!(files(&|inspection| thumbnail.inspect(inspection)), [hash]);
    }
}
