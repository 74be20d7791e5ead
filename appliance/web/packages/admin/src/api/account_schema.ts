// Written by `npm run api`, from what the server says of itself.

export interface paths {
    "/api/account/v1/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The own passkeys */
        get: operations["passkeys.list"];
        /** Keeps the passkey that the browser has made */
        put: operations["passkeys.add"];
        /** What to ask the browser for, so that it makes a passkey */
        post: operations["passkeys.offer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/v1/passkeys/{passkeyId}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Forgets a passkey */
        delete: operations["passkeys.remove"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/account/v1/second_factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether a code is asked for beside the password */
        get: operations["second_factor.get"];
        /** Turns on what was offered, with a code of it */
        put: operations["second_factor.turn_on"];
        /** Offers a secret for an authenticator app */
        post: operations["second_factor.offer"];
        /** Turns it off */
        delete: operations["second_factor.turn_off"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description It is done; there is nothing to tell. */
        Done: Record<string, never>;
        /** @description What the browser has made. */
        NewPasskey: {
            /** @description `RegistrationResponseJSON` of WebAuthn. */
            credential: unknown;
            /** @description What its owner calls it. */
            name: string;
        };
        /** @description The password of who asks. */
        OwnPassword: {
            /** @description With the code of the authenticator app behind it, if there is a second factor. */
            password: string;
        };
        /** @description One of them. */
        Passkey: {
            /** Format: uint64 */
            created_ms: number;
            /** @description Names it in requests. */
            id: string;
            /** @description What its owner calls it. */
            name: string;
            /**
             * Format: uint64
             * @description When it was last shown; null: never.
             */
            used_ms: number | null;
        };
        /** @description What to ask the browser for. */
        PasskeyOffer: {
            /** @description `PublicKeyCredentialCreationOptionsJSON` of WebAuthn. */
            options: unknown;
        };
        /** @description The own passkeys. */
        Passkeys: {
            /**
             * Format: uint
             * @description How many there may be.
             */
            max: number;
            /** @description Oldest first. */
            passkeys: components["schemas"]["Passkey"][];
        };
        Refusal: {
            errcode: string;
            /** @description English, for logs and for cases that pages have no words for */
            error: string;
            /** @description A stable word */
            reason?: string;
        } & {
            [key: string]: unknown;
        };
        /** @description Whether there is one. */
        SecondFactor: {
            on: boolean;
        };
        /** @description What the app shows. */
        SecondFactorCode: {
            /** @description Six digits. */
            code: string;
        };
        /** @description A secret that an authenticator app is to keep. It is shown this once. */
        SecondFactorOffer: {
            /** @description As somebody types it into the app. */
            secret: string;
            /** @description As the app reads it from a picture. */
            uri: string;
        };
    };
    responses: {
        /** @description Refused, or not possible. `errcode` is of the Matrix specification; `reason`, where it is there, tells cases apart that pages have words for, and further fields are its parameters. */
        Refusal: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["Refusal"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    "passkeys.list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Passkeys"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "passkeys.add": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPasskey"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "passkeys.offer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnPassword"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyOffer"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "passkeys.remove": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                passkeyId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnPassword"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "second_factor.get": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecondFactor"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "second_factor.turn_on": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SecondFactorCode"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "second_factor.offer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnPassword"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SecondFactorOffer"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "second_factor.turn_off": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnPassword"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Done"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
}
