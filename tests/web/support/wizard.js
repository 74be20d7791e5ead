// The wizard, driven as an administrator would.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { field, openPage, say, sees, setUp, signIn } from "./people.js";
import { password, startServer } from "./server.js";

/** A server that nobody has set up. */
export const unclaimed = (more = {}) =>
    startServer({ "server.name": undefined, "setup.skip": undefined, "registration.shared_secret": undefined, "network.external_address": "127.0.0.1", ...more });

export const claimCode = async ({ data }) => (await readFile(join(data, "claim-code"), "utf8")).trim();

/** The wizard in a browser of its own. */
export async function openWizard(server, { path = "/setup/", ...options } = {}) {
    const wizard = await openPage(server, { path, ...options });
    wizard.page.on("dialog", (dialog) => {
        wizard.complaints.push(`a dialog: ${dialog.message()}`);
        void dialog.dismiss();
    });
    return wizard;
}

export const heading = ({ page }, name) => page.getByRole("heading", { level: 1, name }).waitFor();
export const press = ({ page }, name) => page.getByRole("button", { name, exact: true }).click();
export const goOn = (wizard) => press(wizard, "Continue");

export async function claim(wizard) {
    await wizard.page.getByLabel("Claim code", { exact: true }).fill(await claimCode(wizard.server));
    await press(wizard, "Begin");
    await heading(wizard, "Which language do your people read?");
}

/** Fills a page in and goes on; each begins where the one before it ended. */
export const steps = {
    async language(wizard) {
        await goOn(wizard);
        await heading(wizard, "What are your company and your server called?");
    },
    async organisation(wizard, { company = "Acme", name = "localhost" } = {}) {
        await wizard.page.getByLabel("Company", { exact: true }).fill(company);
        await wizard.page.getByLabel("DNS name of the server").fill(name);
        await goOn(wizard);
        await heading(wizard, "How do devices recognize the server?");
    },
    async certificate(wizard) {
        await wizard.page.getByLabel("The server makes its own").check();
        await goOn(wizard);
        await heading(wizard, "Who owns the server?");
    },
    async owner(wizard, { displayName = "Olga" } = {}) {
        await wizard.page.getByLabel("Your name").fill(displayName);
        await wizard.page.getByLabel("User name").fill("olga");
        await wizard.page.getByLabel("Password", { exact: true }).fill(password);
        await goOn(wizard);
        await heading(wizard, "Protect your account with more than a password");
    },
    async secondFactor(wizard) {
        await press(wizard, "Without a second factor");
        await heading(wizard, "How do your colleagues get in?");
    },
    async registration(wizard) {
        await goOn(wizard);
        await heading(wizard, "Who can read what is written?");
    },
    async encryption(wizard) {
        await goOn(wizard);
        await heading(wizard, "Is everything right?");
    },
};

/** Answers everything up to a step, which is open then. */
export async function answerUpTo(wizard, last = null) {
    for (const [name, step] of Object.entries(steps)) {
        if (name === last) return;
        await step(wizard);
    }
}

export async function start(wizard) {
    await press(wizard, "Start the server");
    await heading(wizard, "Your server is running");
}

/** The owner goes on to the chat, signs in there and writes into a room of their own. */
export async function writeFirstMessage(wizard) {
    const [chat] = await Promise.all([wizard.context.waitForEvent("page"), wizard.page.getByRole("link", { name: wizard.server.url }).click()]);
    const owner = { ...wizard, page: chat };
    await signIn(owner, { username: "olga" });
    await setUp(owner);
    await chat.getByText("Hello, Olga").waitFor();
    await chat.getByRole("button", { name: "New", exact: true }).click();
    await chat.getByRole("menuitem", { name: "New room" }).click();
    await chat.getByRole("textbox", { name: "Name" }).fill("Everybody");
    await chat.getByRole("button", { name: "Create" }).click();
    await field(owner).waitFor();
    await say(owner, "first!");
    await sees(owner, "first!");
}
