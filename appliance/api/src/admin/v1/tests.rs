use std::collections::BTreeSet;

use veche_directory::Grant;

use crate::access::Need;
use crate::routes::Routes;
use crate::typed::{Operation, Typed};

/// Operations that every administrator has, whatever he was granted: what he may do himself, who else administers, what
/// was done, how the site is. What they show and change is bounded by his grants where it has to be.
const OF_EVERY_ADMINISTRATOR: [&str; 8] =
    ["about.get", "dashboard.get", "journal.export", "journal.list", "me.get", "me.reauth", "roles.list", "roles.put"];

/// Operations that nobody does with a browser that was left open.
const WITH_A_FRESH_PROOF: [&str; 12] = [
    "certificate.put_source",
    "certificate.upload",
    "directories.create",
    "directories.delete",
    "directories.sync",
    "directories.test",
    "directories.update",
    "roles.put",
    "rooms.close",
    "users.deactivate",
    "users.reset_password",
    "users.reset_second_factor",
];

fn operations() -> Vec<Operation> {
    let typed = super::register(Typed::new(Routes::new()));
    typed.described().iter().map(|described| described.operation.clone()).collect()
}

#[test]
fn every_operation_is_for_administrators_with_a_grant() {
    let operations = operations();
    assert!(operations.len() > 35, "{}", operations.len());
    for operation in &operations {
        assert_eq!(operation.need, Need::Administrator, "{}", operation.id);
        assert!(operation.path.starts_with("/api/admin/v1/"), "{}", operation.path);
    }
    let without: BTreeSet<&str> =
        operations.iter().filter(|operation| operation.route.grant.is_none()).map(|operation| operation.id).collect();
    assert_eq!(without, BTreeSet::from(OF_EVERY_ADMINISTRATOR));
    let grants: BTreeSet<Option<Grant>> = operations.iter().map(|operation| operation.route.grant).collect();
    let expected = [None, Some(Grant::Users), Some(Grant::Rooms), Some(Grant::System)];
    assert_eq!(grants, BTreeSet::from(expected), "backups and bots have no endpoints yet");
}

#[test]
fn what_is_dangerous_needs_a_fresh_proof() {
    let operations = operations();
    let fresh: BTreeSet<&str> =
        operations.iter().filter(|operation| operation.route.fresh).map(|operation| operation.id).collect();
    assert_eq!(fresh, BTreeSet::from(WITH_A_FRESH_PROOF));
}

#[test]
fn the_table_of_the_server_has_every_operation() {
    let routes = crate::endpoints();
    for operation in operations() {
        let found = routes
            .table()
            .iter()
            .find(|endpoint| endpoint.method == operation.method && endpoint.template == operation.path);
        let found = found.unwrap_or_else(|| panic!("{} is not served", operation.id));
        assert_eq!(found.need, operation.need, "{}", operation.id);
        assert_eq!((found.route.grant, found.route.fresh), (operation.route.grant, operation.route.fresh));
    }
}
