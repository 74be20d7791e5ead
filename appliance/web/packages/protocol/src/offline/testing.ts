//! For tests: an account's records in a database that is empty.

import { Database } from "../base/database";
import { VAULT_DRAWER, Vault } from "../session/vault";
import { Records } from "./records";

const DRAWERS = ["sync", "rooms", "members", "todevice", "outbox", "waiting", "history", "events", "answers", "files", "uses", "search"];

let counter = 0;

/** Each call gives another database; `again` opens the same one as a later visit would. */
export async function emptyRecords(): Promise<{ readonly records: Records; readonly again: () => Promise<Records> }> {
    counter += 1;
    const name = `records ${counter}`;
    const open = async () => {
        const database = await Database.open(name, [VAULT_DRAWER, ...DRAWERS]);
        return new Records(database, await Vault.open(database));
    };
    return { records: await open(), again: open };
}
