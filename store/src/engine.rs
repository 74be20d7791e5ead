//! RocksDB: how it is opened, read and written. Nothing outside this file and `verify.rs` names the library,
//! save the error conversion.
//!
//! # Durability settings
//!
//! They are those of the reliability notes, "Exact durability settings"; the comments beside them give the
//! reason. The Rust wrapper has no setter for some of them. Those go in as text, through
//! `get_options_from_string`, and an unknown name there fails the opening, so none is silently lost. What the
//! wrapper cannot reach at all:
//! - `VerifyChecksum` and `VerifyFileChecksums`: [`Engine::records`] reads every block of every family with
//!   checksums on instead, which covers every live block. Blocks in the cache would not be read again, so the weekly
//!   verification opens a second database over the same files ([`Engine::link_to`]). The checksums of whole files are
//!   written (crc32c), ready for a tool that can compare them.
//! - `LockWAL` and `SstFileManager`: all writes go through the one commit thread, which is the gate, and
//!   `disk.rs` watches the free space.
//! - `track_and_verify_wals` (experimental): `track_and_verify_wals_in_manifest` covers the closed logs.

use std::ops::ControlFlow;
use std::path::Path;

use rocksdb::checkpoint::Checkpoint;
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DB, DBCompressionType, DBPinnableSlice,
    DBRawIteratorWithThreadMode, DBRecoveryMode, LogLevel, Options, ReadOptions, WriteBatch, WriteBufferManager,
    WriteOptions,
};

use crate::error::{Error, OpenError};
use crate::families::{Family, Tuning};
use crate::keys::Key;
use crate::log_tail;
use crate::migrate;
use crate::records::meta::MetaKey;
use crate::values::Value;

/// Decompressed blocks of all families, and the indexes and filters of all files.
pub(crate) const BLOCK_CACHE_BYTES: usize = 64 << 20;
/// All families' unflushed writes together; the fullest is flushed when they come near.
const WRITE_BUFFERS_BYTES: usize = 48 << 20;
/// One family's unflushed writes.
const WRITE_BUFFER_BYTES: usize = 16 << 20;
/// The allocation step of a write buffer. The default of 2 MiB would cost most of an idle process's memory.
const WRITE_BUFFER_STEP_BYTES: usize = 64 << 10;
/// How much log is read back after a crash; older writes are flushed to tables. A second or two of reading.
const WAL_BYTES_MAX: u64 = 96 << 20;

/// Settings that the wrapper has no setter for. RocksDB's defaults of today are among them: they are promises
/// here, not habits of a version.
const TEXT_OPTIONS: &str = "verify_sst_unique_id_in_manifest=true;best_efforts_recovery=false;two_write_queues=false;\
     file_checksum_gen_factory=FileChecksumGenCrc32cFactory;force_consistency_checks=true;\
     paranoid_file_checks=true;block_protection_bytes_per_key=8";

pub(crate) type RawIterator<'a> = DBRawIteratorWithThreadMode<'a, DB>;

/// The open database.
pub(crate) struct Engine {
    db: DB,
    #[cfg(test)]
    pub(crate) fail_writes: std::sync::atomic::AtomicBool,
}

impl Engine {
    /// Opens or creates the database in `dir`.
    pub(crate) fn open(dir: &Path, block_cache_bytes: usize) -> Result<Self, OpenError> {
        log_tail::refuse_damaged(dir)?;
        let options = database_options()?;
        refuse_unknown_families(&options, dir)?;
        let families = descriptors(&options, block_cache_bytes);
        Ok(Self::from(DB::open_cf_descriptors(&options, dir, families)?))
    }

    /// Opens an existing database without changing a byte of it.
    pub(crate) fn open_read_only(dir: &Path, block_cache_bytes: usize) -> Result<Self, OpenError> {
        log_tail::refuse_damaged(dir)?;
        let mut options = database_options()?;
        options.create_if_missing(false);
        options.create_missing_column_families(false);
        refuse_unknown_families(&options, dir)?;
        let families = descriptors(&options, block_cache_bytes);
        Ok(Self::from(DB::open_cf_descriptors_read_only(&options, dir, families, false)?))
    }

    /// The value under `key`, in the engine's own memory: it is copied once, by decoding.
    pub(crate) fn get(&self, family: Family, key: &[u8]) -> Result<Option<DBPinnableSlice<'_>>, Error> {
        Ok(self.db.get_pinned_cf(self.handle(family), key)?)
    }

    /// The values under many keys of one family; sorted keys share block reads.
    pub(crate) fn get_many(&self, family: Family, keys: &[Vec<u8>]) -> Vec<Result<Option<DBPinnableSlice<'_>>, Error>> {
        let found = self.db.batched_multi_get_cf(self.handle(family), keys, false);
        found.into_iter().map(|one| one.map_err(Error::from)).collect()
    }

    /// The decoded value under `key`.
    pub(crate) fn get_record<K: Key>(&self, key: &K) -> Result<Option<K::Value>, Error> {
        let mut bytes = Vec::with_capacity(64);
        key.write(&mut bytes);
        let found = self.get(K::FAMILY, &bytes)?;
        found.map(|value| decode::<K>(&bytes, &value)).transpose()
    }

    /// An iterator over the keys from `lower` up to but not including `upper`. It sees the database as it is now.
    pub(crate) fn iterate(&self, family: Family, lower: Vec<u8>, upper: Option<Vec<u8>>) -> RawIterator<'_> {
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(lower);
        if let Some(upper) = upper {
            options.set_iterate_upper_bound(upper);
        }
        self.db.raw_iterator_cf_opt(self.handle(family), options)
    }

    /// Calls `visit` with every record of a family until it breaks off, checking all checksums and leaving the cache
    /// alone.
    pub(crate) fn records(
        &self,
        family: Family,
        mut visit: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let mut options = ReadOptions::default();
        options.set_verify_checksums(true);
        options.fill_cache(false);
        options.set_readahead_size(1 << 20);
        let mut iterator = self.db.raw_iterator_cf_opt(self.handle(family), options);
        iterator.seek_to_first();
        while let Some((key, value)) = iterator.item() {
            if visit(key, value).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            iterator.next();
        }
        iterator.status()?;
        Ok(ControlFlow::Continue(()))
    }

    /// Makes a second database in `dir`, which must not exist, out of links to the files of this one: what was
    /// committed until now, which keeps its place on the disk until the links are removed.
    pub(crate) fn link_to(&self, dir: &Path) -> Result<(), Error> {
        Ok(Checkpoint::new(&self.db)?.create_checkpoint(dir)?)
    }

    /// Writes all of the batch or nothing, and returns when it is on the disk.
    pub(crate) fn write(&self, batch: WriteBatch) -> Result<(), Error> {
        #[cfg(test)]
        if self.fail_writes.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(Error::Engine("injected failure".to_owned()));
        }
        let mut options = WriteOptions::default();
        options.set_sync(true);
        options.disable_wal(false);
        Ok(self.db.write_opt(batch, &options)?)
    }

    /// Adds one write to a batch; `None` deletes.
    pub(crate) fn add(&self, batch: &mut WriteBatch, family: Family, key: &[u8], value: Option<&[u8]>) {
        match value {
            Some(value) => batch.put_cf(self.handle(family), key, value),
            None => batch.delete_cf(self.handle(family), key),
        }
    }

    /// Adds one record to a batch.
    pub(crate) fn add_record<K: Key>(&self, batch: &mut WriteBatch, key: &K, value: &K::Value) {
        let mut bytes = Vec::new();
        key.write(&mut bytes);
        self.add(batch, K::FAMILY, &bytes, Some(&value.encode()));
    }

    /// Writes the unflushed records of all families to tables, so that the next opening has no log to read.
    pub(crate) fn flush(&self) -> Result<(), Error> {
        let handles: Vec<_> = Family::ALL.iter().map(|family| self.handle(*family)).collect();
        Ok(self.db.flush_cfs_opt(&handles, &rocksdb::FlushOptions::default())?)
    }

    fn handle(&self, family: Family) -> &rocksdb::ColumnFamily {
        self.db.cf_handle(family.name()).expect("opening the database opened every family of the catalogue")
    }
}

impl From<DB> for Engine {
    fn from(db: DB) -> Self {
        Self {
            db,
            #[cfg(test)]
            fail_writes: std::sync::atomic::AtomicBool::new(false),
        }
    }
}

/// Decodes a value, or says which record is damaged.
pub(crate) fn decode<K: Key>(key: &[u8], value: &[u8]) -> Result<K::Value, Error> {
    K::Value::decode(value).map_err(|error| Error::damaged(K::FAMILY.name(), key, &error))
}

fn database_options() -> Result<Options, OpenError> {
    let mut options = Options::default().get_options_from_string(TEXT_OPTIONS)?;
    options.create_if_missing(true);
    options.create_missing_column_families(true);

    // What was acknowledged stays: a torn tail (power cut inside a write that nobody was told of) is cut,
    // damage before the tail refuses to open. The default mode would drop everything after the damage, silently.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_paranoid_checks(true);
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_manual_wal_flush(false);
    options.set_enable_pipelined_write(false);
    options.set_unordered_write(false);
    // A recycled log holds old records after its end, which a reader cannot tell from a damaged tail.
    options.set_recycle_log_file_num(0);
    // fdatasync is enough on ext4 and xfs.
    options.set_use_fsync(false);
    options.set_wal_bytes_per_sync(0);
    // Every family is in the log, always; so families need not be flushed together.
    options.set_atomic_flush(false);
    // All files are opened, and so looked at, when the database opens.
    options.set_max_open_files(-1);
    options.set_max_file_opening_threads(2);

    // A small machine: one flush and one compaction at a time.
    options.set_max_background_jobs(2);
    options.set_write_buffer_manager(&WriteBufferManager::new_write_buffer_manager(WRITE_BUFFERS_BYTES, false));
    options.set_max_total_wal_size(WAL_BYTES_MAX);

    options.set_keep_log_file_num(4);
    options.set_max_log_file_size(4 << 20);
    options.set_log_level(LogLevel::Warn);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    Ok(options)
}

fn descriptors(options: &Options, block_cache_bytes: usize) -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(block_cache_bytes);
    let own = Family::ALL.iter().map(|family| (family.name(), family.tuning()));
    // The engine insists on a family of this name; nothing is ever written to it.
    let all = own.chain([(rocksdb::DEFAULT_COLUMN_FAMILY_NAME, Tuning::Walk)]);
    all.map(|(name, tuning)| ColumnFamilyDescriptor::new(name, family_options(options, tuning, &cache))).collect()
}

fn family_options(base: &Options, tuning: Tuning, cache: &Cache) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    // Charged to the cache, so that the memory has one bound however many files there are.
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_format_version(6);
    match tuning {
        Tuning::Run => table.set_block_size(16 << 10),
        Tuning::Point => {
            table.set_block_size(8 << 10);
            table.set_bloom_filter(10.0, false);
            table.set_optimize_filters_for_memory(true);
        }
        Tuning::Walk => table.set_block_size(8 << 10),
    }

    let mut options = base.clone();
    options.set_block_based_table_factory(&table);
    options.set_write_buffer_size(WRITE_BUFFER_BYTES);
    options.set_arena_block_size(WRITE_BUFFER_STEP_BYTES);
    options.set_max_write_buffer_number(3);
    options.set_level_compaction_dynamic_level_bytes(true);
    // Fresh files are rewritten soon and read often; only what has settled is compressed.
    options.set_compression_type(DBCompressionType::None);
    options.set_bottommost_compression_type(DBCompressionType::Zstd);
    options
}

/// A database with families that this program has never heard of was written by a newer one. It is asked for its
/// schema read-only, so that the refusal changes nothing.
fn refuse_unknown_families(options: &Options, dir: &Path) -> Result<(), OpenError> {
    if !dir.join("CURRENT").exists() {
        return Ok(());
    }
    let known =
        |name: &str| name == rocksdb::DEFAULT_COLUMN_FAMILY_NAME || Family::ALL.iter().any(|f| f.name() == name);
    let names = DB::list_cf(options, dir)?;
    let unknown: Vec<&str> = names.iter().map(String::as_str).filter(|name| !known(name)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let all = names.iter().map(|name| ColumnFamilyDescriptor::new(name, options.clone()));
    let engine = Engine::from(DB::open_cf_descriptors_read_only(options, dir, all, false)?);
    if names.iter().any(|name| name == MetaKey::FAMILY.name()) {
        migrate::refuse_newer(&engine)?;
    }
    Err(OpenError::UnknownFamilies(unknown.join(", ")))
}
