// People with clients: accounts made through the shared secret, each device a MatrixClient that syncs.

import { createHmac, randomBytes } from "node:crypto";
import { after } from "node:test";
import { ClientEvent, createClient, PendingEventOrdering } from "matrix-js-sdk";
import { logger as sdkLogger } from "matrix-js-sdk/lib/logger.js";
import { baseUrl, secret } from "./server.js";
import { until } from "./wait.js";

const silent = Object.fromEntries(["trace", "debug", "info", "warn", "error", "log"].map((level) => [level, () => {}]));
silent.getChild = () => silent;
const logger = process.env.VECHE_TEST_VERBOSE ? sdkLogger : silent;
// Some parts of the SDK take the global one and make children of it.
if (logger === silent) Object.assign(sdkLogger, silent);

export const password = "correct horse battery staple";

const clients = new Set();
after(() => {
    for (const client of clients) client.stopClient();
});

let counter = 0;
/** A localpart nobody else has, also when the server outlives this run. */
export const freshName = (name) => `${name}-${process.pid.toString(36)}-${randomBytes(3).toString("hex")}-${counter++}`;

async function json(response) {
    const body = await response.json();
    if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(body)} from ${response.url}`);
    return body;
}

/** Registers an account through the shared secret, and returns the answer (it carries a first device). */
export async function registerAccount(name = "user", { admin = false } = {}) {
    const username = freshName(name);
    const url = `${baseUrl}/_synapse/admin/v1/register`;
    const { nonce } = await json(await fetch(url));
    const mac = createHmac("sha1", secret)
        .update([nonce, username, password, admin ? "admin" : "notadmin"].join("\0"))
        .digest("hex");
    const body = JSON.stringify({ nonce, username, password, admin, mac });
    const answer = await json(await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }));
    return { ...answer, username };
}

/** A client that neither syncs nor has a session. */
export const visitor = () => createClient({ baseUrl, logger });

/** A new session of this account by password; `more` goes into the login request. */
export const login = (username, more = {}) =>
    visitor().loginRequest({
        type: "m.login.password",
        identifier: { type: "m.id.user", user: username },
        password,
        initial_device_display_name: "web-sdk suite",
        ...more,
    });

/**
 * A device of the session, syncing.
 *
 * @param options.crypto - with the Rust crypto, in memory
 * @param options.network - called as `fetch`; a test can cut the connection with it
 */
export async function startDevice(session, { crypto = false, network, cryptoCallbacks, start = {}, ...more } = {}) {
    const client = createClient({
        baseUrl,
        logger,
        userId: session.user_id,
        deviceId: session.device_id,
        accessToken: session.access_token,
        fetchFn: network,
        cryptoCallbacks,
        timelineSupport: true,
        ...more,
    });
    clients.add(client);
    if (crypto) await client.initRustCrypto({ useIndexedDB: false, ...(crypto === true ? {} : crypto) });
    await startSync(client, start);
    return client;
}

/** Starts (again) what `stopClient` stopped, and returns when the first sync is in. */
export async function startSync(client, start = {}) {
    const ready = until("first sync", client, () => ["PREPARED", "SYNCING"].includes(client.getSyncState()));
    await client.startClient({
        initialSyncLimit: 20,
        lazyLoadMembers: true,
        pendingEventOrdering: PendingEventOrdering.Detached,
        threadSupport: true,
        pollTimeout: 10_000,
        ...start,
    });
    await ready;
}

export function stopSync(client) {
    client.stopClient();
}

/** A new person with one syncing device. */
export async function person(name, options = {}) {
    const account = await registerAccount(name, options);
    const client = await startDevice(account, options);
    client.username = account.username;
    return client;
}

/** The next complete sync from now on. */
export const nextSync = (client) =>
    new Promise((resolve) => client.once(ClientEvent.Sync, resolve));

/** Uploads made with a user's password where the server asks for one (user-interactive authentication). */
export const withPassword = (client) => async (makeRequest) => {
    try {
        return await makeRequest(null);
    } catch (error) {
        if (error.httpStatus !== 401 || !error.data?.session) throw error;
        return makeRequest({
            type: "m.login.password",
            identifier: { type: "m.id.user", user: client.getUserId() },
            password,
            session: error.data.session,
        });
    }
};
