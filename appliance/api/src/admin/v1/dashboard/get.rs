//! `GET /api/admin/v1/dashboard`. Who may call it: administrators.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use veche_directory::Day;
use veche_homeserver::overview::DiskLevel;

use super::forecast::days_until_full;
use crate::admin::v1::certificate::CertificateStatus;
use crate::app::App;
use crate::error::ApiError;
use crate::typed::{Asked, Json};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Days of which messages and people are told.
const DAYS_SHOWN: u64 = 30;

/// How the site is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Dashboard")]
pub(super) struct Dashboard {
    now_ms: u64,
    people: People,
    /// The last thirty days with today, as far as the server ran on them; UTC.
    days: Vec<DayShown>,
    rooms: u32,
    /// Calls of many that go on now; none if this server has no such calls.
    calls: Option<CallsNow>,
    disk: Option<Disk>,
    certificate: Option<CertificateStatus>,
    /// What wants attention, the worst first; empty: all is well.
    health: Vec<Concern>,
}

/// Accounts and who is there.
#[derive(Debug, Serialize, JsonSchema)]
struct People {
    /// Accounts that are not deactivated.
    accounts: u32,
    locked: u32,
    suspended: u32,
    /// Online or away just now; none if presence is off.
    online: Option<u32>,
    /// Who was there within the last 24 hours.
    last_day: u32,
}

/// Calls that go on now.
#[derive(Debug, Serialize, JsonSchema)]
struct CallsNow {
    calls: u32,
    /// Who is in them, all together.
    people: u32,
}

/// A day.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Day")]
struct DayShown {
    /// Its beginning, in milliseconds since 1970.
    at_ms: u64,
    /// Messages that people of this server sent.
    messages: u64,
    /// Accounts that were there.
    people: u64,
}

/// The volume that the data is on.
#[derive(Debug, Serialize, JsonSchema)]
struct Disk {
    free_bytes: u64,
    total_bytes: u64,
    level: DiskWord,
    /// Days until it is full if it fills as in the last month; none if it does not, or if too little is known.
    full_in_days: Option<u32>,
}

/// How full a disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DiskLevel")]
enum DiskWord {
    Plenty,
    Low,
    /// Uploads are refused.
    NoUploads,
    /// Everything that writes is refused.
    ReadOnly,
}

/// Something that wants attention.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Concern {
    /// A stable word: `disk_low`, `disk_no_uploads`, `disk_read_only`, `disk_full_soon`, `certificate_ends`,
    /// `certificate_invalid`, `certificate_failing`, `certificate_missing_names`, `data_damaged`.
    id: &'static str,
    /// Whether it works no longer, or will soon work no longer.
    failed: bool,
}

/// How the site is.
pub(super) async fn get(State(app): State<App>, asked: Asked) -> Result<Json<Dashboard>, ApiError> {
    let now_ms = app.gate.clock.wall_ms();
    let today = now_ms / DAY_MS;
    let mut days = app.directory.days_since(&asked.authority()?, today.saturating_sub(DAYS_SHOWN - 1)).await?;
    let people = people(&app, now_ms);
    add_today(&mut days, today, app.homeserver.parts.timeline.sent(), u64::from(people.last_day));
    let disk = disk(&app, &days);
    let certificate = app.plugs.certificate.as_ref().map(|desk| desk.status());
    let about = match &app.plugs.machine {
        Some(machine) => Some(machine.about().await?),
        None => None,
    };
    let damaged = about.is_some_and(|about| about.verification.is_some_and(|it| it.problems > 0));
    Ok(Json(Dashboard {
        now_ms,
        rooms: u32::try_from(app.homeserver.overview.count()?).unwrap_or(u32::MAX),
        health: concerns(disk.as_ref(), certificate.as_ref(), damaged),
        people,
        calls: calls_now(&app).await?,
        days: days.iter().map(shown).collect(),
        disk,
        certificate,
    }))
}

async fn calls_now(app: &App) -> Result<Option<CallsNow>, ApiError> {
    let Some(live) = &app.plugs.live_calls else { return Ok(None) };
    let calls = live.list().await?;
    let people: usize = calls.iter().map(|call| call.participants.len()).sum();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Some(CallsNow { calls: number(calls.len()), people: number(people) }))
}

fn people(app: &App, now_ms: u64) -> People {
    let accounts = app.directory.accounts();
    let count = |test: &dyn Fn(&veche_directory::Account) -> bool| {
        let living = accounts.iter().filter(|account| account.deactivated_ms.is_none());
        u32::try_from(living.filter(|account| test(account)).count()).unwrap_or(u32::MAX)
    };
    let presence = &app.homeserver.parts.presence;
    People {
        accounts: count(&|_| true),
        locked: count(&|account| account.locked),
        suspended: count(&|account| account.suspended),
        online: presence.online().map(|online| u32::try_from(online).unwrap_or(u32::MAX)),
        last_day: u32::try_from(app.directory.seen_since(now_ms.saturating_sub(DAY_MS))).unwrap_or(u32::MAX),
    }
}

/// What has not been written down yet belongs to today.
fn add_today(days: &mut Vec<Day>, today: u64, messages: u64, people: u64) {
    match days.last_mut().filter(|day| day.day == today) {
        Some(day) => day.messages += messages,
        None => days.push(Day { day: today, messages, people, ..Day::default() }),
    }
}

fn shown(day: &Day) -> DayShown {
    DayShown { at_ms: day.day * DAY_MS, messages: day.messages, people: day.people }
}

fn disk(app: &App, days: &[Day]) -> Option<Disk> {
    let (volume, level) = app.homeserver.overview.disk()?;
    let known: Vec<Day> = days.iter().copied().filter(|day| day.disk_total_bytes == volume.total_bytes).collect();
    Some(Disk {
        free_bytes: volume.free_bytes,
        total_bytes: volume.total_bytes,
        level: match level {
            DiskLevel::Plenty => DiskWord::Plenty,
            DiskLevel::Low => DiskWord::Low,
            DiskLevel::NoUploads => DiskWord::NoUploads,
            DiskLevel::ReadOnly => DiskWord::ReadOnly,
        },
        full_in_days: days_until_full(&known, volume.free_bytes),
    })
}

/// A disk that is full within so many days wants attention now.
const SOON_DAYS: u32 = 30;

fn concerns(disk: Option<&Disk>, certificate: Option<&CertificateStatus>, damaged: bool) -> Vec<Concern> {
    let mut found = Vec::new();
    let mut add = |id, failed| found.push(Concern { id, failed });
    if damaged {
        add("data_damaged", true);
    }
    if let Some(disk) = disk {
        match disk.level {
            DiskWord::ReadOnly => add("disk_read_only", true),
            DiskWord::NoUploads => add("disk_no_uploads", true),
            DiskWord::Low => add("disk_low", false),
            DiskWord::Plenty => {}
        }
        if disk.full_in_days.is_some_and(|days| days <= SOON_DAYS) {
            add("disk_full_soon", false);
        }
    }
    if let Some(certificate) = certificate {
        match certificate.alarm_level {
            0 => {}
            5 => add("certificate_invalid", true),
            _ => add("certificate_ends", false),
        }
        if certificate.failures > 0 {
            add("certificate_failing", false);
        }
        if !certificate.missing_names.is_empty() {
            add("certificate_missing_names", false);
        }
    }
    found.sort_by_key(|concern| !concern.failed);
    found
}

#[cfg(test)]
mod tests {
    use super::{Concern, Disk, DiskWord, add_today, concerns};
    use veche_directory::Day;

    #[test]
    fn the_worst_comes_first_and_nothing_is_said_where_all_is_well() {
        let disk = |level, full_in_days| Disk { free_bytes: 1, total_bytes: 2, level, full_in_days };
        assert_eq!(concerns(Some(&disk(DiskWord::Plenty, Some(31))), None, false), []);
        let ids = |concerns: &[Concern]| concerns.iter().map(|concern| concern.id).collect::<Vec<_>>();
        let low = concerns(Some(&disk(DiskWord::Low, Some(30))), None, true);
        assert_eq!(ids(&low), ["data_damaged", "disk_low", "disk_full_soon"]);
        let full = concerns(Some(&disk(DiskWord::ReadOnly, None)), None, false);
        assert!(ids(&full) == ["disk_read_only"] && full[0].failed);
    }

    #[test]
    fn what_is_not_written_down_yet_counts_today() {
        let mut days = vec![Day { day: 4, messages: 2, ..Day::default() }];
        add_today(&mut days, 5, 3, 1);
        add_today(&mut days, 5, 4, 1);
        let told: Vec<_> = days.iter().map(|day| (day.day, day.messages)).collect();
        assert_eq!(told, [(4, 2), (5, 7)]);
    }
}
