//! Rules that hold for single files: sizes, headers, and words that must not land.

use crate::house::{TextFile, assert_kept, text_files};

const LINES_MAX: usize = 600;
const SOURCES: [&str; 7] = ["rs", "js", "mjs", "ts", "tsx", "py", "sh"];
const FILE_BYTES_MAX: usize = 512 * 1_024;

/// Words that must not land, each with what to do instead. They are put together from two halves,
/// because this file is checked like any other.
const FORBIDDEN: [(&str, &str); 9] = [
    (concat!("todo", "!("), "finish it"),
    (concat!("unimplemented", "!("), "finish it"),
    (concat!("dbg", "!("), "use tracing, or nothing"),
    (concat!("FIX", "ME"), "mend it, or file an issue and name it"),
    (concat!("XX", "X:"), "mend it, or file an issue and name it"),
    (concat!("HA", "CK:"), "say why it is so"),
    (concat!("#[", "ignore"), "a test runs or does not exist; put slow ones behind a flag of their own"),
    (concat!("should_", "panic"), "check the error, not the panic"),
    (concat!("#[", "allow("), "use #[expect] with a reason, which complains when it is stale"),
];

/// Paths of somebody's machine.
const MACHINE_PATHS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// British spellings and words that would collide (see STYLE: one word for one thing).
const WORDS: [(&str, &str); 11] = [
    (concat!("behavi", "our"), "behavior"),
    (concat!("authori", "sation"), "authorization"),
    (concat!("authori", "se"), "authorize"),
    (concat!("seriali", "se"), "serialize"),
    (concat!("initiali", "se"), "initialize"),
    (concat!("normali", "se"), "normalize"),
    (concat!("canonicali", "se"), "canonicalize"),
    (concat!("recogni", "se"), "recognize"),
    (concat!("neigh", "bour"), "neighbor"),
    (concat!("col", "our"), "color"),
    (concat!("white", "list"), "allow list"),
];

/// A word that the Matrix protocol spells the British way.
const PROTOCOL_SPELLING: &str = concat!("join_authori", "sed_via");

/// Calls `check` with each line of the chosen files and gathers what it complains about.
fn complaints(choose: impl Fn(&TextFile) -> bool, check: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    for file in text_files().iter().filter(|file| choose(file)) {
        for (number, line) in file.text.lines().enumerate() {
            if let Some(complaint) = check(line) {
                found.push(format!("{}:{}: {complaint}", file.path, number + 1));
            }
        }
    }
    found
}

fn is_source(file: &TextFile) -> bool {
    file.is(&SOURCES) || file.path.ends_with("/run")
}

/// Written by a program from what the server says of itself, or the words of one language: tables, however long.
fn is_table(file: &TextFile) -> bool {
    let is_generated = file.path.ends_with("/api/schema.ts") && file.text.starts_with("// Written by ");
    is_generated || ["/i18n/en.ts", "/i18n/ru.ts"].iter().any(|end| file.path.ends_with(end))
}

#[test]
fn source_files_are_short() {
    let is_long = |file: &TextFile| is_source(file) && !is_table(file) && file.text.lines().count() >= LINES_MAX;
    let long = |file: &TextFile| is_long(file).then(|| file.path.clone());
    let broken: Vec<String> = text_files().iter().filter_map(long).collect();
    assert_kept("A source file has fewer than 600 lines; split it by what it owns", &broken);
}

#[test]
fn repository_holds_no_large_files() {
    let large = |file: &TextFile| (file.text.len() > FILE_BYTES_MAX).then(|| file.path.clone());
    let broken: Vec<String> = text_files().iter().filter_map(large).collect();
    assert_kept("A file of the repository has at most 512 KiB", &broken);
}

#[test]
fn rust_files_begin_with_what_they_own() {
    // A module's tests speak for themselves; suites and crates of tests do not.
    let is_tests = |path: &str| path.contains("/src/") && (path.ends_with("/tests.rs") || path.contains("/tests/"));
    let bare = |file: &TextFile| {
        (file.is(&["rs"]) && !file.text.starts_with("//! ") && !is_tests(&file.path)).then(|| file.path.clone())
    };
    let broken: Vec<String> = text_files().iter().filter_map(bare).collect();
    assert_kept("A Rust file begins with `//!` and what it owns", &broken);
}

#[test]
fn unfinished_work_does_not_land() {
    let broken = complaints(is_source, |line| {
        let (word, advice) = FORBIDDEN.iter().find(|(word, _)| line.contains(word))?;
        Some(format!("`{word}`: {advice}"))
    });
    assert_kept("These must not land", &broken);
}

#[test]
fn every_todo_names_its_issue() {
    let broken = complaints(is_source, |line| {
        let rest = line.split_once(concat!("TO", "DO"))?.1;
        let number = rest.strip_prefix("(#").and_then(|rest| rest.split_once(')')).map_or("", |(number, _)| number);
        let named = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (!named).then(|| line.trim().to_owned())
    });
    assert_kept("It carries the number of an issue in the form (#12), or it does not land", &broken);
}

#[test]
fn no_path_of_a_machine_is_written_down() {
    let broken = complaints(
        |file| !file.path.ends_with("package-lock.json"),
        |line| MACHINE_PATHS.iter().find(|path| line.contains(*path)).map(|path| format!("`{path}`")),
    );
    assert_kept("Paths of one machine do not belong into the repository", &broken);
}

#[test]
fn words_are_spelled_the_american_way_and_mean_one_thing() {
    let broken = complaints(
        |file| file.is(&["rs", "md", "toml"]),
        |line| {
            // The protocol's own spelling, which is not ours to mend.
            let line = line.to_lowercase().replace(PROTOCOL_SPELLING, "");
            let (word, instead) = WORDS.iter().find(|(word, _)| line.contains(word))?;
            Some(format!("`{word}`: write {instead}"))
        },
    );
    assert_kept("One spelling, one word for one thing", &broken);
}
