import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MediaStore, safeType } from "./media_store";

const source = { mxc: "mxc://b/x", encrypted: null, mimetype: "image/png" };
const size = { width: 96, height: 96, crop: true };

let urls = 0;
beforeEach(() => {
    vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: () => `blob:${++urls}`, revokeObjectURL: vi.fn() }));
});
afterEach(() => {
    vi.unstubAllGlobals();
});

test("a file is fetched once for all who show it, with the path of its size", async () => {
    const fetched = vi.fn<(path: string) => Promise<ArrayBuffer>>(() => Promise.resolve(new ArrayBuffer(4)));
    const media = new MediaStore(fetched);
    const [one, two] = await Promise.all([media.show(source, size), media.show(source, size)]);
    expect(one).toBe(two);
    expect(media.peek(source, size)).toBe(one);
    expect(fetched.mock.calls).toEqual([["/_matrix/client/v1/media/thumbnail/b/x?width=96&height=96&method=crop"]]);
    await media.show(source);
    expect(fetched.mock.calls[1]).toEqual(["/_matrix/client/v1/media/download/b/x"]);
});

test("a failure is told, and the next look tries again", async () => {
    const fetched = vi.fn<(path: string) => Promise<ArrayBuffer>>(() => Promise.resolve(new ArrayBuffer(4)));
    fetched.mockRejectedValueOnce(Object.assign(new Error(), { httpStatus: 404 }));
    const media = new MediaStore(fetched);
    await expect(media.show(source)).rejects.toMatchObject({ code: "notFound" });
    expect(await media.show(source)).toMatch(/^blob:/);
});

test("what is not shown any more goes when there is too much, and not before", async () => {
    let nowMs = 0;
    const large = new ArrayBuffer(40 * 1024 * 1024);
    const media = new MediaStore(() => Promise.resolve(large), () => nowMs);
    const [first, second] = [{ ...source, mxc: "mxc://b/1" }, { ...source, mxc: "mxc://b/2" }];
    await media.show(first);
    await media.show(second);
    media.release(first);
    expect(media.peek(first)).not.toBeNull();
    nowMs = 10_000;
    media.release(second);
    expect(media.peek(first)).toBeNull();
    expect(media.peek(second)).not.toBeNull();
});

test("addresses that are none are refused", async () => {
    const media = new MediaStore(() => Promise.resolve(new ArrayBuffer(0)));
    await expect(media.show({ ...source, mxc: "mxc://b" })).rejects.toMatchObject({ code: "notFound" });
});

test.each([
    ["image/png", "image/png"],
    ["IMAGE/JPEG; charset=x", "image/jpeg"],
    ["image/svg+xml", "application/octet-stream"],
    ["text/html", "application/octet-stream"],
    ["video/mp4", "video/mp4"],
    ["", "application/octet-stream"],
])("%s is given to the browser as %s", (mimetype, type) => {
    expect(safeType(mimetype)).toBe(type);
});
