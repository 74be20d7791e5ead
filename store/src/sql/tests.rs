use std::sync::Arc;

use ruma::{device_id, user_id};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;
use veche_base::testing::SeededEntropy;

use super::accounts::{self, Kind, NewAccount, Role};
use super::grants::Grants;
use super::journal::{self, Act, Break};
use super::outbox::{self, Work};
use super::registration_tokens::{self, RegistrationToken};
use super::reports::{self, Report, Subject};
use super::secrets::Name;
use super::sessions::{self, LastSeen, NewSession, TokenPair};
use super::short_tokens::{self, Purpose, ShortToken};
use super::*;

fn open(dir: &TempDir) -> Arc<Sql> {
    Sql::open(dir.path(), Options::default()).unwrap()
}

pub(super) fn fresh() -> (TempDir, Arc<Sql>) {
    let dir = TempDir::new().unwrap();
    let sql = open(&dir);
    (dir, sql)
}

/// What somebody with a shell on the machine can do.
pub(super) fn behind_the_back(dir: &TempDir) -> Connection {
    Connection::open(dir.path().join(FILE_NAME)).unwrap()
}

pub(super) fn alice() -> NewAccount {
    NewAccount {
        user_id: user_id!("@alice:ex.org").to_owned(),
        kind: Kind::User,
        password_hash: Some("$phc".to_owned()),
        admin: false,
        created_ms: 7,
    }
}

pub(super) fn pair(seed: u8) -> TokenPair {
    TokenPair { access: [seed; 32], expires_ms: Some(u64::from(seed)), refresh: Some([seed + 100; 32]) }
}

pub(super) fn new_session(device: &str, seed: u8) -> NewSession {
    NewSession {
        user_id: user_id!("@alice:ex.org").to_owned(),
        device_id: device.into(),
        display_name: Some(format!("phone {seed}")),
        tokens: pair(seed),
        seen: LastSeen { at_ms: u64::from(seed), ip: Some("192.0.2.1".to_owned()), agent: None },
    }
}

pub(super) fn act(number: u64) -> Act {
    Act {
        at_ms: number,
        actor: "@admin:ex.org".to_owned(),
        action: "account.lock".to_owned(),
        target: format!("@user{number}:ex.org"),
        detail: json!({ "number": number }),
    }
}

#[test]
fn connections_have_the_durable_settings() {
    let (_dir, sql) = fresh();
    let pragma = |view: &View<'_>, name: &str| -> Result<i64, Error> {
        Ok(view.connection().pragma_query_value(None, name, |row| row.get(0))?)
    };
    let wanted =
        [("foreign_keys", 1), ("busy_timeout", 5_000), ("trusted_schema", 0), ("cell_size_check", 1), ("mmap_size", 0)];
    for (name, value) in wanted {
        assert_eq!(sql.read_blocking(|view| pragma(view, name)).unwrap(), value, "reader: {name}");
        assert_eq!(sql.write_blocking(move |tx| pragma(tx, name)).unwrap(), value, "writer: {name}");
    }
    assert_eq!(sql.write_blocking(move |tx| pragma(tx, "synchronous")).unwrap(), 2, "FULL");
    assert_eq!(sql.read_blocking(|view| pragma(view, "query_only")).unwrap(), 1);
    let mode = sql
        .write_blocking(|tx| -> Result<String, Error> {
            Ok(tx.connection().pragma_query_value(None, "journal_mode", |row| row.get(0))?)
        })
        .unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn engine_is_newer_than_the_log_reset_bug_and_every_table_is_strict() {
    assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
    let (_dir, sql) = fresh();
    let lax = sql.read_blocking(|view| {
        view.rows("SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0", [], |row| {
            Ok(row.get::<_, String>(0)?)
        })
    });
    let lax: Vec<String> = lax.unwrap().into_iter().filter(|name| !name.starts_with("sqlite_")).collect();
    assert_eq!(lax, Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, _sql) = fresh();
    for name in [FILE_NAME.to_owned(), format!("{FILE_NAME}-wal")] {
        let mode = std::fs::metadata(dir.path().join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

#[test]
fn newer_foreign_and_damaged_files_are_refused_in_words() {
    let (dir, sql) = fresh();
    drop(sql);
    behind_the_back(&dir).pragma_update(None, "user_version", 99).unwrap();
    let error = Sql::open(dir.path(), Options::default()).err().unwrap().to_string();
    assert!(error.contains("newer version") && error.contains("99"), "{error}");

    let dir = TempDir::new().unwrap();
    behind_the_back(&dir).execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    assert!(matches!(Sql::open(dir.path(), Options::default()), Err(OpenError::Foreign { .. })));

    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join(FILE_NAME), "this is a shopping list, not a database, and long enough".repeat(99))
        .unwrap();
    assert!(matches!(Sql::open(dir.path(), Options::default()), Err(OpenError::Foreign { .. })));

    let (dir, sql) = fresh();
    drop(sql);
    let path = dir.path().join(FILE_NAME);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4_096..8_192].fill(0xFF);
    std::fs::write(&path, bytes).unwrap();
    let error = Sql::open(dir.path(), Options::default()).err().unwrap();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

#[test]
fn acknowledged_writes_are_there_after_the_process_died() {
    let (dir, sql) = fresh();
    sql.write_blocking(|tx| accounts::create(tx, &alice())).unwrap();
    let secret = sql.secret_bytes(Name::SigningKeySeed, &SeededEntropy::new(1)).unwrap();
    // What the disk looks like when the process dies now: no close, no checkpoint.
    let after = TempDir::new().unwrap();
    for name in [FILE_NAME.to_owned(), format!("{FILE_NAME}-wal")] {
        std::fs::copy(dir.path().join(&name), after.path().join(&name)).unwrap();
    }
    let reopened = open(&after);
    let account = reopened.read_blocking(|view| accounts::get(view, &alice().user_id)).unwrap().unwrap();
    assert!(account.has_password && !account.admin);
    let again = reopened.secret_bytes(Name::SigningKeySeed, &SeededEntropy::new(2)).unwrap();
    assert_eq!(secret.expose(), again.expose(), "a secret is made once");
}

#[test]
fn close_leaves_one_file_and_later_writes_are_told() {
    let (dir, sql) = fresh();
    sql.write_blocking(|tx| accounts::create(tx, &alice())).unwrap();
    sql.close();
    let wal = dir.path().join(format!("{FILE_NAME}-wal"));
    assert!(!wal.exists() || std::fs::metadata(wal).unwrap().len() == 0);
    let late = sql.write_blocking(|tx| accounts::create(tx, &alice()));
    assert!(matches!(late, Err(Error::Closed)));
}

/// Queues a write by polling it once; it is answered once the writer comes to it.
async fn queue<F: Future>(write: F) -> std::pin::Pin<Box<F>> {
    let mut write = Box::pin(write);
    let pending =
        std::future::poll_fn(|context| std::task::Poll::Ready(write.as_mut().poll(context).is_pending())).await;
    assert!(pending, "the writer is held");
    write
}

/// Queues `writes` behind one that holds the writer until all of them wait.
async fn all_at_once<F: Future>(sql: &Sql, writes: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (start, started) = tokio::sync::oneshot::channel();
    let hold = move |_: &Tx<'_>| Ok::<_, Error>((start.send(()).is_ok(), held.recv().is_ok()));
    let holder = queue(sql.write(hold)).await;
    started.await.unwrap();
    let mut waiting = Vec::new();
    for write in writes {
        waiting.push(queue(write).await);
    }
    release.send(()).unwrap();
    holder.await.unwrap();
    let mut answers = Vec::new();
    for write in waiting {
        answers.push(write.await);
    }
    answers
}

#[tokio::test]
async fn waiting_writes_share_a_commit_and_a_refused_one_takes_nobody_along() {
    let dir = TempDir::new().unwrap();
    let metrics = Registry::new();
    let sql = Sql::open(dir.path(), Options { metrics: metrics.clone(), ..Options::default() }).unwrap();
    let writes = (0..60_u64).map(|number| {
        sql.write(move |tx| {
            journal::append(tx, &act(number))?;
            assert!(number % 10 != 8, "a bug");
            if number % 10 == 9 { Err(Error::Engine("refused".to_owned())) } else { Ok(()) }
        })
    });
    let answers = all_at_once(&sql, writes).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 48);
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Err(Error::Panicked))).count(), 6);
    let rows = sql.read(|view| journal::page(view, 0, 1_000)).await.unwrap();
    assert_eq!(rows.len(), 48, "the refused and the panicking left nothing");
    assert_eq!(sql.read(journal::verify).await.unwrap(), None, "and no hole");
    let text = metrics.encode();
    assert!(text.contains("veche_sql_commits_total 2\n"), "61 writes, two commits:\n{text}");
}

#[tokio::test]
async fn full_disk_is_told_to_whom_it_concerns_and_passes() {
    let (_dir, sql) = fresh();
    let pages = |tx: &Tx<'_>, pages: i64| tx.connection().pragma_update(None, "max_page_count", pages);
    sql.write(move |tx| {
        let now: i64 = tx.connection().pragma_query_value(None, "page_count", |row| row.get(0))?;
        Ok::<_, Error>(pages(tx, now + 2)?)
    })
    .await
    .unwrap();
    let writes = (0..5_u64).map(|number| {
        sql.write(move |tx| {
            let text = if number == 2 { "x".repeat(1_000_000) } else { String::new() };
            settings::set(tx, &format!("setting {number}"), &text)
        })
    });
    let answers = all_at_once(&sql, writes).await;
    assert!(matches!(answers[2], Err(Error::DiskFull)), "{:?}", answers[2]);
    let kept = sql.read(settings::all).await.unwrap();
    for (number, answer) in answers.iter().enumerate() {
        let there = kept.iter().any(|(key, _)| *key == format!("setting {number}"));
        assert_eq!(there, answer.is_ok(), "{number}: what was acknowledged, and nothing else, is there");
    }
    sql.write(move |tx| Ok::<_, Error>(pages(tx, 1_000_000)?)).await.unwrap();
    sql.write(|tx| settings::set(tx, "later", &"x".repeat(1_000_000))).await.unwrap();
    assert_eq!(sql.problems().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn hook_runs_although_the_caller_stopped_waiting() {
    let (_dir, sql) = fresh();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    {
        let write = sql.write_then(|tx| accounts::create(tx, &alice()), move |_| sender.send(()).unwrap());
        let mut write = std::pin::pin!(write);
        // One poll queues the write; then the caller goes away.
        std::future::poll_fn(|context| {
            let _pending = write.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
    }
    receiver.await.unwrap();
    assert!(sql.read(|view| accounts::get(view, &alice().user_id)).await.unwrap().is_some());
}

#[test]
fn names_of_accounts_are_given_once_and_flags_hold() {
    let (_dir, sql) = fresh();
    sql.write_blocking(|tx| -> Result<(), Error> {
        let alice = alice();
        assert!(accounts::create(tx, &alice)?);
        assert!(!accounts::create(tx, &alice)?);
        assert!(accounts::set_admin(tx, &alice.user_id, true)?);
        let role = |tx: &Tx<'_>| -> Result<_, Error> { Ok(accounts::get(tx, &alice.user_id)?.unwrap().role()) };
        for given in [Role::Owner, Role::Administrator(Grants::NONE), Role::Administrator(Grants::ALL)] {
            assert!(accounts::set_role(tx, &alice.user_id, Some(given))?);
            assert_eq!(role(tx)?, Some(given));
        }
        assert!(accounts::set_locked(tx, &alice.user_id, true)?);
        assert!(accounts::set_suspended(tx, &alice.user_id, true)?);
        assert!(!accounts::set_locked(tx, user_id!("@nobody:ex.org"), true)?);
        let found = accounts::get(tx, &alice.user_id)?.unwrap();
        assert!(found.admin && found.locked && found.suspended && found.deactivated_ms.is_none());
        assert_eq!(accounts::password_hash(tx, &alice.user_id)?.as_deref(), Some("$phc"));
        assert!(accounts::set_password_hash(tx, &alice.user_id, "$other")?);
        assert!(accounts::deactivate(tx, &alice.user_id, true, 9)?);
        assert!(!accounts::deactivate(tx, &alice.user_id, true, 10)?);
        let found = accounts::get(tx, &alice.user_id)?.unwrap();
        assert_eq!(
            (found.deactivated_ms, found.erased, found.admin, found.has_password),
            (Some(9), true, false, false)
        );
        assert!(!accounts::set_password_hash(tx, &alice.user_id, "$again")?, "nobody comes back");
        assert!(!accounts::create(tx, &alice)?, "not even under the same name");
        assert_eq!((accounts::count(tx)?, accounts::all(tx)?.len()), (1, 1));
        Ok(())
    })
    .unwrap();
}

#[test]
fn session_replaces_the_one_of_the_same_device_and_keeps_its_name() {
    let (_dir, sql) = fresh();
    sql.write_blocking(|tx| -> Result<(), Error> {
        accounts::create(tx, &alice())?;
        let (user, phone) = (user_id!("@alice:ex.org"), device_id!("PHONE"));
        let first = sessions::create(tx, &new_session("PHONE", 1))?;
        assert_eq!(sessions::get(tx, user, phone)?.as_ref(), Some(&first));
        let second = sessions::create(tx, &new_session("PHONE", 2))?;
        assert!(second.session_id > first.session_id);
        assert_eq!(second.display_name.as_deref(), Some("phone 1"));
        assert!(sessions::rename(tx, user, phone, Some("pocket"))?);
        assert!(!sessions::rename(tx, user, device_id!("NONE"), Some("pocket"))?);
        sessions::create(tx, &new_session("LAPTOP", 1))?;
        let seen = LastSeen { at_ms: 90, ip: None, agent: Some("nio".to_owned()) };
        sessions::set_last_seen(tx, second.session_id, &seen)?;
        let devices: Vec<_> = sessions::of_user(tx, user)?.into_iter().map(|it| it.device_id).collect();
        assert_eq!(devices, ["LAPTOP", "PHONE"], "the one unseen for longest first");
        assert!(sessions::delete(tx, second.session_id)?);
        assert!(!sessions::delete(tx, second.session_id)?);
        assert_eq!(sessions::all(tx)?.len(), 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn previous_tokens_are_kept_until_forgotten() {
    let (_dir, sql) = fresh();
    sql.write_blocking(|tx| -> Result<(), Error> {
        accounts::create(tx, &alice())?;
        let session = sessions::create(tx, &new_session("PHONE", 1))?.session_id;
        assert!(sessions::replace_tokens(tx, session, &pair(2), &pair(1))?);
        for refresh in [101, 102] {
            let found = sessions::by_refresh_token(tx, &[refresh; 32])?.unwrap();
            assert_eq!((found.current, found.previous), (pair(2), Some(pair(1))));
        }
        assert!(!sessions::forget_previous_tokens(tx, session, &[1; 32])?, "only the current token confirms");
        assert!(sessions::forget_previous_tokens(tx, session, &[2; 32])?);
        assert!(sessions::by_refresh_token(tx, &[101; 32])?.is_none());
        assert_eq!(sessions::by_refresh_token(tx, &[102; 32])?.unwrap().previous, None);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_session_needs_an_account() {
    let (_dir, sql) = fresh();
    let orphan = sql.write_blocking(|tx| sessions::create(tx, &new_session("PHONE", 1)));
    assert!(matches!(orphan, Err(Error::Engine(_))));
}

#[test]
fn registration_token_makes_as_many_accounts_as_allowed() {
    let (_dir, sql) = fresh();
    sql.write_blocking(|tx| -> Result<(), Error> {
        let token = RegistrationToken {
            token: "welcome".to_owned(),
            uses_allowed: Some(1),
            pending: 0,
            completed: 0,
            expires_ms: Some(100),
            created_ms: 1,
        };
        assert!(registration_tokens::create(tx, &token)?);
        assert!(!registration_tokens::create(tx, &token)?);
        assert!(token.is_usable(99) && !token.is_usable(100));
        assert!(!registration_tokens::complete(tx, "welcome", 100)?, "expired");
        assert!(registration_tokens::complete(tx, "welcome", 99)?);
        assert!(!registration_tokens::complete(tx, "welcome", 99)?, "used up");
        assert!(!registration_tokens::get(tx, "welcome")?.unwrap().is_usable(99));
        assert!(registration_tokens::update(tx, "welcome", None, None)?);
        assert!(registration_tokens::complete(tx, "welcome", 1_000)?);
        assert_eq!(registration_tokens::all(tx)?[0].completed, 2);
        assert!(registration_tokens::delete(tx, "welcome")?);
        assert!(!registration_tokens::complete(tx, "welcome", 1)?);
        Ok(())
    })
    .unwrap();
}

#[test]
fn short_tokens_are_bound_to_their_purpose_and_bounded() {
    let (_dir, sql) = fresh();
    sql.write_blocking(|tx| -> Result<(), Error> {
        accounts::create(tx, &alice())?;
        let token = |at| ShortToken { user_id: alice().user_id, issued_ms: at, expires_ms: at + 10 };
        for number in 1..=4_u8 {
            short_tokens::create(tx, Purpose::Login, &[number; 32], &token(u64::from(number)), 3)?;
        }
        assert!(short_tokens::get(tx, Purpose::Login, &[1; 32])?.is_none(), "the oldest made room");
        assert!(short_tokens::get(tx, Purpose::OpenId, &[2; 32])?.is_none());
        assert_eq!(short_tokens::take(tx, Purpose::Login, &[2; 32])?, Some(token(2)));
        assert_eq!(short_tokens::take(tx, Purpose::Login, &[2; 32])?, None, "once");
        assert_eq!(short_tokens::delete_expired(tx, 13)?, 1);
        short_tokens::delete_of_user(tx, &alice().user_id)?;
        assert!(short_tokens::get(tx, Purpose::Login, &[4; 32])?.is_none());
        Ok(())
    })
    .unwrap();
}

#[test]
fn settings_are_json_and_go_back_to_their_default() {
    let (_dir, sql) = fresh();
    sql.write_blocking(|tx| -> Result<(), Error> {
        assert_eq!(settings::get::<Vec<u32>>(tx, "ports")?, None);
        settings::set(tx, "ports", &[1, 2])?;
        settings::set(tx, "ports", &[3])?;
        assert_eq!(settings::get::<Vec<u32>>(tx, "ports")?, Some(vec![3]));
        assert!(matches!(settings::get::<String>(tx, "ports"), Err(Error::Corrupt(_))));
        assert_eq!(settings::all(tx)?, [("ports".to_owned(), "[3]".to_owned())]);
        assert!(settings::unset(tx, "ports")?);
        assert!(!settings::unset(tx, "ports")?);
        Ok(())
    })
    .unwrap();
}

#[test]
fn reports_come_newest_first() {
    let (_dir, sql) = fresh();
    sql.write_blocking(|tx| -> Result<(), Error> {
        accounts::create(tx, &alice())?;
        let subjects = [
            Subject::Event {
                room_id: ruma::owned_room_id!("!room:ex.org"),
                event_id: ruma::owned_event_id!("$event"),
                score: Some(-100),
            },
            Subject::Room(ruma::owned_room_id!("!room:ex.org")),
            Subject::User(ruma::owned_user_id!("@bob:ex.org")),
        ];
        let mut made = Vec::new();
        for (at_ms, subject) in (1..).zip(subjects) {
            let report = Report { at_ms, reporter: alice().user_id, subject, reason: Some("rude".to_owned()) };
            made.insert(0, (reports::create(tx, &report)?, report));
        }
        assert_eq!(reports::page(tx, None, 10)?, made);
        assert_eq!(reports::page(tx, Some(made[0].0), 1)?, made[1..2]);
        assert_eq!(reports::count_since(tx, &alice().user_id, 2)?, 2);
        assert!(reports::delete(tx, made[0].0)?);
        assert!(!reports::delete(tx, made[0].0)?);
        Ok(())
    })
    .unwrap();
}

#[test]
fn outbox_keeps_work_in_order_until_it_is_done() {
    let (_dir, sql) = fresh();
    sql.write_blocking(|tx| -> Result<(), Error> {
        let user_id = alice().user_id;
        let work = [
            Work::DeviceRemoved { user_id: user_id.clone(), device_id: device_id!("PHONE").to_owned() },
            Work::AccountDeactivated { user_id, erase: true },
        ];
        for work in &work {
            outbox::push(tx, work)?;
        }
        let rows = outbox::page(tx, 10)?;
        assert_eq!(rows.iter().map(|row| row.1.clone()).collect::<Vec<_>>(), work);
        let of_device = |device| outbox::of_device(tx, &alice().user_id, device);
        assert_eq!(of_device(device_id!("PHONE"))?, [rows[0].0]);
        assert!(of_device(device_id!("OTHER"))?.is_empty());
        outbox::done(tx, rows[0].0)?;
        assert!(of_device(device_id!("PHONE"))?.is_empty());
        assert_eq!(outbox::page(tx, 10)?, rows[1..]);
        Ok(())
    })
    .unwrap();
}

fn journal_of_three() -> (TempDir, Arc<Sql>) {
    let (dir, sql) = fresh();
    for number in 1..=3 {
        sql.write_blocking(move |tx| journal::append(tx, &act(number))).unwrap();
    }
    assert_eq!(sql.read_blocking(journal::verify).unwrap(), None);
    (dir, sql)
}

#[test]
fn journal_refuses_change_by_statement() {
    let (_dir, sql) = journal_of_three();
    for statement in ["UPDATE journal SET actor = 'me'", "DELETE FROM journal"] {
        assert!(sql.write_blocking(move |tx| tx.execute(statement, [])).is_err(), "{statement}");
    }
    let rows = sql.read_blocking(|view| journal::page(view, 1, 1)).unwrap();
    assert_eq!((rows.len(), rows[0].row_id, &rows[0].act), (1, 2, &act(2)));
    assert_eq!(
        sql.read_blocking(|view| journal::page(view, 2, 9)).unwrap()[0].hash,
        sql.read_blocking(journal::head).unwrap()
    );
}

#[test]
fn journal_shows_changes_made_behind_its_back() {
    let cases = [
        ("UPDATE journal SET target = '@other:ex.org' WHERE row_id = 2", Some(Break::Row(2))),
        ("UPDATE journal SET at_ms = 5 WHERE row_id = 1", Some(Break::Row(1))),
        ("UPDATE journal SET detail = '{}' WHERE row_id = 3", Some(Break::Row(3))),
        ("DELETE FROM journal WHERE row_id = 2", Some(Break::Row(3))),
        ("DELETE FROM journal WHERE row_id = 1", Some(Break::Row(2))),
        ("DELETE FROM journal WHERE row_id = 3", Some(Break::End(2))),
        ("DELETE FROM journal", Some(Break::End(0))),
        ("UPDATE settings SET value = '1'", None),
    ];
    for (tampering, found) in cases {
        let (dir, sql) = journal_of_three();
        let other = behind_the_back(&dir);
        other.execute_batch("DROP TRIGGER journal_rows_do_not_change; DROP TRIGGER journal_rows_do_not_go").unwrap();
        other.execute_batch(tampering).unwrap();
        assert_eq!(sql.read_blocking(journal::verify).unwrap(), found, "{tampering}");
    }
}

#[tokio::test]
async fn full_check_finds_nothing_in_a_sound_file() {
    let (_dir, sql) = journal_of_three();
    assert_eq!(sql.problems().await.unwrap(), Vec::<String>::new());
}
