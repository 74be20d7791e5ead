//! Thumbnails: one of a few sizes, made once and kept.

use std::time::Duration;

use ruma::ServerName;
use veche_base::limits::{IMAGE_FILE_BYTES_MAX, THUMBNAIL_SECS_MAX};
use veche_store::content::ContentReader;
use veche_store::records::content::{MediaFile, Thumbnail, ThumbnailKey};
use veche_store::{ContentHash, Error};

use super::Content;
use super::decode::{Format, MAGIC_BYTES, Shrunk, Unreadable, shrink};
use super::download::{Found, FoundBytes, OpenError};

/// The sizes that are made. More would mean more decoding of the same images.
const SIZES: [ThumbnailSize; 5] = [
    ThumbnailSize { width: 32, height: 32, crop: true },
    ThumbnailSize { width: 96, height: 96, crop: true },
    ThumbnailSize { width: 320, height: 240, crop: false },
    ThumbnailSize { width: 640, height: 480, crop: false },
    ThumbnailSize { width: 800, height: 600, crop: false },
];

/// The box that a thumbnail is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThumbnailSize {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Whether the box is filled and what sticks out is cut off, or the whole image lies within it.
    pub crop: bool,
}

impl ThumbnailSize {
    /// The size that is made for a client who wants this one: the smallest that covers it, else the largest. Where
    /// no cropped one is large enough, the whole image is better than a blurred square.
    #[must_use]
    pub fn nearest(self) -> Self {
        let covers = |size: &&Self| size.width >= self.width && size.height >= self.height;
        let made = |crop: bool| SIZES.iter().filter(move |size| size.crop == crop);
        let cropped = if self.crop { made(true).find(covers) } else { None };
        *cropped.or_else(|| made(false).find(covers)).unwrap_or(&SIZES[SIZES.len() - 1])
    }
}

/// Why there is no thumbnail.
#[derive(Debug, thiserror::Error)]
pub enum ThumbnailError {
    /// There is no content to make one of.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is not an image that gets thumbnails: of another format, encrypted, damaged.
    #[error("there are no thumbnails of such content")]
    NotAnImage,
    /// The image is too large to be decoded.
    #[error("the image is too large for a thumbnail")]
    TooLarge,
    /// Other images are being decoded.
    #[error("too many thumbnails are being made")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<Unreadable> for ThumbnailError {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::TooLarge => Self::TooLarge,
            Unreadable::Damaged => Self::NotAnImage,
        }
    }
}

impl Content {
    /// A thumbnail of the content with this address, of the nearest size that is made. Waits like
    /// [`open`](Self::open).
    pub async fn thumbnail(
        &self,
        server: &ServerName,
        media_id: &str,
        wanted: ThumbnailSize,
        wait: Duration,
    ) -> Result<Found, ThumbnailError> {
        let MediaFile { hash, bytes, name, .. } = self.arrived_file(server, media_id, wait).await?;
        let size = wanted.nearest();
        let key = ThumbnailKey { source: hash, width: size.width, height: size.height, cropped: size.crop };
        if let Some((reader, content_type)) = self.made(&key).await? {
            return Ok(found(FoundBytes::file(reader), content_type, name));
        }
        if let Some(unreadable) = self.unreadable.get(&hash) {
            return Err(unreadable.into());
        }
        let start = self.reader(hash).await?.read(0, MAGIC_BYTES).await?;
        let format = Format::sniff(&start).ok_or(ThumbnailError::NotAnImage)?;
        if bytes > IMAGE_FILE_BYTES_MAX {
            return Err(ThumbnailError::TooLarge);
        }
        let patience = Duration::from_secs(THUMBNAIL_SECS_MAX);
        let turn = tokio::time::timeout(patience, self.decoders.clone().acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(ThumbnailError::Busy)?;
        // Whoever was before us in the queue may have wanted the same.
        if let Some((reader, content_type)) = self.made(&key).await? {
            return Ok(found(FoundBytes::file(reader), content_type, name));
        }
        let image = self.core.store.content().read_whole(hash, IMAGE_FILE_BYTES_MAX).await?;
        let image = image.ok_or(OpenError::NotFound)?;
        let decoding = tokio::task::spawn_blocking(move || {
            // The turn lasts as long as the decoder really runs, also if nobody waits for it any more.
            let _turn = turn;
            shrink(&image, format, size)
        });
        let shrunk = match tokio::time::timeout(patience, decoding).await {
            Ok(Ok(shrunk)) => shrunk,
            // A decoder that panics is as good as one that says no.
            Ok(Err(_)) => Err(Unreadable::Damaged),
            Err(_) => Err(Unreadable::TooLarge),
        };
        match shrunk {
            Ok(shrunk) => self.keep_thumbnail(key, format, shrunk, name).await,
            Err(unreadable) => {
                self.unreadable.insert(hash, unreadable);
                Err(unreadable.into())
            }
        }
    }

    /// A thumbnail that was made before.
    async fn made(&self, key: &ThumbnailKey) -> Result<Option<(ContentReader, String)>, Error> {
        let Some(thumbnail) = self.core.store.get(key)? else { return Ok(None) };
        // One whose file is gone is made again.
        let reader = self.core.store.content().reader(thumbnail.hash).await?;
        Ok(reader.map(|reader| (reader, thumbnail.content_type)))
    }

    async fn keep_thumbnail(
        &self,
        key: ThumbnailKey,
        format: Format,
        shrunk: Shrunk,
        name: Option<String>,
    ) -> Result<Found, ThumbnailError> {
        let _naming = self.naming.read().await;
        let (hash, content_type) = match shrunk {
            Shrunk::Original => (key.source, format.content_type()),
            Shrunk::Made { bytes, content_type } => match self.keep_bytes(&bytes).await {
                Ok(hash) => (hash, content_type),
                // On a full disk people can still look at pictures.
                Err(Error::DiskFull { .. }) => {
                    return Ok(found(FoundBytes::memory(bytes), content_type.to_owned(), name));
                }
                Err(error) => return Err(error.into()),
            },
        };
        let reader = self.reader(hash).await?;
        let thumbnail = Thumbnail { hash, content_type: content_type.to_owned() };
        let kept = self
            .core
            .store
            .commit(move |txn| {
                txn.put(&key, &thumbnail);
                Ok::<_, Error>(())
            })
            .await;
        match kept {
            Ok(()) | Err(Error::DiskFull { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(found(FoundBytes::file(reader), content_type.to_owned(), name))
    }

    async fn keep_bytes(&self, bytes: &[u8]) -> Result<ContentHash, Error> {
        let mut writer = self.core.store.content().create().await?;
        writer.write(bytes.to_vec()).await?;
        Ok(writer.finish().await?.hash)
    }
}

fn found(bytes: FoundBytes, content_type: String, name: Option<String>) -> Found {
    Found { bytes, content_type: Some(content_type), name }
}

#[cfg(test)]
mod tests {
    use super::ThumbnailSize;

    #[test]
    fn the_nearest_larger_size_is_made() {
        for (wanted, expected) in [
            ((1, 1, true), (32, 32, true)),
            ((32, 32, true), (32, 32, true)),
            ((33, 10, true), (96, 96, true)),
            ((96, 96, true), (96, 96, true)),
            ((97, 96, true), (320, 240, false)),
            ((32, 32, false), (320, 240, false)),
            ((320, 240, false), (320, 240, false)),
            ((240, 320, false), (640, 480, false)),
            ((640, 480, false), (640, 480, false)),
            ((641, 1, false), (800, 600, false)),
            ((4000, 3000, false), (800, 600, false)),
            ((4000, 4000, true), (800, 600, false)),
            ((0, 0, false), (320, 240, false)),
        ] {
            let size = |(width, height, crop)| ThumbnailSize { width, height, crop };
            assert_eq!(size(wanted).nearest(), size(expected), "{wanted:?}");
        }
    }
}
