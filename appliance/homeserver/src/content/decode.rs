//! From an image to a smaller one.
//!
//! Invariants: nothing is decoded unless its first bytes are those of JPEG, PNG, GIF or WebP, whatever anybody says
//! it is; its size is read from its header first; the decoders are memory-safe and get a limit. Runs where it may
//! block, and knows no store and no clock: it ends by itself, because the size and the number of passes (a progressive
//! JPEG may have 100) are bounded.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{PngDecoder, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageError, Limits, RgbaImage, imageops};
use veche_base::limits::{IMAGE_DECODE_BYTES_MAX, IMAGE_PIXELS_MAX};

use super::thumbnail::ThumbnailSize;

/// JPEG quality of thumbnails: small files without visible blocks.
const JPEG_QUALITY: u8 = 85;
/// How many bytes [`Format::sniff`] looks at.
pub(super) const MAGIC_BYTES: usize = 12;
/// A progressive JPEG is held as coefficients (3 planes of 2 bytes) beside its pixels (3 bytes).
const PROGRESSIVE_BYTES_PER_PIXEL: u64 = 9;

/// An image format that gets thumbnails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    Gif,
    WebP,
}

impl Format {
    /// The format that a file with this start has.
    pub(super) fn sniff(start: &[u8]) -> Option<Self> {
        match start {
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    /// The format's content type.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
        }
    }
}

/// What became of an image.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shrunk {
    /// It is small enough already.
    Original,
    /// A smaller one.
    Made { bytes: Vec<u8>, content_type: &'static str },
}

/// Why an image has no thumbnail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// It has more pixels than we decode, or would take more memory.
    #[error("the image is too large")]
    TooLarge,
    /// It is not what its first bytes say.
    #[error("the image is damaged")]
    Damaged,
}

impl From<ImageError> for Unreadable {
    fn from(error: ImageError) -> Self {
        if matches!(error, ImageError::Limits(_)) { Self::TooLarge } else { Self::Damaged }
    }
}

/// Makes the thumbnail of an image. Of a moving image, the first picture.
pub(super) fn shrink(bytes: &[u8], format: Format, size: ThumbnailSize) -> Result<Shrunk, Unreadable> {
    let input = Cursor::new(bytes);
    match format {
        Format::Jpeg => {
            let decoder = JpegDecoder::new(input)?;
            let (width, height) = decoder.dimensions();
            if is_progressive(bytes) && pixels(width, height) * PROGRESSIVE_BYTES_PER_PIXEL > IMAGE_DECODE_BYTES_MAX {
                return Err(Unreadable::TooLarge);
            }
            shrink_decoded(decoder, Motion::Still, size)
        }
        Format::Png => {
            let decoder = PngDecoder::with_limits(input, limits())?;
            let motion = if decoder.is_apng()? { Motion::Moving } else { Motion::Still };
            shrink_decoded(decoder, motion, size)
        }
        // Whether a GIF moves is known after all of it has been read; a copy of the first picture is right either way.
        Format::Gif => shrink_decoded(GifDecoder::new(input)?, Motion::Moving, size),
        Format::WebP => {
            let decoder = WebPDecoder::new(input)?;
            let motion = if decoder.has_animation() { Motion::Moving } else { Motion::Still };
            shrink_decoded(decoder, motion, size)
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Motion {
    Still,
    Moving,
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(IMAGE_DECODE_BYTES_MAX);
    limits
}

fn pixels(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}

fn shrink_decoded(mut decoder: impl ImageDecoder, motion: Motion, size: ThumbnailSize) -> Result<Shrunk, Unreadable> {
    let (width, height) = decoder.dimensions();
    if pixels(width, height) > IMAGE_PIXELS_MAX || decoder.total_bytes() > IMAGE_DECODE_BYTES_MAX {
        return Err(Unreadable::TooLarge);
    }
    if width == 0 || height == 0 {
        return Err(Unreadable::Damaged);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    // The picture is turned after it is shrunk, so a lying one is shrunk into a standing box.
    let size = if turns(orientation) { ThumbnailSize { width: size.height, height: size.width, ..size } } else { size };
    if motion == Motion::Still && width <= size.width && height <= size.height {
        return Ok(Shrunk::Original);
    }
    decoder.set_limits(limits())?;
    let image = DynamicImage::from_decoder(decoder)?;
    let mut small = DynamicImage::ImageRgba8(fit(&image, size));
    drop(image);
    small.apply_orientation(orientation);
    encode(&small.into_rgba8())
}

fn turns(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

/// Makes the image fit the box; never larger than it was.
fn fit(image: &DynamicImage, size: ThumbnailSize) -> RgbaImage {
    let (width, height) = image.dimensions();
    let (across, down) = (f64::from(size.width) / f64::from(width), f64::from(size.height) / f64::from(height));
    if size.crop {
        let (to_width, to_height) = (size.width.min(width), size.height.min(height));
        let scale = (f64::from(to_width) / f64::from(width)).max(f64::from(to_height) / f64::from(height));
        let (cut_width, cut_height) = (scaled(to_width, 1.0 / scale, width), scaled(to_height, 1.0 / scale, height));
        let (left, top) = ((width - cut_width) / 2, (height - cut_height) / 2);
        let middle = imageops::crop_imm(image, left, top, cut_width, cut_height);
        return imageops::thumbnail(&*middle, to_width, to_height);
    }
    let scale = across.min(down).min(1.0);
    imageops::thumbnail(image, scaled(width, scale, width), scaled(height, scale, height))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the product of a positive size and a positive factor; what is too large ends at `most`"
)]
fn scaled(length: u32, factor: f64, most: u32) -> u32 {
    ((f64::from(length) * factor).round() as u32).clamp(1, most)
}

/// JPEG, unless something shines through.
fn encode(image: &RgbaImage) -> Result<Shrunk, Unreadable> {
    let mut bytes = Vec::new();
    if image.pixels().all(|pixel| pixel.0[3] == u8::MAX) {
        let opaque = DynamicImage::ImageRgba8(image.clone()).into_rgb8();
        opaque.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
        return Ok(Shrunk::Made { bytes, content_type: Format::Jpeg.content_type() });
    }
    image.write_with_encoder(PngEncoder::new(&mut bytes))?;
    Ok(Shrunk::Made { bytes, content_type: Format::Png.content_type() })
}

/// Whether a JPEG is progressive: the marker of its frame says so. Walks the segments before it.
fn is_progressive(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        match rest {
            [0xFF, 0xC2, ..] => return true,
            // Start of another frame or of a scan: not progressive. (C4, C8 and CC are no frames.)
            [0xFF, 0xDA, ..] => return false,
            [0xFF, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF, ..] => return false,
            [0xFF, 0xFF, ..] => rest = &rest[1..],
            [0xFF, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(2 + length..).unwrap_or_default();
            }
            // What a lenient decoder would skip over is taken for the worse case.
            [_, _, ..] => return true,
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests;
