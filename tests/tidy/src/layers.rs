//! The layer table of ARCHITECTURE.md against what cargo says the crates really import.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::house::{assert_kept, read, root};

/// The crates of the product: tests and benches may import everything, because nothing is built on them.
fn product() -> Vec<Package> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    let tests = root().join("tests");
    metadata.packages.into_iter().filter(|package| !package.manifest_path.starts_with(&tests)).collect()
}

/// The rows of the first table after `heading`, cell by cell, without the head of the table.
fn table(heading: &str) -> Vec<Vec<String>> {
    let text = read("ARCHITECTURE.md");
    let (_, after) = text.split_once(heading).unwrap_or_else(|| panic!("ARCHITECTURE.md has no part {heading}"));
    let rows = after.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The names between backticks.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What the product itself imports; a crate's own tests may use more.
fn imports(package: &Package) -> impl Iterator<Item = &str> {
    let shipped = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    shipped.map(|dependency| dependency.name.as_str())
}

#[test]
fn crates_import_only_what_their_layer_may() {
    let rows = table("## Layers");
    let mut layer_of: BTreeMap<String, u8> = BTreeMap::new();
    let mut allowed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &rows {
        for name in names(&row[1]) {
            layer_of.insert(name.clone(), row[0].parse().unwrap());
            allowed.insert(name, names(&row[2]));
        }
    }
    let mut broken = Vec::new();
    for (name, imports) in &allowed {
        for import in imports {
            if layer_of.get(import).is_none_or(|layer| *layer > layer_of[name]) {
                broken.push(format!("the table lets {name} import {import}, which is not below it"));
            }
        }
    }
    for package in &product() {
        let name = package.name.as_str();
        let Some(allowed) = allowed.remove(name) else {
            broken.push(format!("{name} is not in the table"));
            continue;
        };
        for import in imports(package).filter(|import| import.starts_with("veche-")) {
            if !allowed.contains(import) {
                broken.push(format!("{name} imports {import}"));
            }
        }
    }
    broken.extend(allowed.keys().map(|name| format!("{name} is in the table and does not exist")));
    assert_kept("Layers of ARCHITECTURE.md", &broken);
}

#[test]
fn libraries_stay_in_the_crates_that_own_them() {
    let mut broken = Vec::new();
    let packages = product();
    for row in table("## Who may use which library") {
        let owners = names(&row[1]);
        for library in names(&row[0]) {
            for package in &packages {
                if imports(package).any(|import| import == library) && !owners.contains(package.name.as_str()) {
                    broken.push(format!("{} uses {library}", package.name));
                }
            }
        }
    }
    assert_kept("Libraries of ARCHITECTURE.md", &broken);
}
