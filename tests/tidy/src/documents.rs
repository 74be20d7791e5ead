//! Documents against the code they speak of.

use crate::house::{assert_kept, read, root};

/// Documents whose paths are checked.
const DOCUMENTS: [&str; 2] = ["README.md", "ARCHITECTURE.md"];
/// What a path of the repository begins with.
const TOPS: [&str; 4] = ["appliance/", "store/", "tests/", ".ci/"];

#[test]
fn paths_in_documents_exist() {
    let mut broken = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        let quoted = text.split('`').skip(1).step_by(2).filter_map(|quoted| quoted.split_whitespace().next());
        for path in quoted.filter(|path| TOPS.iter().any(|top| path.starts_with(top))) {
            if !root().join(path).exists() {
                broken.push(format!("{document}: {path}"));
            }
        }
    }
    assert_kept("Documents name files that exist", &broken);
}

#[test]
fn readme_tells_the_two_commands() {
    let readme = read("README.md");
    let broken: Vec<String> = ["make run", "make test"]
        .iter()
        .filter(|command| !readme.contains(*command))
        .map(ToString::to_string)
        .collect();
    assert_kept("README.md tells how to start", &broken);
}

#[test]
fn licence_is_the_whole_apache_text() {
    let licence = read("LICENSE");
    assert!(licence.contains("Version 2.0, January 2004") && licence.contains("END OF TERMS AND CONDITIONS"));
}
