//! Who is who: accounts, login steps, tokens, roles.
