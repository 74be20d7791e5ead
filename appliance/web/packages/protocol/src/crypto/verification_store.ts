//! Verifying another device of one's own, or another person: by a QR code or by comparing emoji. One at a time, as people do it.

import type { MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import {
    CryptoEvent,
    type CryptoApi,
    type ShowQrCodeCallbacks,
    type ShowSasCallbacks,
    VerificationPhase,
    type VerificationRequest,
    VerificationRequestEvent,
    type Verifier,
    VerifierEvent,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import { problemOf } from "../base/problem";
import type { ProblemCode } from "../base/problem";
import { Scope } from "../base/scope";
import { Store } from "../base/store";
import { listen } from "../engine/listen";
import { readableName } from "../people/names";

const SAS = "m.sas.v1";
const SHOW_CODE = "m.qr_code.show.v1";
const SCAN_CODE = "m.qr_code.scan.v1";
const RECIPROCATE = "m.reciprocate.v1";

/** The ways in which this device can verify, and be verified; scanning takes a camera. */
export const verificationMethods = (camera: boolean): string[] => [SAS, SHOW_CODE, RECIPROCATE, ...(camera ? [SCAN_CODE] : [])];

export interface VerificationEmoji {
    readonly emoji: string;
    /** Its English name, by which translations find theirs. */
    readonly name: string;
}

/** The other side. */
interface Who {
    /** Another device of mine. */
    readonly self: boolean;
    readonly userId: string;
    /** How people know them. */
    readonly name: string;
}

export type VerificationState =
    | { readonly phase: "none" }
    /** Somebody asks. */
    | (Who & { readonly phase: "asked"; readonly deviceId: string | null })
    /** I asked and wait for the other side to accept. */
    | (Who & { readonly phase: "waiting" })
    | (Who & { readonly phase: "starting" })
    /** Both sides are there. `code`: what the other side may scan; `mayScan`: it can show a code of its own. */
    | (Who & { readonly phase: "choosing"; readonly code: Uint8ClampedArray | null; readonly mayScan: boolean })
    /** The other side says that it has scanned our code. */
    | (Who & { readonly phase: "scanned" })
    | (Who & { readonly phase: "comparing"; readonly emoji: readonly VerificationEmoji[] })
    /** I said that they match and wait for the other side. */
    | (Who & { readonly phase: "confirming" })
    | (Who & { readonly phase: "done" })
    | { readonly phase: "ended"; readonly why: "mismatch" | "cancelled" | "timeout" | "elsewhere" | "failed"; readonly problem: ProblemCode | null };

export class VerificationStore extends Store<VerificationState> {
    readonly #client: MatrixClient;
    readonly #crypto: CryptoApi;
    #request: VerificationRequest | null = null;
    #scope = new Scope();
    #sas: ShowSasCallbacks | null = null;
    #scanned: ShowQrCodeCallbacks | null = null;
    #offered = false;
    #listening: Verifier | null = null;

    constructor(client: MatrixClient, crypto: CryptoApi, scope: Scope) {
        super({ phase: "none" });
        this.#client = client;
        this.#crypto = crypto;
        listen(scope, client, CryptoEvent.VerificationRequestReceived, (request) => this.#received(request));
        scope.add(() => this.#scope.close());
    }

    /** Asks my other devices. */
    askOwnDevices(): Promise<void> {
        return this.#ask(() => this.#crypto.requestOwnUserVerification());
    }

    askDevice(userId: string, deviceId: string): Promise<void> {
        return this.#ask(() => this.#crypto.requestDeviceVerification(userId, deviceId));
    }

    /** Asks a person, in the conversation with them. */
    askPerson(userId: string, roomId: string): Promise<void> {
        return this.#ask(() => this.#crypto.requestVerificationDM(userId, roomId));
    }

    /** Says yes to who asked. */
    async accept(): Promise<void> {
        await this.#attempt(async () => this.#request?.accept());
    }

    /** By emoji, where there is a choice. */
    async compareEmoji(): Promise<void> {
        const state = this.getSnapshot();
        const request = this.#request;
        if (!request || state.phase !== "choosing") return;
        const who = { self: state.self, userId: state.userId, name: state.name };
        this.publish({ phase: "starting", ...who });
        await this.#start(request, who);
    }

    /** Takes what was scanned from the other side's screen; false if it is the code of something else. */
    async scan(code: Uint8ClampedArray): Promise<boolean> {
        const request = this.#request;
        if (!request || this.getSnapshot().phase !== "choosing") return false;
        try {
            await request.scanQRCode(code);
            return true;
        } catch {
            return false;
        }
    }

    /** The emoji are the same, or the other side really has scanned our code. */
    async confirm(): Promise<void> {
        const [sas, scanned] = [this.#sas, this.#scanned];
        const state = this.getSnapshot();
        if (state.phase !== "comparing" && state.phase !== "scanned") return;
        this.publish({ phase: "confirming", self: state.self, userId: state.userId, name: state.name });
        if (state.phase === "scanned") scanned?.confirm();
        else await this.#attempt(async () => sas?.confirm());
    }

    /** The emoji differ, or the other side has scanned something else: somebody is in between, or it was another request. */
    mismatch(): void {
        this.#sas?.mismatch();
        this.#scanned?.cancel();
        this.#end("mismatch");
    }

    /** Declines or breaks off, or puts away what is finished. */
    async dismiss(): Promise<void> {
        const request = this.#request;
        this.#forget();
        this.publish({ phase: "none" });
        if (request?.pending) await request.cancel().catch(() => undefined);
    }

    async #ask(ask: () => Promise<VerificationRequest>): Promise<void> {
        await this.dismiss();
        await this.#attempt(async () => {
            this.#follow(await ask());
        });
    }

    async #attempt(work: () => Promise<unknown>): Promise<void> {
        try {
            await work();
        } catch (error) {
            const { phase } = this.getSnapshot();
            if (phase !== "ended" && phase !== "done") this.#end("failed", problemOf(error).code);
        }
    }

    #received(request: VerificationRequest): void {
        // Busy with another one: the other side sees a timeout, as with a telephone that is engaged.
        if (this.#request?.pending || !request.pending) return;
        this.#follow(request);
    }

    #follow(request: VerificationRequest): void {
        this.#forget();
        this.#request = request;
        this.#scope = new Scope();
        listen(this.#scope, request, VerificationRequestEvent.Change, () => this.#changed(request));
        this.#changed(request);
    }

    #forget(): void {
        this.#scope.close();
        this.#request = null;
        this.#sas = null;
        this.#scanned = null;
        this.#offered = false;
        this.#listening = null;
    }

    #changed(request: VerificationRequest): void {
        const who = { self: request.isSelfVerification, userId: request.otherUserId, name: this.#nameOf(request.otherUserId) };
        const { phase } = this.getSnapshot();
        switch (request.phase) {
            case VerificationPhase.Unsent:
            case VerificationPhase.Requested:
                if (request.initiatedByMe) this.publish({ phase: "waiting", ...who });
                else if (!request.accepting) this.publish({ phase: "asked", ...who, deviceId: request.otherDeviceId ?? null });
                break;
            case VerificationPhase.Ready:
                if (!this.#offered) void this.#offer(request, who);
                break;
            case VerificationPhase.Started:
                if (request.verifier && request.chosenMethod === RECIPROCATE) this.#reciprocate(request.verifier, who);
                else if (request.verifier) this.#compare(request.verifier, who);
                break;
            case VerificationPhase.Done:
                this.publish({ phase: "done", ...who });
                this.#forget();
                break;
            case VerificationPhase.Cancelled:
                if (phase !== "ended") this.#end(reason(request));
                break;
        }
    }

    #nameOf(userId: string): string {
        return readableName(userId, this.#client.getUser(userId)?.displayName, this.#client.getSafeUserId());
    }

    /** Offers what both sides can do: a code to scan and one to show, else the emoji at once. */
    async #offer(request: VerificationRequest, who: Who): Promise<void> {
        this.#offered = true;
        this.publish({ phase: "starting", ...who });
        const mayScan = request.otherPartySupportsMethod(SHOW_CODE) && request.otherPartySupportsMethod(RECIPROCATE);
        // Without keys of the account there is nothing that a code could say.
        const code = (await request.generateQRCode().catch(() => undefined)) ?? null;
        if (this.#request !== request || request.phase !== VerificationPhase.Ready) return;
        if (code !== null || mayScan) this.publish({ phase: "choosing", ...who, code, mayScan });
        // Both sides may start: the protocol keeps one of the two.
        else if (request.initiatedByMe) await this.#start(request, who);
    }

    #reciprocate(verifier: Verifier, who: Who): void {
        if (this.#listening !== verifier) {
            this.#listening = verifier;
            verifier.verify().catch(() => undefined);
        }
        const scanned = verifier.getReciprocateQrCodeCallbacks();
        if (!scanned) this.publish({ phase: "confirming", ...who });
        else if (this.#scanned === null) {
            this.#scanned = scanned;
            this.publish({ phase: "scanned", ...who });
        }
    }

    #start(request: VerificationRequest, who: Who): Promise<void> {
        return this.#attempt(async () => {
            this.#compare(await request.startVerification(SAS), who);
        });
    }

    #compare(verifier: Verifier, who: Who): void {
        if (this.#listening === verifier) return;
        this.#listening = verifier;
        const show = (sas: ShowSasCallbacks) => {
            this.#sas = sas;
            const emoji = (sas.sas.emoji ?? []).map(([shape, name]) => ({ emoji: shape, name }));
            this.publish({ phase: "comparing", ...who, emoji });
        };
        listen(this.#scope, verifier, VerifierEvent.ShowSas, show);
        const known = verifier.getShowSasCallbacks();
        if (known) show(known);
        // Resolves when both have confirmed; failing is told through the request as well.
        verifier.verify().catch(() => undefined);
    }

    #end(why: Extract<VerificationState, { phase: "ended" }>["why"], problem: ProblemCode | null = null): void {
        this.#forget();
        this.publish({ phase: "ended", why, problem });
    }
}

function reason(request: VerificationRequest): "mismatch" | "cancelled" | "timeout" | "elsewhere" {
    switch (request.cancellationCode) {
        case "m.mismatched_sas":
        case "m.key_mismatch":
        case "m.mismatched_commitment":
            return "mismatch";
        case "m.timeout":
            return "timeout";
        case "m.accepted":
            return "elsewhere";
        case null:
        default:
            return "cancelled";
    }
}
