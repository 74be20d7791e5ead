//! Limits against the code that enforces them, and the store's families against what bounds them.

use crate::house::{TextFile, assert_kept, read, text_files};

/// Where the limits stand.
const LIMITS: &str = "appliance/base/src/limits.rs";
/// The store's catalogue, which names limits and enforces none.
const FAMILIES: &str = "store/src/families.rs";
/// What a family may be bounded by, where no constant says how much.
const BOUNDS: [&str; 3] = ["Fixed", "Accounts", "Events"];

/// The names of the constants that a text defines.
fn constants(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let rest = line.trim_start().trim_start_matches("pub ").strip_prefix("const ")?;
        Some(rest.split_once(':')?.0.trim())
    })
}

/// Whether a file is part of the product and no test.
fn is_product(file: &TextFile) -> bool {
    let is_test = file.path.contains("/tests/") || file.path.ends_with("/tests.rs") || file.path.starts_with("tests/");
    file.is(&["rs"]) && !is_test
}

/// Whether a line of code says this name as a whole word.
fn says(line: &str, name: &str) -> bool {
    let is_code = !line.trim_start().starts_with("//");
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let whole =
        |(at, _): (usize, &str)| !line[..at].ends_with(is_part) && !line[at + name.len()..].starts_with(is_part);
    is_code && line.match_indices(name).any(whole)
}

#[test]
fn every_limit_is_enforced_somewhere() {
    let files = text_files();
    let limits = read(LIMITS);
    let public = limits.lines().filter(|line| line.starts_with("pub const "));
    let public = public.collect::<Vec<_>>().join("\n");
    let names: Vec<&str> = constants(&public).collect();
    assert!(names.len() > 50, "the limits are read from {LIMITS}");
    let used = |name: &str| {
        let mut product = files.iter().filter(|file| is_product(file) && file.path != LIMITS && file.path != FAMILIES);
        product.any(|file| file.text.lines().any(|line| says(line, name)))
    };
    let unused: Vec<String> = names.into_iter().filter(|name| !used(name)).map(str::to_owned).collect();
    assert_kept("A limit is enforced somewhere, or it is no limit", &unused);
}

#[test]
fn every_family_of_the_store_says_what_bounds_it() {
    let files = text_files();
    let catalogue = read(FAMILIES);
    let (_, list) = catalogue.split_once("\nfamilies! {").expect("the catalogue is a list of families");
    let (list, _) = list.split_once("\n}\n").expect("the list ends");
    let entries: Vec<&str> = list.split(';').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    assert!(entries.len() > 50, "the families are read from {FAMILIES}");
    let is_constant = |name: &str| {
        files.iter().any(|file| is_product(file) && constants(&file.text).any(|constant| constant == name))
    };
    let mut broken = Vec::new();
    for entry in entries {
        let declaration = entry.lines().last().unwrap_or_default().trim();
        // Name and key, then tuning, then the bound.
        let bound = declaration.splitn(3, ',').nth(2).map_or("", str::trim);
        let named = bound.strip_suffix(')').and_then(|rest| rest.split_once('('));
        let good = match named {
            None => BOUNDS.contains(&bound),
            Some(("Limit" | "Age", name)) => is_constant(name.trim_matches('"')),
            Some(("With", family)) => list.contains(&format!(" {}: ", family.trim_start_matches("Family::"))),
            Some(_) => false,
        };
        if !good {
            broken.push(declaration.to_owned());
        }
    }
    assert_kept("A family of the store says what keeps it from growing without end", &broken);
}
