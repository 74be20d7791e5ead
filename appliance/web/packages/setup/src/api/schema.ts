// Written by `npm run api`, from what the server says of itself.

export interface paths {
    "/api/setup/v1/certificate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Chooses the certificate */
        put: operations["setup.put_certificate"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup/v1/claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows the claim code */
        post: operations["setup.claim"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup/v1/encryption": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Chooses who protects what is said */
        put: operations["setup.put_encryption"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup/v1/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes the owner and starts the server */
        post: operations["setup.finish"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup/v1/language": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Chooses the language */
        put: operations["setup.put_language"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup/v1/name": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Looks where a name leads */
        get: operations["setup.check_name"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup/v1/organisation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Names company and server */
        put: operations["setup.put_organisation"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup/v1/owner": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Says who owns the server */
        put: operations["setup.put_owner"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup/v1/owner/passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Takes the passkey that the browser has made */
        put: operations["setup.put_passkey"];
        /** What to ask the browser for, so that it makes a passkey */
        post: operations["setup.offer_passkey"];
        /** The owner has no passkey */
        delete: operations["setup.delete_passkey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup/v1/owner/second_factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Takes what was offered, with a code of it */
        put: operations["setup.put_second_factor"];
        /** Offers a secret for an authenticator app */
        post: operations["setup.offer_second_factor"];
        /** The owner shows no second factor */
        delete: operations["setup.delete_second_factor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup/v1/registration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Chooses how people get in */
        put: operations["setup.put_registration"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup/v1/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The answers so far */
        get: operations["setup.state"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description The answer. */
        CertificateAnswer: {
            /** @constant */
            source: "own";
        } | {
            /** @description The server's certificate first, then the one that signed it, and so on. */
            chain: string;
            /** @description The private key, without a password. */
            key: string;
            /** @constant */
            source: "upload";
        } | {
            /** @description Its address; Let's Encrypt if there is none. */
            directory?: string | null;
            /** @description A mail address that it may write to. */
            email?: string | null;
            /** @constant */
            source: "acme";
        };
        /** @description The code. */
        Claim: {
            /** @description As it is shown, in capitals or not, with or without what stands between. */
            code: string;
        };
        /** @description The answer. */
        EncryptionAnswer: {
            encryption: components["schemas"]["EncryptionPolicy"];
        };
        /** @description Who protects what is said in new rooms. */
        EncryptionPolicy: "private" | "managed";
        /**
         * @description A language of the pages.
         * @enum {string}
         */
        Language: "en" | "ru";
        /** @description The answer. */
        LanguageAnswer: {
            /** @description In which language pages speak to those who have not chosen one. */
            language: components["schemas"]["Language"];
        };
        /** @description Where a name leads. */
        NameReport: {
            /** @description Where DNS says that it leads, as far as it says anything. */
            leads_to: string[];
            /** @description The addresses of this machine. */
            own_addresses: string[];
            /** @description What the resolver said instead of an address, in its words. */
            resolver: string | null;
            /** @description The name. */
            server_name: string;
            /** @description What came of it. */
            verdict: components["schemas"]["NameVerdict"];
        };
        /** @description What came of looking where a name leads. */
        NameVerdict: "here" | "elsewhere" | "nowhere" | "this_machine_only" | "own_address" | "other_address";
        /** @description What the browser has made. */
        NewPasskey: {
            /** @description `RegistrationResponseJSON` of WebAuthn. */
            credential: unknown;
            /** @description What its owner calls it. */
            name: string;
        };
        /** @description The answer. */
        OrganisationAnswer: {
            /** @description What the company is called. */
            name: string;
            /**
             * @description What the server is called: the part of every user id after the colon. It cannot change later. It is taken also if
             *     it does not lead here yet.
             */
            server_name: string;
        };
        /** @description The answer. */
        OwnerAnswer: {
            display_name?: string | null;
            /** @description At least 8 characters. */
            password: string;
            /** @description The name before the colon. */
            username: string;
        };
        /** @description What to ask the browser for. */
        PasskeyOffer: {
            /** @description `PublicKeyCredentialCreationOptionsJSON` of WebAuthn. */
            options: unknown;
        };
        /** @description The whole report. */
        Reachability: {
            /** @description In the order in which one should read and mend them. */
            lines: components["schemas"]["ReachabilityLine"][];
            /**
             * Format: uint64
             * @description When it was made, in milliseconds since 1970.
             */
            made_ms: number;
            /** @description What the server is called. */
            server_name: string;
            /** @description The worst state of a line. */
            state: components["schemas"]["ReachabilityState"];
        };
        /** @description One thing that was looked at. */
        ReachabilityLine: {
            /** @description What came out; stable, and with [`Line::id`] enough to find the words in another language. */
            code: string;
            /** @description What was looked at; stable. */
            id: string;
            /** @description What it means. */
            meaning: components["schemas"]["Words"];
            /** @description How to mend it, if there is something to mend. */
            mend: components["schemas"]["Words"] | null;
            /** @description How it came out. */
            state: components["schemas"]["ReachabilityState"];
            /** @description The name of what was looked at. */
            title: components["schemas"]["Words"];
        };
        /** @description How a line came out, from nothing to worry about to the worst. */
        ReachabilityState: "skipped" | "ok" | "warning" | "failed";
        Refusal: {
            errcode: string;
            /** @description English, for logs and for cases that pages have no words for */
            error: string;
            /** @description A stable word */
            reason?: string;
        } & {
            [key: string]: unknown;
        };
        /** @description The answer. */
        RegistrationAnswer: {
            mode: components["schemas"]["SetupRegistrationMode"];
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
        /** @description Where the certificate comes from. */
        SetupCertificate: {
            /** @constant */
            source: "own";
        } | {
            /** @constant */
            source: "upload";
        } | {
            directory: string | null;
            email: string | null;
            /** @constant */
            source: "acme";
        };
        /** @description A server that has begun. */
        SetupFinished: {
            /** @description Where clients reach the server. */
            base_url: string;
            /** @description What to hand on, if people get in by invitation. */
            invite_link: string | null;
            /** @description The owner's account. */
            owner: string;
            /** @description Whether clients reach the server, as far as it sees from inside; null if it could not be looked at. */
            reachability: components["schemas"]["Reachability"] | null;
            server_name: string;
        };
        /** @description Company and server. */
        SetupOrganisation: {
            /** @description Where clients will reach the server. */
            base_url: string;
            name: string;
            /** @description The part of every user id after the colon. */
            server_name: string;
        };
        /** @description Who will own the server. The password is not shown again. */
        SetupOwner: {
            display_name: string | null;
            /** @description There is a passkey. */
            passkey: boolean;
            /** @description A code of an authenticator app will be asked for beside the password. */
            second_factor: boolean;
            username: string;
        };
        /** @description How people get in. */
        SetupRegistration: {
            /** @constant */
            mode: "closed";
        } | {
            /** @description What to hand on; there is one as soon as the server has a name. */
            link: string | null;
            /** @constant */
            mode: "token";
            /** @description The first one. It opens nothing before the end. */
            token: string;
        };
        /** @description How people get in. */
        SetupRegistrationMode: "closed" | "token";
        /** @description What opens the rest. */
        SetupSession: {
            /** Format: uint64 */
            expires_in_ms: number;
            /** @description To be sent as `Authorization: Bearer`. */
            token: string;
        };
        /** @description The answers so far. What has none is null. */
        SetupState: {
            certificate: components["schemas"]["SetupCertificate"] | null;
            encryption: components["schemas"]["EncryptionPolicy"] | null;
            /** @description The name that the settings of the machine say: then it can be no other. */
            fixed_server_name: string | null;
            language: components["schemas"]["Language"] | null;
            organisation: components["schemas"]["SetupOrganisation"] | null;
            owner: components["schemas"]["SetupOwner"] | null;
            /** @description A passkey may be made on a page that was opened under this name; null: none can be. */
            passkey_name: string | null;
            registration: components["schemas"]["SetupRegistration"] | null;
            /** @description Steps that still need an answer, in the order in which they are best asked. */
            unanswered: components["schemas"]["SetupStep"][];
        };
        /**
         * @description A step of the wizard.
         * @enum {string}
         */
        SetupStep: "language" | "organisation" | "certificate" | "owner" | "registration" | "encryption";
        /** @description The same words in both languages. */
        Words: {
            /** @description English. */
            en: string;
            /** @description Russian. */
            ru: string;
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
    "setup.put_certificate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CertificateAnswer"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.claim": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Claim"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupSession"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.put_encryption": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EncryptionAnswer"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.finish": {
        parameters: {
            query?: {
                /** @description What the browser's clock shows, in milliseconds since 1970. */
                now_ms?: number | null;
            };
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
                    "application/json": components["schemas"]["SetupFinished"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.put_language": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LanguageAnswer"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.check_name": {
        parameters: {
            query: {
                /** @description As it would be the server's: `chat.example.org`. */
                name: string;
            };
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
                    "application/json": components["schemas"]["NameReport"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.put_organisation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrganisationAnswer"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.put_owner": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnerAnswer"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.put_passkey": {
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
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.offer_passkey": {
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
                    "application/json": components["schemas"]["PasskeyOffer"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.delete_passkey": {
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
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.put_second_factor": {
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
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.offer_second_factor": {
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
                    "application/json": components["schemas"]["SecondFactorOffer"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.delete_second_factor": {
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
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.put_registration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegistrationAnswer"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "setup.state": {
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
                    "application/json": components["schemas"]["SetupState"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
}
