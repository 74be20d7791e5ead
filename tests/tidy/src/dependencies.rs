//! Rules for what we build on: where it comes from, and that somebody wrote down why.

use crate::house::{assert_kept, read, text_files};

#[test]
fn every_dependency_comes_from_crates_io() {
    let lock = read("Cargo.lock");
    let foreign = |line: &&str| {
        line.starts_with("source = ") && *line != r#"source = "registry+https://github.com/rust-lang/crates.io-index""#
    };
    let broken: Vec<String> = lock.lines().filter(foreign).map(str::to_owned).collect();
    assert_kept("Dependencies come from crates.io, not from git", &broken);
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = read("Cargo.toml");
    let (_, after) = manifest.split_once("[workspace.dependencies]\n").unwrap();
    let section = after.split("\n[").next().unwrap();
    let mut explained = false;
    let mut broken = Vec::new();
    for line in section.lines() {
        // A comment explains the block of lines below it, up to the next empty line.
        explained = (explained || line.starts_with('#')) && !line.is_empty();
        let starts_entry = line.starts_with(|first: char| first.is_ascii_lowercase());
        if starts_entry && !explained {
            broken.push(line.to_owned());
        }
    }
    assert_kept("A dependency in the root Cargo.toml stands below a comment with its reason", &broken);
}

#[test]
fn versions_are_chosen_in_one_place() {
    let mut broken = Vec::new();
    for file in text_files().iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        // Crates outside of the workspace (fuzz targets, the client SDK's tests) have their own lock files.
        if file.text.contains("[workspace]") {
            continue;
        }
        let mut in_dependencies = false;
        for (number, line) in file.text.lines().enumerate() {
            if line.starts_with('[') {
                in_dependencies = line.contains("dependencies");
            } else if in_dependencies && line.contains('=') && !line.contains("workspace = true") {
                broken.push(format!("{}:{}: {line}", file.path, number + 1));
            }
        }
    }
    assert_kept("Crates take their dependencies from the workspace", &broken);
}

#[test]
fn every_crate_obeys_the_common_lints() {
    let is_ours = |path: &str| path.ends_with("/Cargo.toml");
    let broken: Vec<String> = text_files()
        .iter()
        .filter(|file| is_ours(&file.path) && !file.text.contains("[workspace]"))
        .filter(|file| !file.text.contains("[lints]\nworkspace = true"))
        .map(|file| file.path.clone())
        .collect();
    assert_kept("A crate takes its lints from the workspace", &broken);
}

/// What a package of the web workspace builds on, by the parts of its manifest that name packages.
fn npm_packages(manifest: &str) -> Vec<String> {
    let mut in_dependencies = false;
    let mut packages = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.ends_with('{') {
            in_dependencies = line.to_lowercase().contains("dependencies\"");
        } else if line.starts_with('}') {
            in_dependencies = false;
        } else if in_dependencies && let Some(name) = line.split('"').nth(1) {
            packages.push(format!("{name} {}", line.split('"').nth(3).unwrap_or_default()));
        }
    }
    packages
}

#[test]
fn every_npm_package_has_its_reason_and_its_exact_version() {
    let reasons = read("appliance/web/README.md");
    let (_, table) = reasons.split_once("## What we build on").expect("the pages say what they build on");
    let manifests = text_files();
    let manifests: Vec<_> = manifests.iter().filter(|file| is_web_manifest(&file.path)).collect();
    assert!(manifests.len() > 1, "the manifests of the pages are found");
    let mut broken = Vec::new();
    for file in manifests {
        for package in npm_packages(&file.text) {
            let (name, version) = package.split_once(' ').unwrap_or_default();
            if !name.starts_with("@veche/") && !table.contains(&format!("`{name}`")) {
                broken.push(format!("{}: nobody says what {name} is for", file.path));
            }
            if !version.starts_with(|first: char| first.is_ascii_digit()) {
                broken.push(format!("{}: {name} may be any of {version}", file.path));
            }
        }
    }
    assert_kept("An npm package stands in the table of appliance/web/README.md, with an exact version", &broken);
}

fn is_web_manifest(path: &str) -> bool {
    path.starts_with("appliance/web/") && path.ends_with("/package.json")
}
