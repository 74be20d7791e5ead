//! Whether the machine's clock can be right. There is nobody to ask in a closed network, so it is compared with what
//! this machine has written itself, and with the clock of the administrator's browser.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::dates::moment;
use super::finding::Finding;

/// This program was written after this moment.
const RELEASED_MS: u64 = 1_767_225_600_000;
/// Differences below this are those of a network and of people.
const TOLERANCE_MS: u64 = 60_000;

/// The finding about a clock that shows `now_ms`.
pub(super) fn clock(now_ms: u64, newest_file_ms: Option<u64>, browser_ms: Option<u64>) -> Finding {
    let now = moment(now_ms);
    let finding = if now_ms < RELEASED_MS {
        Finding::failed(
            "before_release",
            format!(
                "The machine's clock shows {now}, a time before this program was made: certificates and codes \
                 do not work."
            ),
            format!(
                "Часы машины показывают {now} — время до выпуска этой программы: сертификаты и коды не \
                 работают."
            ),
        )
    } else if let Some(newest_ms) = newest_file_ms.filter(|newest_ms| *newest_ms > now_ms + TOLERANCE_MS) {
        let newest = moment(newest_ms);
        Finding::warning(
            "went_back",
            format!(
                "The machine's clock shows {now}, but the server has written a file at {newest}: it was set \
                 back."
            ),
            format!("Часы машины показывают {now}, но сервер записал файл в {newest}: их перевели назад."),
        )
    } else if let Some(browser_ms) = browser_ms.filter(|browser_ms| browser_ms.abs_diff(now_ms) > TOLERANCE_MS) {
        let (shown, apart) = (moment(browser_ms), browser_ms.abs_diff(now_ms) / 1_000);
        Finding::warning(
            "differs_from_browser",
            format!("The machine's clock shows {now}, your device {shown}: {apart} seconds apart."),
            format!("Часы машины показывают {now}, ваше устройство — {shown}: разница {apart} с."),
        )
    } else {
        return Finding::ok(
            "plausible",
            format!("The machine's clock shows {now}, and nothing contradicts it."),
            format!("Часы машины показывают {now}, и ничто этому не противоречит."),
        );
    };
    finding.mend(
        "Let this machine take its time from a time server (systemd-timesyncd or chrony), or from its hypervisor.",
        "Настройте синхронизацию времени (systemd-timesyncd или chrony) или получение времени от гипервизора.",
    )
}

/// When the newest file of the data folder and of the folder of conversations was written.
pub(super) fn newest_file_ms(dir: &Path) -> Option<u64> {
    let folders = [dir.to_owned(), dir.join("db")];
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let written = entries.filter_map(|entry| entry.metadata().ok()?.modified().ok());
    let newest = written.max()?.duration_since(UNIX_EPOCH).ok()?;
    u64::try_from(newest.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use veche_api::admin::v1::reachability::State;

    use super::super::finding::Subject;
    use super::{RELEASED_MS, clock, newest_file_ms};

    #[test]
    fn a_clock_is_wrong_if_something_contradicts_it() {
        let now = RELEASED_MS + 86_400_000;
        for (now_ms, file, browser, state, code) in [
            (now, None, None, State::Ok, "plausible"),
            (now, Some(now + 59_000), Some(now - 59_000), State::Ok, "plausible"),
            (now, Some(now + 61_000), None, State::Warning, "went_back"),
            (now, Some(now - 86_400_000), Some(now + 61_000), State::Warning, "differs_from_browser"),
            (now, None, Some(0), State::Warning, "differs_from_browser"),
            (now, None, Some(u64::MAX), State::Warning, "differs_from_browser"),
            (0, None, None, State::Failed, "before_release"),
        ] {
            let line = clock(now_ms, file, browser).about(Subject::Clock);
            assert_eq!((line.state, line.code.as_str()), (state, code), "{line:?}");
            assert_eq!(line.mend.is_some(), state > State::Ok);
        }
    }

    #[test]
    fn the_newest_file_is_found_in_both_folders() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(newest_file_ms(dir.path()), None);
        std::fs::create_dir(dir.path().join("db")).unwrap();
        std::fs::write(dir.path().join("db/LOG"), "x").unwrap();
        assert!(newest_file_ms(dir.path()).unwrap() > RELEASED_MS);
        assert_eq!(newest_file_ms(&dir.path().join("nowhere")), None);
    }
}
