/** The page in a browser, under the policy that the product serves its pages with: what keys do, and what axe finds. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import { type Browser, type BrowserContextOptions, type Locator, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openLook } from "./server.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const START_MS = 120_000;
const TEST_MS = 120_000;

vi.setConfig({ testTimeout: TEST_MS, hookTimeout: START_MS });

let look: Awaited<ReturnType<typeof openLook>>;
let browser: Browser;
let page: Page;
/** What the page complained about: errors, and what its policy forbade. */
let complaints: string[];

beforeAll(async () => {
    look = await openLook();
    browser = await chromium.launch(look.browser);
});

afterAll(async () => {
    await browser.close();
    await look.close();
});

afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
});

async function open(query = "", options: BrowserContextOptions = {}): Promise<void> {
    const context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, reducedMotion: "reduce", ...options });
    page = await context.newPage();
    page.setDefaultTimeout(TEST_MS / 4);
    complaints = [];
    page.on("console", (message) => {
        // The picture that one of the avatars fails to get.
        if (message.type() !== "debug" && message.type() !== "info" && !message.location().url.endsWith("/nothing.png")) {
            complaints.push(message.text());
        }
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`${look.url}${query}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
}

/** What axe finds in a part of the page, in short. */
async function violations(part = "html"): Promise<string[]> {
    await page.evaluate(AXE);
    const results = await page.evaluate(async (selector) => {
        const { axe } = globalThis as unknown as { axe: { run(part: string, options: RunOptions): Promise<AxeResults> } };
        return axe.run(selector, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
    }, part);
    return results.violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ""}`),
    );
}

const button = (name: string): Locator => page.getByRole("button", { name, exact: true });
const focused = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent ?? "");

describe("axe", () => {
    it.each(["?theme=light", "?theme=dark", "?theme=light&density=compact&language=ru"])(
        "finds nothing in the page: %s",
        async (query) => {
            await open(query);
            expect(await violations()).toEqual([]);
        },
    );

    /** What opens in front of the page, where it is, and how it closes again. */
    const OPENED: readonly (readonly [string, () => Promise<void>])[] = [
        ["dialog[open]", () => button("Dialog").click()],
        ["dialog[open]", () => button("Sheet").click()],
        ["[role=menu]", () => button("More").last().click()],
        ["[role=dialog]", () => button("Popover").click()],
        ["[popover]:has([role=listbox])", () => page.getByRole("combobox", { name: "People to invite" }).click()],
        ["[role=region]", () => button("Toast: failure").click()],
    ];

    it.each(["light", "dark"])("finds nothing in what opens in front of it: %s", async (theme) => {
        await open(`?theme=${theme}`);
        for (const [part, show] of OPENED) {
            await show();
            expect(await violations(part), part).toEqual([]);
            await page.keyboard.press("Escape");
        }
    });
});

describe("a dialog", () => {
    it("puts the focus into its first field, and gives it back", async () => {
        await open();
        await button("Dialog").click();
        await expectFocus(page.getByLabel("Name of the room"));
        await page.keyboard.press("Escape");
        expect(await page.getByRole("dialog").count()).toBe(0);
        await expectFocus(button("Dialog"));
    });

    it("is sent with Enter, and closed by its cross and by pressing outside", async () => {
        await open();
        await button("Dialog").click();
        await page.keyboard.type("Board");
        await page.keyboard.press("Enter");
        await page.getByRole("dialog").waitFor({ state: "hidden" });
        await button("Dialog").click();
        await page.getByText("work on the same thing. Board").waitFor();
        await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
        await page.getByRole("dialog").waitFor({ state: "hidden" });
        await button("Dialog").click();
        // From inside to outside: somebody marked text.
        await page.getByLabel("Name of the room").hover();
        await page.mouse.down();
        await page.mouse.move(5, 5);
        await page.mouse.up();
        expect(await page.getByRole("dialog").count()).toBe(1);
        await page.mouse.click(5, 5);
        await page.getByRole("dialog").waitFor({ state: "hidden" });
    });

    it("that must be answered stays, however often Escape is pressed", async () => {
        await open();
        await button("Question").click();
        await expectFocus(button("Keep it"));
        for (let times = 0; times < 3; times += 1) {
            await page.keyboard.press("Escape");
        }
        await page.mouse.click(5, 5);
        expect(await page.getByRole("dialog").isVisible()).toBe(true);
        await button("Delete").click();
        await page.getByRole("dialog").waitFor({ state: "hidden" });
    });

    it("keeps its own when a menu in it is closed with Escape", async () => {
        await open();
        await button("Dialog").click();
        await button("Kind of room").click();
        await page.getByRole("menu").waitFor();
        await page.keyboard.press("Escape");
        await page.getByRole("menu").waitFor({ state: "hidden" });
        expect(await page.getByRole("dialog").isVisible()).toBe(true);
        await expectFocus(button("Kind of room"));
    });
});

describe("a menu", () => {
    it("is walked with arrows and letters, and leaves out what is off", async () => {
        await open();
        await button("More").last().press("Enter");
        // The choice that is on comes first.
        expect(await focused()).toContain("Mute");
        await page.keyboard.press("Home");
        expect(await focused()).toContain("Reply");
        await page.keyboard.press("ArrowDown");
        expect(await focused()).toBe("Forward");
        await page.keyboard.press("ArrowDown");
        expect(await focused()).toContain("Mute");
        await page.keyboard.press("d");
        expect(await focused()).toContain("Delete");
        await page.keyboard.press("ArrowDown");
        expect(await focused()).toContain("Reply");
        await page.keyboard.press("Enter");
        await page.getByRole("menu").waitFor({ state: "hidden" });
        await expectFocus(button("More").last());
    });

    it("closes when its button is pressed again, when somebody presses elsewhere, and with Tab", async () => {
        await open();
        const more = button("More").last();
        const menu = page.getByRole("menu");
        await more.click();
        await menu.waitFor();
        await more.click();
        await menu.waitFor({ state: "hidden" });
        await more.click();
        await page.mouse.click(5, 5);
        await menu.waitFor({ state: "hidden" });
        await more.click();
        await page.keyboard.press("Tab");
        await menu.waitFor({ state: "hidden" });
    });

    it("opens where the right button was pressed, and stays in the window", async () => {
        await open();
        const target = page.getByTestId("context");
        const at = await target.boundingBox();
        await target.click({ button: "right", position: { x: (at?.width ?? 0) - 4, y: 20 } });
        const menu = await page.getByRole("menu").boundingBox();
        expect(menu!.x + menu!.width).toBeLessThanOrEqual(1_280);
        expect(menu!.y + menu!.height).toBeLessThanOrEqual(800);
        await page.keyboard.press("Escape");
        await page.getByRole("menu").waitFor({ state: "hidden" });
    });
});

describe("fields", () => {
    it("offer what matches, take it with Enter, and give it back with Backspace", async () => {
        await open();
        const field = page.getByRole("combobox", { name: "People to invite" });
        await field.click();
        await page.keyboard.type("бор");
        const option = page.getByRole("option", { name: "Борис Ильин" });
        await option.waitFor();
        expect(await field.getAttribute("aria-activedescendant")).toBe(await option.getAttribute("id"));
        await page.keyboard.press("Enter");
        await button("Remove Борис Ильин").waitFor();
        await page.keyboard.press("Backspace");
        expect(await button("Remove Борис Ильин").count()).toBe(0);
        await page.keyboard.type("nobody");
        await page.getByText("Nothing was found").waitFor();
        await page.keyboard.press("Escape");
        expect(await field.getAttribute("aria-expanded")).toBe("false");
    });

    it("show a password, empty a search, and tell what is wrong", async () => {
        await open();
        const password = page.getByLabel("Password", { exact: true });
        expect(await password.getAttribute("type")).toBe("password");
        await button("Show the password").click();
        expect(await password.getAttribute("type")).toBe("text");
        await button("Clear").click();
        await expectFocus(page.getByRole("searchbox", { name: "Search" }));
        const wrong = page.getByLabel("Claim code");
        expect(await wrong.getAttribute("aria-invalid")).toBe("true");
        const describedBy = await wrong.getAttribute("aria-describedby");
        expect(await page.locator(`[id="${describedBy ?? ""}"]`).innerText()).toContain("Three tries are left");
    });

    it("grow with their text up to a bound", async () => {
        await open();
        const area = page.getByLabel("Topic", { exact: true });
        const low = (await area.boundingBox())!.height;
        await area.fill("line\n".repeat(6));
        const high = (await area.boundingBox())!.height;
        expect(high).toBeGreaterThan(low + 40);
        await area.fill("line\n".repeat(200));
        expect((await area.boundingBox())!.height).toBeLessThan(high * 2);
        await area.fill("");
        expect((await area.boundingBox())!.height).toBeLessThan(high);
    });

    it("are copied, and say so", async () => {
        await open("", { permissions: ["clipboard-read", "clipboard-write"] });
        await button("Copy").first().click();
        await page.getByRole("status").filter({ hasText: "Copied" }).waitFor({ state: "attached" });
        expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^https:\/\/chat\.example\.org\/invite\//);
    });
});

describe("the rest", () => {
    it("walks tabs and lists with arrows", async () => {
        await open();
        await page.getByRole("tab", { name: "People" }).focus();
        await page.keyboard.press("ArrowRight");
        await page.getByRole("tabpanel").getByText("What was shared here.").waitFor();
        await page.keyboard.press("ArrowLeft");
        await page.keyboard.press("ArrowLeft");
        expect(await page.getByRole("tab", { name: "Pinned" }).getAttribute("aria-selected")).toBe("true");
        const list = page.getByRole("listbox", { name: "Room" });
        await list.focus();
        await page.keyboard.press("ArrowDown");
        await page.keyboard.press("ArrowDown");
        // One is off.
        expect(await list.getByRole("option", { name: "Sales" }).getAttribute("aria-selected")).toBe("true");
        await page.keyboard.press("g");
        expect(await list.getByRole("option", { name: "General" }).getAttribute("aria-selected")).toBe("true");
    });

    it("walks the rows of a table with arrows, opens one with Enter, and leaves its buttons alone", async () => {
        await open();
        const table = page.getByRole("table", { name: "Who writes most" });
        await table.getByRole("link", { name: "Анна Вешнякова" }).focus();
        await page.keyboard.press("ArrowDown");
        await expectFocus(table.getByRole("link", { name: "Борис Ильин" }));
        await page.keyboard.press("End");
        await page.keyboard.press("Enter");
        await page.getByText("Opened: Chiara Conti").waitFor();
        await button("Write to Анна Вешнякова").click();
        expect(await page.getByText("Opened: Chiara Conti").count()).toBe(1);
        // The whole row leads there; a head that sticks to the top must not lie above it.
        await table.evaluate((element) => {
            element.scrollIntoView({ block: "center" });
        });
        const locked = await table.getByText("locked").boundingBox();
        await page.mouse.click(locked!.x + 4, locked!.y + 4);
        await page.getByText("Opened: Борис Ильин").waitFor();
    });

    it("shows tooltips to those who point and those who use keys", async () => {
        await open();
        const tip = page.getByRole("tooltip", { includeHidden: true });
        await button("Tooltip").hover();
        await tip.filter({ hasText: "Only for a moment" }).waitFor();
        await page.mouse.move(1, 1);
        await tip.waitFor({ state: "detached" });
        await button("Popover").focus();
        await page.keyboard.press("Tab");
        await tip.filter({ hasText: "Only for a moment" }).waitFor();
        expect(await button("Tooltip").getAttribute("aria-describedby")).toBe(await tip.getAttribute("id"));
        await page.keyboard.press("Escape");
        await tip.waitFor({ state: "detached" });
    });

    it("lets a busy button keep its name and its focus, and ignore presses", async () => {
        await open();
        const busy = button("Sending");
        await busy.focus();
        await page.keyboard.press("Enter");
        await busy.click({ force: true });
        await expectFocus(busy);
        // It would have been told before this one.
        await button("Toast: success").click();
        await page.getByText("The link was copied").waitFor();
        expect(await page.getByText("It was pressed").count()).toBe(0);
    });

    it("heeds hot keys, but lets people type", async () => {
        await open();
        const help = page.getByText("The key for help");
        const area = page.getByLabel("Topic", { exact: true });
        await area.fill("");
        await page.keyboard.press("?");
        await page.keyboard.press("Control+k");
        await page.getByText("The key for switching").waitFor();
        expect(await area.inputValue()).toBe("?");
        expect(await help.count()).toBe(0);
        await area.blur();
        await page.keyboard.press("?");
        await help.waitFor();
    });

    it("takes a message away with its cross", async () => {
        await open();
        await button("Toast: failure").click();
        const region = page.getByRole("region", { name: "Messages" });
        await region.getByText("The connection was lost.").waitFor();
        await region.getByRole("button", { name: "Close" }).click();
        await region.getByText("The connection was lost.").waitFor({ state: "detached" });
    });

    it("closes a popover with Escape, and gives the focus back", async () => {
        await open();
        await button("Popover").click();
        await expectFocus(button("Smile"));
        await page.keyboard.press("Escape");
        await page.getByRole("dialog", { name: "Reactions" }).waitFor({ state: "detached" });
        await expectFocus(button("Popover"));
    });

    it("changes theme, density and language at once, and keeps them", async () => {
        await open();
        const ground = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        await page.getByRole("radio", { name: "Light", exact: true }).check();
        const light = await ground();
        await page.getByRole("radio", { name: "Dark", exact: true }).check();
        expect(await ground()).not.toBe(light);
        const height = (await button("Cancel").first().boundingBox())!.height;
        await page.getByRole("radio", { name: "Compact", exact: true }).check();
        expect((await button("Cancel").first().boundingBox())!.height).toBeLessThan(height);
        await page.getByRole("radio", { name: "Русский", exact: true }).check();
        await page.getByText("1 участник · 2 участника · 5 участников").waitFor();
        expect(await page.evaluate(() => document.documentElement.lang)).toBe("ru");
        await page.reload();
        expect(await page.getByRole("radio", { name: "Dark" }).isChecked()).toBe(true);
        expect(await ground()).not.toBe(light);
    });

    it("follows the machine's theme until somebody chooses", async () => {
        await open("", { colorScheme: "dark" });
        const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        await page.emulateMedia({ colorScheme: "light" });
        expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).not.toBe(dark);
    });
});

describe("on a phone", () => {
    const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

    it("nothing is wider than the screen", async () => {
        await open("?language=ru", phone);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    });

    it("what can be pressed is at least 44 pixels high, or has room around it", async () => {
        await open("", phone);
        const low = await page.evaluate(() => {
            const pressed = [...document.querySelectorAll<HTMLElement>("button, select, input:not([type]), [role=tab]")];
            const height = (element: HTMLElement): number =>
                Math.max(element.offsetHeight, parseFloat(getComputedStyle(element, "::after").blockSize) || 0);
            // Small ones stand apart from one another.
            return pressed
                .filter((element) => element.offsetHeight > 0 && element.dataset["size"] !== "small" && height(element) < 42)
                .map((element) => element.getAttribute("aria-label") ?? element.className);
        });
        expect(low).toEqual([]);
    });

    it("a sheet takes the whole width", async () => {
        await open("", phone);
        await button("Sheet").tap();
        expect((await page.getByRole("dialog").boundingBox())!.width).toBe(360);
    });
});

async function expectFocus(element: Locator): Promise<void> {
    expect(await element.evaluate((candidate) => candidate === document.activeElement)).toBe(true);
}
