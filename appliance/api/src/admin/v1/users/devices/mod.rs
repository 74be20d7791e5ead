//! The devices of an account, and signing them out.

mod end;
mod end_all;
mod list;

pub(super) use end::end;
pub(super) use end_all::end_all;
pub(super) use list::list;
