// The console's page of company directories: the form, its test, keeping, looking, taking away. What a directory really answers is
// tested in tests/suites/tests/directories.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { accessibility, expectQuiet, until } from "../support/browser.js";
import { confirm, dialog, makeOwner, openConsole } from "../support/console.js";
import { startServer } from "../support/server.js";

const server = await startServer({ "network.outbound": "loopback" });
const owner = await makeOwner(server);

/** A port at which nobody listens. */
async function closedPort() {
    const listener = createServer();
    await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port } = listener.address();
    await new Promise((resolve) => listener.close(resolve));
    return port;
}

/** Nothing is wrong with the page once what fades in and out has done so: on its way its colors are pale. */
const isAccessible = (page) => until("the page has no accessibility violations", async () => (await accessibility(page)).length === 0);

for (const look of [
    { colorScheme: "light", viewport: { width: 1280, height: 900 } },
    { colorScheme: "dark", viewport: { width: 390, height: 844 } },
]) {
    test(`a directory from its form to its end, ${look.colorScheme}, ${look.viewport.width} px`, async () => {
        const boss = await openConsole(server, owner, { path: "directories", ...look });
        const { page } = boss;
        await page.getByRole("heading", { name: "No directory yet" }).waitFor();
        await page.getByRole("button", { name: "Add a directory" }).click();
        await page.getByLabel("Kind of directory").selectOption({ label: "OpenLDAP" });
        assert.equal(await page.getByLabel("Which entries are people").inputValue(), "(objectClass=inetOrgPerson)");
        await page.getByLabel("Name", { exact: true }).first().fill("Head office");
        await page.getByLabel("Servers").fill(`ldaps://localhost:${await closedPort()}`);
        await page.getByLabel("Sign in as").fill("cn=veche,dc=ex,dc=org");
        await page.getByLabel("Its password", { exact: true }).fill("secret of the directory");
        await page.getByLabel("Search below").fill("dc=ex,dc=org");
        await isAccessible(page);

        await page.getByLabel("Somebody's sign-in name").fill("alice");
        await page.getByRole("button", { name: "Test", exact: true }).click();
        await confirm(boss, "Test", { withPassword: true });
        await page.getByText("Nobody listens there").waitFor();
        await page.getByRole("button", { name: "Save" }).click();
        await confirm(boss, "Save");
        await page.getByRole("heading", { level: 2, name: "Head office" }).waitFor();
        await page.getByText("Nothing yet.").waitFor();

        await page.getByRole("button", { name: "Look now" }).click();
        await confirm(boss, "Look now");
        // In the report, which stays, and not in the word about it, which goes.
        await page.getByRole("listitem").filter({ hasText: /entries.*Nobody listens there/s }).waitFor();
        await isAccessible(page);

        // The password is not shown again, and need not be typed again.
        await page.getByRole("button", { name: "Change" }).click();
        assert.equal(await page.getByLabel("Its password", { exact: true }).inputValue(), "");
        await page.getByLabel("Only members of the group").fill("cn=all,dc=ex,dc=org");
        await page.getByRole("button", { name: "Save" }).click();
        await confirm(boss, "Save");
        await page.getByText("cn=all,dc=ex,dc=org").waitFor();
        // Said to somebody else than before, it must be.
        await page.getByRole("button", { name: "Change" }).click();
        await page.getByLabel("Servers").fill("ldaps://elsewhere.ex.org");
        await page.getByRole("button", { name: "Save" }).click();
        await dialog(boss).getByRole("button", { name: "Save" }).click();
        await dialog(boss).getByText("Type the server's password again").waitFor();
        await dialog(boss).getByRole("button", { name: "Cancel" }).click();
        await page.getByRole("button", { name: "Cancel" }).click();

        await page.getByRole("button", { name: "Take away" }).click();
        await confirm(boss, "Take away", { typed: "Head office" });
        await page.getByRole("heading", { name: "No directory yet" }).waitFor();
        boss.complaints.splice(0, boss.complaints.length, ...boss.complaints.filter((complaint) => !complaint.includes("400")));
        expectQuiet(boss);
    });
}
