//! RocksDB, SQLite and content files behind typed keys: families, transactions, changes, migrations.
