import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, test } from "node:test";
import { accessibility, plugAuthenticator, until } from "../support/browser.js";
import { field, openPage, setUp, signIn } from "../support/people.js";
import { json, password } from "../support/server.js";
import { answerUpTo, claim, claimCode, goOn, heading, openWizard, press, start, steps, unclaimed, writeFirstMessage } from "../support/wizard.js";

/** What the wizard is refused on purpose, browsers call an error all the same. */
const REFUSED = /status of 4\d\d.*\/api\/setup\//;
const expectQuiet = ({ complaints }) => assert.deepEqual(complaints.filter((text) => !REFUSED.test(text)), []);

test("from the claim code to the owner's first message", async (t) => {
    const server = await unclaimed();
    const wizard = await openWizard(server, { path: `/setup/#code=${await claimCode(server)}` });
    const { page } = wizard;
    // The link fills the code in, and it does not stay where it can be seen.
    await until("the code is filled in", async () => (await page.getByLabel("Claim code", { exact: true }).inputValue()) === (await claimCode(server)));
    assert.equal(new URL(page.url()).hash, "");
    assert.deepEqual(await accessibility(page), []);
    const began = performance.now();
    await press(wizard, "Begin");
    await heading(wizard, "Which language do your people read?");
    for (const step of Object.values(steps)) {
        assert.deepEqual(await accessibility(page), [], page.url());
        await step(wizard);
    }
    assert.deepEqual(await accessibility(page), []);
    await start(wizard);
    await page.getByText("You are @olga:localhost").waitFor();
    await page.getByTestId("report").getByText(/as (it|they) should be|look after|mended/).first().waitFor();
    assert.deepEqual(await accessibility(page), []);

    const link = new URL(await page.getByLabel("Invitation link", { exact: true }).inputValue());
    const token = /^#\/invite\/(\w+)$/.exec(link.hash)[1];
    const known = await json(await fetch(`${server.url}/_matrix/client/v1/register/m.login.registration_token/validity?token=${token}`));
    assert.deepEqual(known, { valid: true });
    await page.getByRole("img", { name: "The invitation link as a code for the camera of a phone" }).waitFor();
    const app = new URL(await page.getByRole("link", { name: "Open Element X" }).getAttribute("href"));
    assert.equal(app.searchParams.get("account_provider"), "localhost");

    await writeFirstMessage(wizard);
    t.diagnostic(`${((performance.now() - began) / 1000).toFixed(1)} s from the code to the first message, with axe on each page`);

    const colleague = await openPage(server, { path: `/${link.hash}` });
    await colleague.page.getByRole("heading", { name: "Make an account" }).waitFor();
    assert.equal(await colleague.page.getByLabel("Registration code").inputValue(), token);
    await colleague.page.getByLabel("User name").fill("boris");
    await colleague.page.getByLabel("Password", { exact: true }).fill(password);
    await colleague.page.getByRole("button", { name: "Make the account" }).click();
    await setUp(colleague);
    expectQuiet(colleague);
    expectQuiet(wizard);
    const gone = await fetch(`${server.url}/api/setup/v1/state`);
    assert.deepEqual([gone.status, (await gone.json()).errcode], [404, "M_UNRECOGNIZED"]);
});

test("a wrong code is said at its field with the tries that are left; after the fifth there is another one", async () => {
    const server = await unclaimed();
    const wizard = await openWizard(server);
    const first = await claimCode(server);
    const type = async (code) => {
        await wizard.page.getByLabel("Claim code", { exact: true }).fill(code);
        await press(wizard, "Begin");
    };
    await press(wizard, "Begin");
    await wizard.page.getByText("Please enter the claim code").waitFor();
    for (const left of ["4 tries", "3 tries", "2 tries", "1 try"]) {
        await type("<b>not the code</b>");
        await wizard.page.getByText(`${left} left`).waitFor();
    }
    await type("x".repeat(300));
    await wizard.page.getByText("The code was wrong too often").waitFor();
    await until("there is another code", async () => (await claimCode(server)) !== first);
    await type(first);
    await wizard.page.getByText("4 tries left").waitFor();
    await type((await claimCode(server)).toLowerCase().replaceAll("-", " "));
    await heading(wizard, "Which language do your people read?");
    expectQuiet(wizard);
});

describe("somebody who comes back", () => {
    test("finds the same step after a reload, with what was typed, but for the password", async () => {
        const wizard = await openWizard(await unclaimed());
        const { page } = wizard;
        await claim(wizard);
        await answerUpTo(wizard, "owner");
        await page.getByLabel("Your name").fill("Ольга 🦉");
        await page.getByLabel("Password", { exact: true }).fill(password);
        await page.reload();
        await heading(wizard, "Who owns the server?");
        assert.equal(await page.getByLabel("Your name").inputValue(), "Ольга 🦉");
        assert.equal(await page.getByLabel("Password", { exact: true }).inputValue(), "");
        await page.goBack();
        await heading(wizard, "How do devices recognize the server?");
        assert.ok(await page.getByLabel("The server makes its own").isChecked());
        await page.getByRole("link", { name: "Name" }).click();
        assert.equal(await page.getByLabel("Company", { exact: true }).inputValue(), "Acme");
        expectQuiet(wizard);
    });

    test("goes on in another browser, which needs the code", async () => {
        const server = await unclaimed();
        const wizard = await openWizard(server);
        await claim(wizard);
        await answerUpTo(wizard, "certificate");
        const other = await openWizard(server);
        await other.page.getByLabel("Claim code", { exact: true }).fill(await claimCode(server));
        await press(other, "Begin");
        await heading(other, "How do devices recognize the server?");
        expectQuiet(other);
    });

    test("to a server that another browser has set up is told so", async () => {
        const server = await unclaimed();
        const [wizard, other] = [await openWizard(server), await openWizard(server)];
        await claim(wizard);
        await claim(other);
        await answerUpTo(wizard);
        await start(wizard);
        await goOn(other);
        await heading(other, "This server is set up");
        expectQuiet(other);
    });
});

test("what cannot be is said at its field and loses nothing; what looks like HTML is text", async () => {
    const wizard = await openWizard(await unclaimed());
    const { page } = wizard;
    await claim(wizard);
    await steps.language(wizard);
    const error = (label) => page.getByLabel(label, { exact: true }).and(page.locator("[aria-invalid=true]")).waitFor();
    await page.getByLabel("Company", { exact: true }).fill("я".repeat(300));
    await page.getByLabel("DNS name of the server").fill("<script>alert(1)</script>");
    await page.getByText("This cannot be a server's name").waitFor();
    await error("DNS name of the server");
    await page.getByLabel("DNS name of the server").fill("localhost");
    await page.getByText("localhost means “this machine”").waitFor();
    await goOn(wizard);
    await error("Company");
    assert.equal(await page.getByLabel("Company", { exact: true }).inputValue(), "я".repeat(300));
    const company = "<img src=x onerror=alert(1)> שלום 🦉";
    await steps.organisation(wizard, { company });
    await page.getByLabel("Let's Encrypt makes one by itself").check();
    await goOn(wizard);
    await page.getByText("No authority vouches for a name that leads nowhere").waitFor();
    await page.getByLabel("I have one").check();
    await page.getByLabel(/^Certificate, with/).fill("hello");
    await page.getByLabel(/^Private key/).fill("hello");
    await goOn(wizard);
    await page.getByText("It is not in PEM form").first().waitFor();
    await steps.certificate(wizard);
    await page.getByLabel("User name").fill("ольга");
    await page.getByLabel("Password", { exact: true }).fill("12345678");
    await goOn(wizard);
    await error("User name");
    await page.getByText("one of the passwords that are tried first").waitFor();
    await steps.owner(wizard, { displayName: "<b>Ольга</b> ‮🦉" });
    for (const name of ["secondFactor", "registration", "encryption"]) await steps[name](wizard);
    await page.getByText(company).waitFor();
    await page.getByText("<b>Ольга</b>").waitFor();
    expectQuiet(wizard);
});

/** The code of an authenticator app (RFC 6238), `later` half minutes from now. */
function codeOf(secret, later = 0) {
    const bits = Array.from(secret, (letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
    const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
    const digest = createHmac("sha1", key).update(counter).digest();
    const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
    return String(number % 1_000_000).padStart(6, "0");
}

test("a second factor is switched on with a code of the app, and asked for from then on", async () => {
    const server = await unclaimed();
    const wizard = await openWizard(server);
    const { page } = wizard;
    await claim(wizard);
    await steps.language(wizard);
    // Too long, as Cyrillic is written there, to stand in the picture.
    await steps.organisation(wizard, { company: "Общество с ограниченной ответственностью «Рога и копыта»" });
    await steps.certificate(wizard);
    await steps.owner(wizard);
    await page.getByRole("img", { name: "The secret as a code" }).waitFor();
    const secret = await page.getByLabel("Or enter this secret in the app").inputValue();
    const right = codeOf(secret);
    await page.getByLabel("Code that the app shows").fill(right === "000000" ? "111111" : "000000");
    await press(wizard, "Switch on");
    await page.getByText("This is not the code that the app shows now").waitFor();
    await page.getByLabel("Code that the app shows").fill(codeOf(secret));
    await press(wizard, "Switch on");
    await heading(wizard, "How do your colleagues get in?");
    for (const name of ["registration", "encryption"]) await steps[name](wizard);
    await page.getByText("Code of an authenticator app").waitFor();
    await start(wizard);
    await page.getByText("type the six digits of your authenticator app behind it").waitFor();
    const login = (secretWord) =>
        fetch(`${server.url}/_matrix/client/v3/login`, {
            method: "POST",
            body: JSON.stringify({ type: "m.login.password", identifier: { type: "m.id.user", user: "olga" }, password: secretWord }),
        });
    const refused = await login(password);
    assert.deepEqual([refused.status, (await refused.json()).reason], [403, "code_needed"]);
    const olga = await openPage(server);
    await signIn(olga, { username: "olga" });
    await olga.page.getByText("The password is right. Now enter the six digits").waitFor();
    await olga.page.getByLabel("Code of the authenticator app").fill(codeOf(secret, 1));
    await olga.page.getByRole("button", { name: "Sign in" }).click();
    await olga.page.getByTestId("recovery-key").waitFor();
    expectQuiet(olga);
    expectQuiet(wizard);
});

test("a passkey is made instead, and opens the owner's account from then on", async () => {
    const server = await unclaimed();
    const wizard = await openWizard(server);
    const { page } = wizard;
    const authenticator = await plugAuthenticator(page);
    await claim(wizard);
    for (const name of ["language", "organisation", "certificate", "owner"]) await steps[name](wizard);
    assert.deepEqual(await accessibility(page), []);
    await authenticator.setPresent(false);
    await press(wizard, "Make a passkey");
    await page.getByText("No passkey was made").waitFor();
    await authenticator.setPresent(true);
    await press(wizard, "Make a passkey");
    await heading(wizard, "How do your colleagues get in?");
    await page.goBack();
    await page.getByText("The passkey is made").waitFor();
    await goOn(wizard);
    for (const name of ["registration", "encryption"]) await steps[name](wizard);
    await page.getByText("Passkey", { exact: true }).waitFor();
    await start(wizard);
    await page.getByText("Sign in with your passkey").waitFor();

    const olga = await openPage(server);
    await (await plugAuthenticator(olga.page)).take(await authenticator.passkeys());
    await signIn(olga, { username: "olga" });
    await olga.page.getByText("The password alone does not open this account").waitFor();
    await olga.page.getByRole("button", { name: "Use a passkey" }).click();
    await olga.page.getByTestId("recovery-key").waitFor();
    expectQuiet(olga);
    expectQuiet(wizard);
});

describe("a connection that is lost", () => {
    test("in the middle keeps what was typed, says so, and goes on when it is back", async () => {
        const wizard = await openWizard(await unclaimed());
        const { page, context } = wizard;
        await claim(wizard);
        await steps.language(wizard);
        await page.getByLabel("Company", { exact: true }).fill("Acme");
        await page.getByLabel("DNS name of the server").fill("localhost");
        context.offlineNow = true;
        await context.setOffline(true);
        await goOn(wizard);
        await page.getByText("The connection to the server is lost").waitFor();
        assert.equal(await page.getByLabel("Company", { exact: true }).inputValue(), "Acme");
        await context.setOffline(false);
        await page.getByText("The server answers again").waitFor();
        context.offlineNow = false;
        await goOn(wizard);
        await heading(wizard, "How do devices recognize the server?");
        expectQuiet(wizard);
    });

    test("at the very end is found out about: the server runs, and the page says so", async () => {
        const wizard = await openWizard(await unclaimed());
        const { page, context } = wizard;
        await claim(wizard);
        await answerUpTo(wizard);
        await context.route("**/api/setup/v1/finish*", async (route) => {
            // The server hears it, and the answer gets lost.
            await route.fetch({ timeout: 0 });
            context.offlineNow = true;
            await route.abort();
        });
        await start(wizard);
        await page.getByText("The connection was lost before the report arrived").waitFor();
        assert.match(await page.getByLabel("Invitation link", { exact: true }).inputValue(), /#\/invite\/\w+$/);
        expectQuiet(wizard);
    });
});

test("Russian from the first page on, in the dark, on a phone", async () => {
    const server = await unclaimed();
    const wizard = await openWizard(server, { locale: "ru-RU", colorScheme: "dark", viewport: { width: 390, height: 844 } });
    const { page } = wizard;
    await heading(wizard, "Настройте свой сервер");
    assert.equal(await page.locator("html").getAttribute("lang"), "ru");
    await page.getByLabel("Код владельца").fill("AAAA");
    await press(wizard, "Начать");
    await page.getByText("Осталось 4 попытки").waitFor();
    assert.deepEqual(await accessibility(page), []);
    await page.getByLabel("Код владельца").fill(await claimCode(server));
    await press(wizard, "Начать");
    await heading(wizard, "На каком языке читают ваши люди?");
    assert.ok(await page.getByRole("main").getByLabel("Русский").isChecked());
    await press(wizard, "Далее");
    await heading(wizard, "Как называются компания и сервер?");
    await page.getByText("Шаг 2 из 6").waitFor();
    await page.getByLabel("DNS-имя сервера").fill("чат.рф");
    await page.getByText("В DNS оно записывается как xn--80a0bn.xn--p1ai").waitFor();
    assert.deepEqual(await accessibility(page), []);
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(widths[0] <= widths[1], `wider than the screen: ${widths}`);
    await page.getByLabel("English").check();
    await heading(wizard, "What are your company and your server called?");
    expectQuiet(wizard);
});
