//! An upload of a certificate: checked while it is put together, kept when it is good.

import { Store } from "@veche/protocol";
import { type Api, Refused, type Schemas } from "../../api/api";

export type Fault = Schemas["CertificateFault"];
type Upload = Schemas["CertificateUpload"];

export type UploadState =
    /** Nothing is known of this upload yet. */
    | { readonly phase: "unknown"; readonly busy: boolean; readonly thrown: unknown }
    | { readonly phase: "faulty"; readonly faults: readonly Fault[] }
    /** It may be kept. */
    | { readonly phase: "good" };

const UNKNOWN: UploadState = { phase: "unknown", busy: false, thrown: null };

export class UploadStore extends Store<UploadState> {
    readonly #api: Api;
    #count = 0;

    constructor(api: Api) {
        super(UNKNOWN);
        this.#api = api;
    }

    /** Another file: what was found out does not hold any more. */
    changed(): void {
        this.#count += 1;
        this.publish(UNKNOWN);
    }

    /** Looks what is wrong with it; nothing is kept. */
    async check(upload: Upload): Promise<void> {
        const count = (this.#count += 1);
        this.publish({ phase: "unknown", busy: true, thrown: null });
        try {
            const { faults } = await this.#api.post("/api/admin/v1/certificate/check", { body: upload });
            if (count === this.#count) this.publish(faults.length === 0 ? { phase: "good" } : { phase: "faulty", faults });
        } catch (thrown) {
            if (count === this.#count) this.publish({ phase: "unknown", busy: false, thrown });
        }
    }

    /** Keeps it. What the server finds wrong is told here; the rest is thrown. */
    async keep(upload: Upload, proof: string): Promise<Schemas["CertificateStatus"]> {
        try {
            return await this.#api.post("/api/admin/v1/certificate/upload", { body: upload, proof });
        } catch (thrown) {
            const faults = thrown instanceof Refused && thrown.reason === "certificate_faults" ? thrown.data["faults"] : null;
            if (Array.isArray(faults)) this.publish({ phase: "faulty", faults: faults as Fault[] });
            throw thrown;
        }
    }
}

/** What a file holds: certificates, a key, both, or neither. A file with both is split. Pure. */
export function splitPem(text: string): { readonly chain: string; readonly key: string } {
    const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g)];
    const of = (fits: (name: string) => boolean): string => blocks.filter(([, name]) => fits(name ?? "")).map(([block]) => `${block}\n`).join("");
    return { chain: of((name) => name.endsWith("CERTIFICATE")), key: of((name) => name.endsWith("PRIVATE KEY")) };
}
