//! The report as people read it in a terminal.

use std::fmt::Write;

use veche_api::admin::v1::reachability::{Line, Report, State, Words};

use super::dates::moment;

/// Columns of the text; terminals have at least that many.
const WIDTH: usize = 100;
/// Columns in front of the words: the state and the name.
const INDENT: usize = 9;

/// Which of the two languages is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    Russian,
}

impl Language {
    /// The language of the terminal, by the variables that programs agree on.
    pub(super) fn of(mut variable: impl FnMut(&str) -> Option<String>) -> Self {
        let mut set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(&mut variable);
        match set.find(|value| !value.is_empty()) {
            Some(value) if value.starts_with("ru") => Self::Russian,
            _ => Self::English,
        }
    }

    fn choose(self, words: &Words) -> &str {
        match self {
            Self::English => &words.en,
            Self::Russian => &words.ru,
        }
    }

    fn pick(self, en: &'static str, ru: &'static str) -> &'static str {
        if self == Self::English { en } else { ru }
    }

    const fn state(self, state: State) -> &'static str {
        match (self, state) {
            (Self::English, State::Ok) => "ok",
            (Self::English, State::Warning) => "warning",
            (Self::English, State::Failed) => "FAILED",
            (Self::English, State::Skipped) => "-",
            (Self::Russian, State::Ok) => "хорошо",
            (Self::Russian, State::Warning) => "внимание",
            (Self::Russian, State::Failed) => "ОШИБКА",
            (Self::Russian, State::Skipped) => "-",
        }
    }
}

/// The whole report as text.
pub(super) fn text(report: &Report, language: Language) -> String {
    let mut out = format!("{}, {}\n\n", report.server_name, moment(report.made_ms));
    for line in &report.lines {
        add(&mut out, line, language);
    }
    let count = |state: State| report.lines.iter().filter(|line| line.state == state).count();
    let (warnings, failures) = (count(State::Warning), count(State::Failed));
    let summary = match (warnings, failures) {
        (0, 0) => language.pick("All is well.", "Всё в порядке.").to_owned(),
        _ => format!(
            "{}: {failures}, {}: {warnings}.",
            language.pick("failed", "ошибок"),
            language.pick("warnings", "предупреждений")
        ),
    };
    out + "\n" + &summary + "\n"
}

fn add(out: &mut String, line: &Line, language: Language) {
    let words = format!("{}: {}", language.choose(&line.title), language.choose(&line.meaning));
    // Writing to a string cannot fail.
    let _ = write!(out, "{:<INDENT$}", language.state(line.state));
    wrap(out, &words, INDENT);
    if let Some(mend) = &line.mend {
        let _ = write!(out, "{:INDENT$}-> ", "");
        wrap(out, language.choose(mend), INDENT + 3);
    }
}

/// Writes words into lines of [`WIDTH`] columns, the first of which has begun at column `indent`.
fn wrap(out: &mut String, words: &str, indent: usize) {
    let mut column = indent;
    for word in words.split_whitespace() {
        let length = word.chars().count();
        if column > indent && column + 1 + length > WIDTH {
            let _ = write!(out, "\n{:indent$}", "");
            column = indent;
        }
        if column > indent {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use veche_api::admin::v1::reachability::{Report, State};

    use super::super::finding::{Finding, Subject};
    use super::{Language, WIDTH, text};

    fn report() -> Report {
        let long = "word ".repeat(60);
        let lines = vec![
            Finding::ok("a", "It leads here.", "Ведёт сюда.").about(Subject::Dns),
            Finding::failed("b", long.clone(), long.clone()).mend(long.clone(), long).about(Subject::Https),
        ];
        Report::new("chat.example.org".to_owned(), 1_795_356_189_000, lines)
    }

    #[test]
    fn text_fits_into_a_terminal_and_says_what_to_do() {
        let english = text(&report(), Language::English);
        assert!(
            english.starts_with("chat.example.org, 2026-11-22 14:03:09 UTC\n\nok       DNS name: It leads here.\n")
        );
        assert!(english.contains("\nFAILED   HTTPS: word word"), "{english}");
        assert!(english.contains("\n         -> word word"), "{english}");
        assert!(english.ends_with("\n\nfailed: 1, warnings: 0.\n"), "{english}");
        assert!(english.lines().all(|line| line.chars().count() <= WIDTH && !line.ends_with(' ')), "{english}");
        let russian = text(&report(), Language::Russian);
        assert!(russian.contains("хорошо   Имя в DNS: Ведёт сюда.\n"), "{russian}");
        let well = Report { lines: report().lines[..1].to_vec(), state: State::Ok, ..report() };
        assert!(text(&well, Language::Russian).ends_with("\n\nВсё в порядке.\n"));
    }

    #[test]
    fn the_terminal_says_which_language() {
        let of = |pairs: &[(&str, &str)]| {
            Language::of(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[]), Language::English);
        assert_eq!(of(&[("LANG", "ru_RU.UTF-8")]), Language::Russian);
        assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "ru_RU.UTF-8")]), Language::English);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_MESSAGES", "ru")]), Language::Russian);
    }
}
