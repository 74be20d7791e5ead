/**
 * Takes pictures of the page: both themes at three sizes, and what opens in front of it. `npm run screenshots -- FOLDER`.
 */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { chromium } from "playwright-core";
import { openLook } from "./server.mjs";

const folder = resolve(process.argv[2] ?? "screenshots");
const SIZES = [
    { name: "phone", width: 390, height: 844, hasTouch: true, isMobile: true },
    { name: "laptop", width: 1280, height: 800 },
    { name: "desktop", width: 1920, height: 1080 },
];
/** What is opened, and how; on the largest screen it looks as on the middle one. */
const OPENED = {
    dialog: (page) => page.getByRole("button", { name: "Dialog" }).click(),
    question: (page) => page.getByRole("button", { name: "Question" }).click(),
    sheet: (page) => page.getByRole("button", { name: "Sheet", exact: true }).click(),
    menu: (page) => page.getByRole("button", { name: "More" }).last().click(),
    calendar: (page) => page.getByRole("button", { name: "Calendar" }).click(),
    combobox: (page) => page.getByRole("combobox", { name: "People to invite" }).click(),
    toasts: async (page) => {
        await page.getByRole("button", { name: "Toast: success" }).click();
        await page.getByRole("button", { name: "Toast: failure" }).click();
    },
};

await mkdir(folder, { recursive: true });
const look = await openLook();
const browser = await chromium.launch(look.browser);
for (const { name, width, height, ...device } of SIZES) {
    for (const theme of ["light", "dark"]) {
        const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce", ...device });
        const page = await context.newPage();
        await page.goto(`${look.url}?theme=${theme}`);
        await page.getByRole("heading", { level: 1 }).waitFor();
        for (const section of await page.getByRole("main").locator("section").all()) {
            const title = await section.getByRole("heading").first().innerText();
            await section.screenshot({ path: `${folder}/${name}-${theme}-${title.replaceAll(" ", "-")}.png` });
        }
        await page.goto(`${look.url}?theme=${theme}`);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.screenshot({ path: `${folder}/${name}-${theme}.png` });
        for (const [thing, open] of Object.entries(name === "desktop" ? {} : OPENED)) {
            await page.goto(`${look.url}?theme=${theme}`);
            await open(page);
            await page.screenshot({ path: `${folder}/${name}-${theme}-${thing}.png` });
        }
        await context.close();
    }
}
await browser.close();
await look.close();
console.log(folder);
