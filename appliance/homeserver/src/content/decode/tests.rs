use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, GenericImageView, ImageFormat, Rgba, RgbaImage};

use super::{Format, Shrunk, Unreadable, is_progressive, shrink};
use crate::content::ThumbnailSize;

const SQUARE: ThumbnailSize = ThumbnailSize { width: 96, height: 96, crop: true };
const BOX: ThumbnailSize = ThumbnailSize { width: 320, height: 240, crop: false };

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn plain(width: u32, height: u32, color: [u8; 4]) -> DynamicImage {
    DynamicImage::ImageRgba8(RgbaImage::from_pixel(width, height, Rgba(color)))
}

fn made(shrunk: Result<Shrunk, Unreadable>) -> (DynamicImage, &'static str) {
    let Ok(Shrunk::Made { bytes, content_type }) = shrunk else { panic!("{shrunk:?}") };
    (image::load_from_memory(&bytes).unwrap(), content_type)
}

/// A PNG chunk with its checksum.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let sum = kind.iter().chain(data).fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg()))
    });
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length[..], kind, data, &(!sum).to_be_bytes()].concat()
}

/// A PNG that claims a size and has no pixels.
fn png_claiming(width: u32, height: u32, bit_depth: u8) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[bit_depth, 6, 0, 0, 0]].concat();
    let start = b"\x89PNG\r\n\x1A\n".to_vec();
    [start, chunk(b"IHDR", &header), chunk(b"IDAT", &[0x78, 0x9C, 3, 0]), chunk(b"IEND", b"")].concat()
}

/// A JPEG's start of frame for an image of three colors.
fn jpeg_frame(marker: u8, width: u16, height: u16) -> Vec<u8> {
    let mut frame = vec![0xFF, 0xD8, 0xFF, marker, 0, 17, 8];
    frame.extend(height.to_be_bytes());
    frame.extend(width.to_be_bytes());
    frame.extend([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
    frame.extend([0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0, 0xFF, 0xD9]);
    frame
}

#[test]
fn formats_are_known_by_their_first_bytes() {
    for (image, format, content_type) in [
        (ImageFormat::Jpeg, Format::Jpeg, "image/jpeg"),
        (ImageFormat::Png, Format::Png, "image/png"),
        (ImageFormat::Gif, Format::Gif, "image/gif"),
        (ImageFormat::WebP, Format::WebP, "image/webp"),
    ] {
        let bytes = encoded(&DynamicImage::ImageRgb8(plain(400, 300, [9, 9, 9, 255]).into_rgb8()), image);
        assert_eq!(Format::sniff(&bytes), Some(format));
        assert_eq!(format.content_type(), content_type);
        let (small, _) = made(shrink(&bytes, format, BOX));
        assert_eq!(small.dimensions(), (320, 240), "{format:?}");
    }
    for other in [&b""[..], b"\xFF\xD8", b"BM", b"<svg", b"II*\0", b"RIFF0000WAVE", b"\0\0\0\x20ftypavif", b"GIF86a"] {
        assert_eq!(Format::sniff(other), None);
    }
}

#[test]
fn shapes_are_kept_or_cut() {
    for (width, height, size, expected) in [
        (1_000, 1_000, SQUARE, (96, 96)),
        (1_000, 50, SQUARE, (96, 50)),
        (50, 1_000, SQUARE, (50, 96)),
        (1, 100_000, SQUARE, (1, 96)),
        (100_000, 1, BOX, (320, 1)),
        (1, 100_000, BOX, (1, 240)),
        (1_000, 10, BOX, (320, 3)),
        (321, 240, BOX, (320, 239)),
    ] {
        let bytes = encoded(&plain(width, height, [1, 2, 3, 255]), ImageFormat::Png);
        let (small, _) = made(shrink(&bytes, Format::Png, size));
        assert_eq!(small.dimensions(), expected, "{width}x{height}");
    }
    let bytes = encoded(&plain(96, 96, [1, 2, 3, 255]), ImageFormat::Png);
    assert_eq!(shrink(&bytes, Format::Png, SQUARE), Ok(Shrunk::Original));
}

#[test]
fn the_middle_is_what_remains() {
    let image = RgbaImage::from_fn(300, 100, |x, _| {
        if (100..200).contains(&x) { Rgba([0, 255, 0, 255]) } else { Rgba([255, 0, 0, 255]) }
    });
    let bytes = encoded(&DynamicImage::ImageRgba8(image), ImageFormat::Png);
    let (small, _) = made(shrink(&bytes, Format::Png, SQUARE));
    for (x, y) in [(8, 8), (48, 48), (88, 88)] {
        let Rgba([red, green, ..]) = small.get_pixel(x, y);
        assert!(red < 20 && green > 235, "{red} {green} at {x} {y}");
    }
}

#[test]
fn what_shines_through_stays_so() {
    let (small, content_type) =
        made(shrink(&encoded(&plain(500, 500, [9, 9, 9, 90]), ImageFormat::Png), Format::Png, SQUARE));
    assert_eq!((small.get_pixel(5, 5), content_type), (Rgba([9, 9, 9, 90]), "image/png"));
    let (_, content_type) =
        made(shrink(&encoded(&plain(500, 500, [9, 9, 9, 255]), ImageFormat::Png), Format::Png, SQUARE));
    assert_eq!(content_type, "image/jpeg");
}

#[test]
fn a_moving_image_becomes_its_first_picture() {
    for size in [20, 200] {
        let mut bytes = Vec::new();
        let frames = [[255, 0, 0, 255], [0, 0, 255, 255]];
        let frames = frames.map(|color| Frame::new(plain(size, size, color).into_rgba8()));
        GifEncoder::new(&mut bytes).encode_frames(frames).unwrap();
        let (small, content_type) = made(shrink(&bytes, Format::Gif, SQUARE));
        let Rgba([red, _, blue, _]) = small.get_pixel(5, 5);
        assert!(red > 235 && blue < 20, "{red} {blue}");
        assert_eq!((small.width(), content_type), (size.min(96), "image/jpeg"));
    }
}

#[test]
fn a_picture_taken_sideways_stands_upright() {
    let jpeg = encoded(&DynamicImage::ImageRgb8(plain(400, 200, [9, 9, 9, 255]).into_rgb8()), ImageFormat::Jpeg);
    // An Exif segment whose only entry says: turn by 90 degrees.
    let entry = b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
    let tiff = [&b"MM\0*\0\0\0\x08\0\x01"[..], entry, b"\0\0\0\0"].concat();
    let exif = [&b"Exif\0\0"[..], &tiff].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let bytes = [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat();
    let (small, _) = made(shrink(&bytes, Format::Jpeg, BOX));
    assert_eq!(small.dimensions(), (120, 240));
}

#[test]
fn bombs_are_refused_by_their_header() {
    for (width, height, bit_depth) in
        [(60_000, 60_000, 8), (32_000_001, 1, 8), (5_657, 5_657, 8), (2_147_483_647, 2_147_483_647, 16)]
    {
        let bomb = png_claiming(width, height, bit_depth);
        assert_eq!(shrink(&bomb, Format::Png, SQUARE), Err(Unreadable::TooLarge), "{width}x{height}");
    }
    // Few enough, and not there.
    assert_eq!(shrink(&png_claiming(5_000, 5_000, 8), Format::Png, SQUARE), Err(Unreadable::Damaged));
    for marker in [0xC0, 0xC2] {
        assert_eq!(shrink(&jpeg_frame(marker, 60_000, 60_000), Format::Jpeg, SQUARE), Err(Unreadable::TooLarge));
    }
    // 30 million pixels are few enough for a baseline JPEG, and would take 270 MB in a progressive one.
    assert_eq!(shrink(&jpeg_frame(0xC2, 6_000, 5_000), Format::Jpeg, SQUARE), Err(Unreadable::TooLarge));
    let mut gif = b"GIF89a".to_vec();
    gif.extend([0x60, 0xEA, 0x60, 0xEA, 0, 0, 0, b',', 0, 0, 0, 0, 0x60, 0xEA, 0x60, 0xEA, 0, 2, 1, 0, 0, b';']);
    assert_eq!(shrink(&gif, Format::Gif, SQUARE), Err(Unreadable::TooLarge));
}

#[test]
fn progressive_jpegs_are_told_apart() {
    let comment = [0xFF, 0xD8, 0xFF, 0xFE, 0, 6, 0xFF, 0xC2, 0, 0];
    for (marker, expected) in [(0xC0, false), (0xC1, false), (0xC2, true)] {
        let frame = jpeg_frame(marker, 10, 10);
        assert_eq!(is_progressive(&frame), expected);
        assert_eq!(is_progressive(&[&comment[..], &frame[2..]].concat()), expected);
        assert_eq!(is_progressive(&[&[0xFF, 0xD8, 0xFF], &frame[2..]].concat()), expected);
    }
    assert!(!is_progressive(b"") && !is_progressive(b"\xFF\xD8\xFF\xE1\xFF\xFF"));
    assert!(is_progressive(b"\xFF\xD8garbage"));
}

#[test]
fn damage_is_refused_and_never_panics() {
    for (image, format) in [
        (ImageFormat::Jpeg, Format::Jpeg),
        (ImageFormat::Png, Format::Png),
        (ImageFormat::Gif, Format::Gif),
        (ImageFormat::WebP, Format::WebP),
    ] {
        let good = encoded(&DynamicImage::ImageRgb8(plain(100, 97, [9, 80, 9, 255]).into_rgb8()), image);
        for end in (0..good.len()).step_by(5) {
            // Some decoders accept a cut image; that is fine.
            let _ = shrink(&good[..end], format, SQUARE);
        }
        for at in (0..good.len()).step_by(5) {
            let mut bad = good.clone();
            bad[at] ^= 0xFF;
            let _ = shrink(&bad, format, SQUARE);
        }
    }
}
