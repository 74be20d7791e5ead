//! Who is in the group of those who may enter, also through groups in it.
//!
//! Active Directory looks through groups itself where it is told to (its matching rule in chain). Elsewhere they are
//! walked, with a bound on depth and number, so that a ring of groups ends: upward from one person when he signs in, and
//! downward from the group when everybody is looked at.

use std::collections::HashSet;

use ldap3::ldap_escape;

use super::cause::Cause;
use super::config::Config;
use super::connection::{Connection, Scope, Search};
use super::entry::same_dn;

/// Groups in groups in groups.
const DEPTH_MAX: usize = 10;
/// Groups that are looked at.
const GROUPS_MAX: usize = 1_000;
/// Members that are looked at.
const MEMBERS_MAX: usize = 100_000;
/// `LDAP_MATCHING_RULE_IN_CHAIN`.
const IN_CHAIN: &str = "memberOf:1.2.840.113556.1.4.1941:";
/// What says that an entry is a group.
const GROUPS: &str =
    "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=group)(objectClass=posixGroup))";
/// What groups name their members by.
const MEMBERS: [&str; 3] = ["member", "uniqueMember", "memberUid"];

/// Who may enter.
pub(super) enum Members {
    /// Whoever is found.
    All,
    /// Entries of these DNs, in the form of [`same_dn`], and of these login names, in small letters.
    Only {
        /// As `member` and `uniqueMember` say.
        dns: HashSet<String>,
        /// As `memberUid` says.
        logins: HashSet<String>,
    },
}

impl Members {
    pub(super) fn has(&self, dn: &str, login: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Only { dns, logins } => {
                dns.contains(&same_dn(dn)) || login.is_some_and(|login| logins.contains(&login.to_lowercase()))
            }
        }
    }
}

/// What a filter needs beside the people's own, so that the directory looks through the groups.
pub(super) fn chain_filter(config: &Config) -> Option<String> {
    let group = config.group_dn.as_ref().filter(|_| config.group_in_chain)?;
    Some(format!("({IN_CHAIN}={})", ldap_escape(group.as_str())))
}

/// Everybody in the group, by walking down. `All` if the directory looks through groups itself, or nobody is kept out.
pub(super) async fn members(connection: &mut Connection, config: &Config) -> Result<Members, Cause> {
    let Some(group) = config.group_dn.as_ref().filter(|_| !config.group_in_chain) else { return Ok(Members::All) };
    let (mut dns, mut logins, mut seen) = (HashSet::new(), HashSet::new(), HashSet::from([same_dn(group)]));
    let mut level = vec![group.clone()];
    // What is no group when it is asked about is a person.
    for depth in 0..DEPTH_MAX {
        let mut below = Vec::new();
        for dn in &level {
            let filter = if depth == 0 { "(objectClass=*)" } else { GROUPS };
            let search = Search { base: dn, scope: Scope::Base, filter, attributes: &MEMBERS };
            let found = match connection.search(&search).await {
                Err(Cause::NoSuchBase) if depth == 0 => return Err(Cause::NoSuchGroup),
                Err(Cause::NoSuchBase) => continue,
                found => found?,
            };
            for entry in &found.entries {
                if entry.is_partial {
                    return Err(Cause::TooMany);
                }
                logins.extend(entry.texts("memberUid").map(str::to_lowercase));
                for name in ["member", "uniqueMember"] {
                    below.extend(entry.texts(name).filter(|dn| seen.insert(same_dn(dn))).map(str::to_owned));
                }
            }
        }
        if seen.len() + logins.len() > MEMBERS_MAX {
            return Err(Cause::TooMany);
        }
        dns.extend(below.iter().map(|dn| same_dn(dn)));
        level = groups_of(connection, config, below).await?;
        if level.is_empty() {
            return Ok(Members::Only { dns, logins });
        }
    }
    Err(Cause::TooMany)
}

/// Those of these entries that are groups.
async fn groups_of(connection: &mut Connection, config: &Config, dns: Vec<String>) -> Result<Vec<String>, Cause> {
    if dns.is_empty() {
        return Ok(Vec::new());
    }
    // Asked for all at once: to ask about each member whether it is a group would take as many questions as members.
    let search = Search { base: &config.base_dn, scope: Scope::Subtree, filter: GROUPS, attributes: &["1.1"] };
    let found = connection.search(&search).await?;
    let groups: HashSet<String> = found.entries.iter().map(|entry| same_dn(&entry.dn)).collect();
    let level: Vec<String> = dns.into_iter().filter(|dn| groups.contains(&same_dn(dn))).collect();
    if level.len() > GROUPS_MAX { Err(Cause::TooMany) } else { Ok(level) }
}

/// The groups that somebody is in, by walking up, the nearest first.
pub(super) async fn groups_above(
    connection: &mut Connection,
    config: &Config,
    dn: &str,
    login: Option<&str>,
) -> Result<Vec<String>, Cause> {
    let (mut above, mut seen) = (Vec::new(), HashSet::from([same_dn(dn)]));
    let mut level = vec![dn.to_owned()];
    for depth in 0..DEPTH_MAX {
        let mut next = Vec::new();
        for dn in &level {
            let name = ldap_escape(dn.as_str());
            let uid = login.filter(|_| depth == 0).map(|login| format!("(memberUid={})", ldap_escape(login)));
            let filter = format!("(|(member={name})(uniqueMember={name}){})", uid.unwrap_or_default());
            let search = Search { base: &config.base_dn, scope: Scope::Subtree, filter: &filter, attributes: &["1.1"] };
            let found = connection.search(&search).await?;
            next.extend(found.entries.into_iter().map(|entry| entry.dn).filter(|dn| seen.insert(same_dn(dn))));
            if seen.len() > GROUPS_MAX {
                return Err(Cause::TooMany);
            }
        }
        above.extend(next.iter().cloned());
        if next.is_empty() {
            break;
        }
        level = next;
    }
    Ok(above)
}

/// Whether one person may enter.
pub(super) async fn may_enter(
    connection: &mut Connection,
    config: &Config,
    dn: &str,
    login: Option<&str>,
) -> Result<bool, Cause> {
    let Some(group) = &config.group_dn else { return Ok(true) };
    let search = Search { base: group, scope: Scope::Base, filter: "(objectClass=*)", attributes: &["1.1"] };
    match connection.search(&search).await {
        Err(Cause::NoSuchBase) => return Err(Cause::NoSuchGroup),
        found => found.map(|_| ())?,
    }
    if let Some(filter) = chain_filter(config) {
        let search = Search { base: dn, scope: Scope::Base, filter: &filter, attributes: &["1.1"] };
        return Ok(!connection.search(&search).await?.entries.is_empty());
    }
    let above = groups_above(connection, config, dn, login).await?;
    let group = same_dn(group);
    Ok(above.iter().any(|dn| same_dn(dn) == group))
}
