import { createI18n } from "@veche/kit";
import { describe, expect, test } from "vitest";
import { type Api, Refused } from "../../api/api";
import { en } from "../../i18n/en";
import { ru } from "../../i18n/ru";
import { UploadStore, splitPem } from "./certificate_store";
import { faultText } from "./fault_words";

const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
const KEY = "-----BEGIN EC PRIVATE KEY-----\nBBBB\n-----END EC PRIVATE KEY-----";
const FAULT = { code: "too_large", error: "English", parameters: { part: "key", bytes_max: 7 } };
const UPLOAD = { chain: CERTIFICATE, key: KEY };

const api = (answer: () => Promise<unknown>): Api => ({ post: answer }) as unknown as Api;

test("a file with both is split, and what is neither is left out", () => {
    expect(splitPem(`Bag Attributes\n${KEY}\nsubject=x\n${CERTIFICATE}\n${CERTIFICATE}`)).toEqual({ chain: `${CERTIFICATE}\n${CERTIFICATE}\n`, key: `${KEY}\n` });
    expect(splitPem("hello")).toEqual({ chain: "", key: "" });
});

describe("an upload", () => {
    test("without faults is good", async () => {
        const store = new UploadStore(api(() => Promise.resolve({ faults: [] })));
        await store.check(UPLOAD);
        expect(store.getSnapshot()).toEqual({ phase: "good" });
        store.changed();
        expect(store.getSnapshot().phase).toBe("unknown");
    });

    test("that has changed since is not told what was wrong with the one before", async () => {
        let answer: (value: unknown) => void = () => undefined;
        const store = new UploadStore(api(() => new Promise((resolve) => (answer = resolve))));
        const checked = store.check(UPLOAD);
        store.changed();
        answer({ faults: [FAULT] });
        await checked;
        expect(store.getSnapshot()).toEqual({ phase: "unknown", busy: false, thrown: null });
    });

    test("that is refused when it is kept says why", async () => {
        const refused = new Refused(400, { errcode: "M_INVALID_PARAM", error: "no", reason: "certificate_faults", faults: [FAULT] });
        const store = new UploadStore(api(() => Promise.reject(refused)));
        await expect(store.keep(UPLOAD, "p")).rejects.toBe(refused);
        expect(store.getSnapshot()).toEqual({ phase: "faulty", faults: [FAULT] });
    });
});

describe("faults in words", () => {
    const { t } = createI18n({ en, ru }, { language: "en", storage: null });

    test("have their parameters", () => {
        expect(faultText(t, FAULT)).toBe("The private key is too large: at most 7 bytes are accepted.");
        expect(faultText(t, { code: "expired", error: "", parameters: { certificate: 1, not_after: 1_767_225_600 } })).toContain("2026-01-01");
        expect(faultText(t, { code: "wrong_order", error: "", parameters: { right_order: [2, 1] } })).toContain("2, 1");
    });

    test("that there are no words for are told by the server's own", () => {
        expect(faultText(t, { code: "of_tomorrow", error: "Something new.", parameters: {} })).toBe("Something new.");
    });
});
