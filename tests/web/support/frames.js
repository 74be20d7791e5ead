// What a timeline shows, frame by frame.

/**
 * Counts frames from now on: those in which some place of the timeline shows no message though there are some (blank), and
 * those that came late. Answers what ends the counting and gives the figures.
 */
export async function countFrames(page) {
    await page.evaluate(() => {
        const LATE_MS = 50;
        const log = document.querySelector("[role=log]");
        const counted = { frames: 0, blank: 0, late: 0, longest: 0, running: true };
        window.vecheFrames = counted;
        let before = performance.now();
        // Rows have gaps between them; a hand's breadth without any row is a hole.
        const isBlank = () => {
            const box = log.getBoundingClientRect();
            const rows = [...log.querySelectorAll("[data-key]")].map((row) => row.getBoundingClientRect()).filter((row) => row.height > 0);
            if (rows.length === 0) return true;
            const seen = rows.filter((row) => row.bottom > box.top && row.top < box.bottom);
            if (seen.length === 0) return true;
            let covered = box.top;
            for (const row of seen.sort((a, b) => a.top - b.top)) {
                if (row.top - covered > 150) return true;
                covered = Math.max(covered, row.bottom);
            }
            return box.bottom - covered > 150;
        };
        const frame = (now) => {
            if (!counted.running) return;
            counted.frames += 1;
            if (isBlank()) counted.blank += 1;
            const took = now - before;
            if (took > LATE_MS) counted.late += 1;
            counted.longest = Math.max(counted.longest, took);
            before = now;
            requestAnimationFrame(frame);
        };
        requestAnimationFrame(frame);
    });
    return () =>
        page.evaluate(() => {
            const { running: _, ...figures } = window.vecheFrames;
            window.vecheFrames.running = false;
            return figures;
        });
}

/** Turns the wheel over the timeline by so many pixels, and waits until that has been drawn. */
export async function wheel(page, pixels) {
    const box = await page.getByRole("log").boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.wheel(0, pixels);
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
}

/** Memory of the page after a collection: of scripts, and how many nodes the document has. */
export async function memory(page) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("HeapProfiler.collectGarbage");
    await devtools.send("Performance.enable");
    const { metrics } = await devtools.send("Performance.getMetrics");
    await devtools.detach();
    const value = (name) => metrics.find((metric) => metric.name === name)?.value ?? 0;
    return { heapMb: value("JSHeapUsedSize") / 1e6, nodes: value("Nodes") };
}
