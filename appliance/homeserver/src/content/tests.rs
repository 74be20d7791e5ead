//! Uploads and downloads against a real store on a temporary folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage};
use ruma::{UserId, owned_server_name, server_name, user_id};
use tempfile::TempDir;
use veche_base::limits::UPLOADS_AT_ONCE_PER_USER_MAX;
use veche_base::metrics::Registry;
use veche_base::testing::{ManualClock, SeededEntropy};
use veche_directory::Directory;
use veche_rooms::SigningKeys;
use veche_store::content::Stored;
use veche_store::disk::Volume;
use veche_store::records::content::{MediaKey, ThumbnailKey};
use veche_store::sql::{Options, Sql};
use veche_store::{OpenOptions, Store, verify};

use super::*;
use crate::StoreError;
use crate::core::{Core, Settings};

const UPLOAD_BYTES_MAX: u64 = 1_000_000;
const QUOTA_BYTES: u64 = 2_500_000;
const NOW: Duration = Duration::ZERO;

struct House {
    content: Arc<Content>,
    clock: Arc<ManualClock>,
    free_bytes: Arc<AtomicU64>,
    dir: TempDir,
}

fn alice() -> &'static UserId {
    user_id!("@alice:x.example")
}

fn bob() -> &'static UserId {
    user_id!("@bob:x.example")
}

impl House {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let (clock, entropy) = (Arc::new(ManualClock::new()), Arc::new(SeededEntropy::new(7)));
        let free_bytes = Arc::new(AtomicU64::new(u64::MAX));
        let free = Arc::clone(&free_bytes);
        let measure = Arc::new(move || Ok(Volume { free_bytes: free.load(Ordering::SeqCst), total_bytes: 100 << 30 }));
        let options = OpenOptions::new(clock.clone(), entropy.clone()).measure(measure);
        let store = Store::open(dir.path(), options).unwrap();
        let sql = Sql::open(dir.path(), Options::default()).unwrap();
        let name = owned_server_name!("x.example");
        let settings = veche_directory::Settings::new(name.clone());
        let registry = Registry::new();
        let directory = Directory::open(sql, clock.clone(), entropy.clone(), settings, &registry).unwrap();
        let settings = Settings {
            upload_bytes_max: UPLOAD_BYTES_MAX,
            uploads_per_user_bytes_max: QUOTA_BYTES,
            ..Settings::default()
        };
        let keys = SigningKeys::from_seed(name.clone(), "a", &[1; 32]).unwrap();
        let core = Core { store, clock: clock.clone(), entropy, server_name: name, keys, directory, settings };
        Self { content: Arc::new(Content::new(Arc::new(core))), clock, free_bytes, dir }
    }

    async fn upload(&self, user: &UserId, bytes: &[u8]) -> Result<String, UploadError> {
        self.upload_as(user, bytes, Description::default()).await
    }

    async fn upload_as(&self, user: &UserId, bytes: &[u8], is: Description) -> Result<String, UploadError> {
        let mut upload = self.content.begin(user, None).await?;
        for piece in bytes.chunks(50_000) {
            upload.write(piece).await?;
        }
        self.content.finish(upload, is).await
    }

    async fn upload_announced(&self, user: &UserId, media_id: &str, bytes: &[u8]) -> Result<(), UploadError> {
        let mut upload = self.content.begin_announced(user, server_name!("x.example"), media_id, None).await?;
        upload.write(bytes).await?;
        self.content.finish(upload, Description::default()).await.map(|_| ())
    }

    async fn open(&self, media_id: &str) -> Result<Found, OpenError> {
        self.content.open(server_name!("x.example"), media_id, NOW).await
    }

    async fn thumbnail(&self, media_id: &str, width: u32, height: u32, crop: bool) -> Result<Found, ThumbnailError> {
        let wanted = ThumbnailSize { width, height, crop };
        self.content.thumbnail(server_name!("x.example"), media_id, wanted, NOW).await
    }

    fn thumbnails_made(&self) -> usize {
        self.content.core.store.scan::<ThumbnailKey>(()).count()
    }

    fn temporary_files(&self) -> usize {
        std::fs::read_dir(self.dir.path().join("content/temporary")).unwrap().count()
    }
}

async fn bytes_of(found: &Found) -> Vec<u8> {
    found.bytes.read(0, usize::MAX).await.unwrap().to_vec()
}

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixel = |x: u32, y: u32| Rgb([(x % 256) as u8, (y % 256) as u8, 128]);
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, pixel)).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn what_was_uploaded_is_downloaded() {
    let house = House::new();
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| n as u8).collect();
    let is = Description {
        content_type: ContentType::parse("Video/MP4"),
        name: Some(FileName::parse("фильм.mp4").unwrap()),
    };
    let media_id = house.upload_as(alice(), &bytes, is).await.unwrap();
    assert_eq!(media_id.len(), 22);
    let found = house.open(&media_id).await.unwrap();
    assert_eq!(bytes_of(&found).await, bytes);
    assert_eq!(found.bytes.read(299_998, 10).await.unwrap(), bytes[299_998..]);
    assert_eq!((found.content_type.as_deref(), found.name.as_deref()), (Some("video/mp4"), Some("фильм.mp4")));
    // An empty file is a file.
    let media_id = house.upload(bob(), b"").await.unwrap();
    assert!(house.open(&media_id).await.unwrap().bytes.is_empty());
}

#[tokio::test]
async fn what_is_not_here_is_not_found() {
    let house = House::new();
    let media_id = house.upload(alice(), b"cat").await.unwrap();
    let elsewhere = house.content.open(server_name!("other.example"), &media_id, NOW).await;
    assert!(matches!(elsewhere, Err(OpenError::NotFound)));
    for bad in ["nope", "..", "../x", "a/b", "", "%2e%2e"] {
        assert!(matches!(house.open(bad).await, Err(OpenError::NotFound)), "{bad}");
    }
    // A file that a restored snapshot does not have.
    let hash = ContentHash::of(b"cat");
    assert!(house.content.core.store.content().delete(hash).await.unwrap());
    assert!(matches!(house.open(&media_id).await, Err(OpenError::NotFound)));
}

#[tokio::test]
async fn an_upload_ends_at_the_limit_and_leaves_nothing() {
    let house = House::new();
    let declared = house.content.begin(alice(), Some(UPLOAD_BYTES_MAX + 1)).await;
    assert!(matches!(declared, Err(UploadError::TooLarge { bytes_max: UPLOAD_BYTES_MAX })));
    let mut upload = house.content.begin(alice(), Some(3)).await.unwrap();
    upload.write(&vec![0; UPLOAD_BYTES_MAX as usize]).await.unwrap();
    assert!(matches!(upload.write(b"x").await, Err(UploadError::TooLarge { .. })));
    drop(upload);
    assert_eq!(house.temporary_files(), 0);
    house.upload(alice(), &vec![0; UPLOAD_BYTES_MAX as usize]).await.unwrap();
}

#[tokio::test]
async fn the_quota_counts_what_is_stored() {
    let house = House::new();
    let large = vec![1; UPLOAD_BYTES_MAX as usize];
    house.upload(alice(), &large).await.unwrap();
    // A file that is there already counts all the same: otherwise it would tell what others have uploaded.
    let mut first = house.content.begin(alice(), None).await.unwrap();
    let mut second = house.content.begin(alice(), None).await.unwrap();
    first.write(&large).await.unwrap();
    second.write(&large).await.unwrap();
    house.content.finish(first, Description::default()).await.unwrap();
    // Both fitted when they began, and only one fits now.
    let late = house.content.finish(second, Description::default()).await;
    assert!(matches!(late, Err(UploadError::QuotaExceeded)));
    assert!(matches!(house.content.begin(alice(), Some(600_000)).await, Err(UploadError::QuotaExceeded)));
    assert!(matches!(house.upload(alice(), &large).await, Err(UploadError::QuotaExceeded)));
    house.upload(alice(), &large[..500_000]).await.unwrap();
    assert!(matches!(house.upload(alice(), b"x").await, Err(UploadError::QuotaExceeded)));
    house.upload(bob(), &large).await.unwrap();
}

#[tokio::test]
async fn an_announced_upload_arrives_once_from_its_owner() {
    let house = House::new();
    let announced = house.content.announce(alice()).await.unwrap();
    let media_id = announced.media_id.as_str();
    assert!(matches!(house.open(media_id).await, Err(OpenError::NotYetUploaded)));
    assert!(matches!(house.upload_announced(bob(), media_id, b"cat").await, Err(UploadError::NotYours)));
    assert!(matches!(house.upload_announced(alice(), "unknown", b"cat").await, Err(UploadError::Unknown)));
    let elsewhere = house.content.begin_announced(alice(), server_name!("y.example"), media_id, None).await;
    assert!(matches!(elsewhere, Err(UploadError::Unknown)));

    let twin = house.content.begin_announced(alice(), server_name!("x.example"), media_id, None).await.unwrap();
    house.upload_announced(alice(), media_id, b"cat").await.unwrap();
    assert_eq!(bytes_of(&house.open(media_id).await.unwrap()).await, b"cat");
    assert!(matches!(house.upload_announced(alice(), media_id, b"dog").await, Err(UploadError::Arrived)));
    let twin = house.content.finish(twin, Description::default()).await;
    assert!(matches!(twin, Err(UploadError::Arrived)));
    // What came at once cannot be sent again either.
    let media_id = house.upload(alice(), b"dog").await.unwrap();
    assert!(matches!(house.upload_announced(alice(), &media_id, b"x").await, Err(UploadError::Arrived)));
}

#[tokio::test]
async fn announcements_are_few_and_expire() {
    let house = House::new();
    let first = house.content.announce(alice()).await.unwrap();
    house.clock.advance(Duration::from_secs(3_600));
    for _ in 1..5 {
        house.content.announce(alice()).await.unwrap();
    }
    let refused = house.content.announce(alice()).await;
    assert!(matches!(refused, Err(AnnounceError::TooMany { wait_ms: 82_800_000 })), "{refused:?}");
    house.content.announce(bob()).await.unwrap();
    // One that has arrived makes room.
    house.upload_announced(alice(), &first.media_id, b"cat").await.unwrap();
    let last = house.content.announce(alice()).await.unwrap();
    assert!(matches!(house.content.announce(alice()).await, Err(AnnounceError::TooMany { .. })));

    house.clock.advance(Duration::from_secs(24 * 3_600));
    assert!(matches!(house.open(&last.media_id).await, Err(OpenError::NotFound)));
    assert!(matches!(house.upload_announced(alice(), &last.media_id, b"x").await, Err(UploadError::Unknown)));
    house.content.announce(alice()).await.unwrap();
    // The expired ones are gone for good: the arrived one, alice's new one, bob's.
    assert_eq!(house.content.core.store.scan::<MediaKey>(()).count(), 3);
    assert_eq!(bytes_of(&house.open(&first.media_id).await.unwrap()).await, b"cat");
}

#[tokio::test]
async fn a_download_waits_for_what_was_announced() {
    let house = House::new();
    let media_id = house.content.announce(alice()).await.unwrap().media_id;
    let wait = Duration::from_secs(3_600);
    let downloads = (0..3).map(|_| house.content.open(server_name!("x.example"), &media_id, wait));
    let arrive = async {
        tokio::task::yield_now().await;
        house.upload_announced(alice(), &media_id, b"cat").await.unwrap();
    };
    let (found, ()) = tokio::join!(futures_util::future::join_all(downloads), arrive);
    for found in found {
        assert_eq!(bytes_of(&found.unwrap()).await, b"cat");
    }
}

#[tokio::test]
async fn thumbnails_are_made_once_and_kept() {
    let house = House::new();
    let media_id = house.upload(alice(), &picture(1_000, 500, ImageFormat::Jpeg)).await.unwrap();
    let size = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().dimensions();
    for (wanted, expected) in [
        ((30, 30, true), (32, 32)),
        ((96, 96, true), (96, 96)),
        ((100, 100, true), (320, 160)),
        ((320, 240, false), (320, 160)),
        ((640, 480, false), (640, 320)),
        ((5_000, 5_000, false), (800, 400)),
    ] {
        let (width, height, crop) = wanted;
        let found = house.thumbnail(&media_id, width, height, crop).await.unwrap();
        assert_eq!(found.content_type.as_deref(), Some("image/jpeg"));
        assert_eq!(size(&bytes_of(&found).await), expected, "{wanted:?}");
    }
    assert_eq!(house.thumbnails_made(), 5);
    // Made once: the same file again, also for an equal upload of somebody else.
    let other = house.upload(bob(), &picture(1_000, 500, ImageFormat::Jpeg)).await.unwrap();
    let (first, second) = (house.thumbnail(&media_id, 96, 96, true).await, house.thumbnail(&other, 90, 90, true).await);
    assert_eq!(first.unwrap().bytes.fingerprint(), second.unwrap().bytes.fingerprint());
    assert_eq!(house.thumbnails_made(), 5);
}

#[tokio::test]
async fn a_small_image_is_its_own_thumbnail() {
    let house = House::new();
    let image = picture(300, 200, ImageFormat::Png);
    // Whatever the uploader says it is.
    let is = Description { content_type: ContentType::parse("text/html"), name: None };
    let media_id = house.upload_as(alice(), &image, is).await.unwrap();
    let found = house.thumbnail(&media_id, 320, 240, false).await.unwrap();
    assert_eq!((bytes_of(&found).await, found.content_type.as_deref()), (image, Some("image/png")));
}

#[tokio::test]
async fn only_images_get_thumbnails() {
    let house = House::new();
    let mut cut_off = picture(500, 500, ImageFormat::Png);
    cut_off.truncate(2_000);
    for bytes in [b"".to_vec(), b"<svg/>".to_vec(), b"BM not an image".to_vec(), b"%PDF-1.7".to_vec(), cut_off] {
        let is = Description { content_type: ContentType::parse("image/png"), name: None };
        let media_id = house.upload_as(alice(), &bytes, is).await.unwrap();
        for _ in 0..2 {
            let refused = house.thumbnail(&media_id, 96, 96, true).await;
            assert!(matches!(refused, Err(ThumbnailError::NotAnImage)), "{:?}", String::from_utf8_lossy(&bytes));
        }
    }
    let missing = house.thumbnail("missing", 96, 96, true).await;
    assert!(matches!(missing, Err(ThumbnailError::Open(OpenError::NotFound))));
    let announced = house.content.announce(alice()).await.unwrap().media_id;
    let early = house.thumbnail(&announced, 96, 96, true).await;
    assert!(matches!(early, Err(ThumbnailError::Open(OpenError::NotYetUploaded))));
}

#[tokio::test]
async fn a_full_disk_takes_no_uploads_and_shows_pictures() {
    let house = House::new();
    let media_id = house.upload(alice(), &picture(1_000, 500, ImageFormat::Jpeg)).await.unwrap();
    let kept = house.thumbnail(&media_id, 96, 96, true).await.unwrap();
    // Too little for uploads, then too little for anything.
    for free_bytes in [4 << 30, 1 << 20] {
        house.free_bytes.store(free_bytes, Ordering::SeqCst);
        house.clock.advance(Duration::from_secs(1));
        let refused = house.upload(alice(), b"x").await;
        assert!(matches!(refused, Err(UploadError::Internal(StoreError::DiskFull { .. }))));
        let shown = house.thumbnail(&media_id, 640, 480, false).await.unwrap();
        assert!(matches!(image::load_from_memory(&bytes_of(&shown).await).unwrap().dimensions(), (640, 320)));
        assert_eq!(shown.bytes.read(1, 2).await.unwrap(), bytes_of(&shown).await[1..3]);
        assert!(shown.bytes.read(u64::MAX, 2).await.unwrap().is_empty());
        assert_eq!(
            house.thumbnail(&media_id, 90, 90, true).await.unwrap().bytes.fingerprint(),
            kept.bytes.fingerprint()
        );
        assert_eq!(house.thumbnails_made(), 1);
    }
    assert!(house.content.announce(alice()).await.is_err());
    house.free_bytes.store(u64::MAX, Ordering::SeqCst);
    house.clock.advance(Duration::from_secs(1));
    house.upload(alice(), b"x").await.unwrap();
}

#[tokio::test]
async fn one_sends_some_files_at_a_time_and_no_more() {
    let house = House::new();
    let mut sending = Vec::new();
    for _ in 0..UPLOADS_AT_ONCE_PER_USER_MAX {
        sending.push(house.content.begin(alice(), None).await.unwrap());
    }
    assert!(matches!(house.upload(alice(), b"x").await, Err(UploadError::TooManyAtOnce)));
    let announced = house.content.announce(alice()).await.unwrap();
    let refused = house.upload_announced(alice(), &announced.media_id, b"x").await;
    assert!(matches!(refused, Err(UploadError::TooManyAtOnce)));
    house.upload(bob(), b"x").await.unwrap();
    // One that is given up and one that is finished make room again.
    drop(sending.pop());
    house.upload_announced(alice(), &announced.media_id, b"x").await.unwrap();
    house.content.finish(sending.pop().unwrap(), Description::default()).await.unwrap();
    house.upload(alice(), b"y").await.unwrap();
    drop(sending);
    assert!(house.content.receiving.lock().unwrap().is_empty(), "nobody is remembered who sends nothing");
}

#[tokio::test]
async fn the_sweep_takes_what_nobody_refers_to() {
    let house = House::new();
    let media_id = house.upload(alice(), &picture(1_000, 500, ImageFormat::Jpeg)).await.unwrap();
    house.thumbnail(&media_id, 96, 96, true).await.unwrap();
    let mut writer = house.content.core.store.content().create().await.unwrap();
    writer.write(b"cut off between file and record").await.unwrap();
    let Stored { hash, .. } = writer.finish().await.unwrap();
    assert_eq!(house.content.sweep().await.unwrap(), 0, "it is young");
    // Files are as old as the machine's clock says.
    house.clock.set_wall_ms(7_000_000_000_000);
    assert_eq!(house.content.sweep().await.unwrap(), 1);
    assert!(house.content.core.store.content().reader(hash).await.unwrap().is_none());
    assert!(house.open(&media_id).await.is_ok() && house.thumbnail(&media_id, 96, 96, true).await.is_ok());
}

#[tokio::test]
async fn a_check_follows_uploads_to_their_files() {
    let house = House::new();
    let media_id = house.upload(alice(), &picture(1_000, 500, ImageFormat::Jpeg)).await.unwrap();
    let thumbnail = house.thumbnail(&media_id, 96, 96, true).await.unwrap();
    let lost = ContentHash::parse(&thumbnail.bytes.fingerprint()).unwrap();
    let House { content, dir, .. } = house;
    assert!(content.core.store.content().delete(lost).await.unwrap());
    content.core.store.close().await.unwrap();
    drop(content);
    let report = verify::check(dir.path()).unwrap();
    assert_eq!(report.content_files, 2);
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings, [format!("content file {lost}: a record refers to it, but it is missing")]);
}
