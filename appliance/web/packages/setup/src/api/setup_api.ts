/** The server's side of the wizard: one function for each thing that can be asked. Knows no words for people. */
import type {
    CertificateAnswer,
    EncryptionName,
    LanguageName,
    NameReport,
    OwnerAnswer,
    PasskeyOffer,
    RegistrationMode,
    SecondFactorOffer,
    SetupFinished,
    SetupSession,
    SetupState,
} from "./types";

/** How long one request may take. A new password is hashed, a name is looked up. */
const REQUEST_MS_MAX = 30_000;
/** The server starts, and looks whether it is reached, which takes long where packets get lost. */
const FINISH_MS_MAX = 120_000;

export type Fields = Readonly<Record<string, unknown>>;

/** A thrown answer of the server that is not 2xx. */
export class Refusal extends Error {
    readonly status: number;
    readonly fields: Fields;

    constructor(status: number, fields: Fields) {
        super(typeof fields["error"] === "string" ? fields["error"] : `HTTP ${status}`);
        this.name = "Refusal";
        this.status = status;
        this.fields = fields;
    }
}

/** No answer came. */
export class NoAnswer extends Error {
    constructor(cause: unknown) {
        super("there is no answer", { cause });
        this.name = "NoAnswer";
    }
}

interface Ask {
    readonly body?: object;
    readonly token?: string;
    readonly limitMs?: number;
    readonly signal?: AbortSignal;
}

/** Asks the server that the page comes from. */
export class SetupApi {
    readonly #fetch: typeof fetch;

    constructor(fetchFn: typeof fetch = (...args) => globalThis.fetch(...args)) {
        this.#fetch = fetchFn;
    }

    claim(code: string): Promise<SetupSession> {
        return this.#ask("POST", "/api/setup/v1/claim", { body: { code } });
    }

    state(token?: string): Promise<SetupState> {
        return this.#ask("GET", "/api/setup/v1/state", token === undefined ? {} : { token });
    }

    checkName(token: string, name: string, signal: AbortSignal): Promise<NameReport> {
        return this.#ask("GET", `/api/setup/v1/name?${new URLSearchParams({ name })}`, { token, signal });
    }

    putLanguage(token: string, language: LanguageName): Promise<SetupState> {
        return this.#ask("PUT", "/api/setup/v1/language", { token, body: { language } });
    }

    putOrganisation(token: string, name: string, serverName: string): Promise<SetupState> {
        return this.#ask("PUT", "/api/setup/v1/organisation", { token, body: { name, server_name: serverName } });
    }

    putCertificate(token: string, answer: CertificateAnswer): Promise<SetupState> {
        return this.#ask("PUT", "/api/setup/v1/certificate", { token, body: answer });
    }

    putOwner(token: string, answer: OwnerAnswer): Promise<SetupState> {
        return this.#ask("PUT", "/api/setup/v1/owner", { token, body: answer });
    }

    /** Offers a secret in place of any other; it holds once a code of it was shown. */
    offerSecondFactor(token: string): Promise<SecondFactorOffer> {
        return this.#ask("POST", "/api/setup/v1/owner/second_factor", { token });
    }

    putSecondFactor(token: string, code: string): Promise<SetupState> {
        return this.#ask("PUT", "/api/setup/v1/owner/second_factor", { token, body: { code } });
    }

    deleteSecondFactor(token: string): Promise<SetupState> {
        return this.#ask("DELETE", "/api/setup/v1/owner/second_factor", { token });
    }

    /** What to ask the browser for, so that it makes a passkey. */
    offerPasskey(token: string): Promise<PasskeyOffer> {
        return this.#ask("POST", "/api/setup/v1/owner/passkey", { token });
    }

    putPasskey(token: string, credential: unknown, name: string): Promise<SetupState> {
        return this.#ask("PUT", "/api/setup/v1/owner/passkey", { token, body: { credential, name } });
    }

    deletePasskey(token: string): Promise<SetupState> {
        return this.#ask("DELETE", "/api/setup/v1/owner/passkey", { token });
    }

    putRegistration(token: string, mode: RegistrationMode): Promise<SetupState> {
        return this.#ask("PUT", "/api/setup/v1/registration", { token, body: { mode } });
    }

    putEncryption(token: string, encryption: EncryptionName): Promise<SetupState> {
        return this.#ask("PUT", "/api/setup/v1/encryption", { token, body: { encryption } });
    }

    /** Makes the owner, and answers when the server has started. */
    finish(token: string, nowMs: number): Promise<SetupFinished> {
        return this.#ask("POST", `/api/setup/v1/finish?now_ms=${nowMs}`, { token, limitMs: FINISH_MS_MAX });
    }

    /** Whether anything answers. */
    async answers(): Promise<boolean> {
        try {
            return (await this.#fetch("/health", { signal: AbortSignal.timeout(REQUEST_MS_MAX), cache: "no-store" })).ok;
        } catch {
            return false;
        }
    }

    async #ask<T>(method: string, path: string, { body, token, limitMs = REQUEST_MS_MAX, signal }: Ask): Promise<T> {
        const headers: Record<string, string> = {};
        if (body !== undefined) headers["Content-Type"] = "application/json";
        if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
        const limit = AbortSignal.timeout(limitMs);
        const init: RequestInit = {
            method,
            headers,
            body: body === undefined ? null : JSON.stringify(body),
            signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
            cache: "no-store",
        };
        let response: Response;
        let data: unknown;
        try {
            response = await this.#fetch(path, init);
            data = await response.json().catch((thrown: unknown) => {
                // Cut off in the middle is no answer either; what is no JSON comes from something in between.
                if (thrown instanceof SyntaxError) return {};
                throw thrown;
            });
        } catch (thrown) {
            throw signal?.aborted === true ? thrown : new NoAnswer(thrown);
        }
        if (!response.ok) throw new Refusal(response.status, isFields(data) ? data : {});
        return data as T;
    }
}

function isFields(data: unknown): data is Fields {
    return typeof data === "object" && data !== null;
}
