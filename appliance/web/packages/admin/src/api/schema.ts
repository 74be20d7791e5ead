// Written by `npm run api`, from what the server says of itself.

export interface paths {
    "/api/admin/v1/about": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What runs here */
        get: operations["about.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Calls that go on now, and who is in them */
        get: operations["calls.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/calls/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes everybody out of a call */
        post: operations["calls.end"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/calls/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes somebody out of a call */
        post: operations["calls.remove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/certificate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the certificate is */
        get: operations["certificate.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/certificate/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Looks what is wrong with an upload */
        post: operations["certificate.check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/certificate/source": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Takes the certificate from another source; needs a fresh proof */
        put: operations["certificate.put_source"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/certificate/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keeps an uploaded certificate, and uses it if uploads are the source; needs a fresh proof */
        post: operations["certificate.upload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/dashboard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the site is */
        get: operations["dashboard.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/directories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Company directories, in the order in which they are asked */
        get: operations["directories.list"];
        put?: never;
        /** Adds a company directory; needs a fresh proof */
        post: operations["directories.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/directories/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tells what somebody would get by a configuration; needs a fresh proof */
        post: operations["directories.test"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/directories/{directory_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Changes a company directory; needs a fresh proof */
        put: operations["directories.update"];
        post?: never;
        /** Takes a company directory away; needs a fresh proof */
        delete: operations["directories.delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/directories/{directory_id}/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of a directory's people, the newest first */
        get: operations["directories.reports"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/directories/{directory_id}/sync": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Looks at everybody of a directory now; needs a fresh proof */
        post: operations["directories.sync"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/invites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Invitations, the oldest first */
        get: operations["invites.list"];
        put?: never;
        /** Makes an invitation */
        post: operations["invites.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/invites/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes an invitation back */
        delete: operations["invites.revoke"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/journal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The journal, newest first */
        get: operations["journal.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/journal/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The journal as a table, newest first */
        get: operations["journal.export"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest lines of the log */
        get: operations["logs.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the administrator who asks may do */
        get: operations["me.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/reachability": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether clients reach this server, line by line */
        get: operations["reachability.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/reauth": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Shows the password again, for what needs a fresh proof */
        post: operations["me.reauth"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who administers the server */
        get: operations["roles.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rooms, in pages */
        get: operations["rooms.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/rooms/{room_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One room */
        get: operations["rooms.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/rooms/{room_id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Closes a room for good: everybody is put out and nobody comes back or reads it; needs a fresh proof */
        post: operations["rooms.close"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/rooms/{room_id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is in a room */
        get: operations["rooms.members"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/rooms/{room_id}/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Changes how a room is listed */
        put: operations["rooms.put_settings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every setting */
        get: operations["settings.list"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/settings/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Changes a setting; those of security need a fresh proof */
        put: operations["settings.change"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/settings/{key}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Changes of a setting, newest first */
        get: operations["settings.history"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/settings/{key}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes a change back; of a setting of security with a fresh proof */
        post: operations["settings.undo"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Accounts, in pages */
        get: operations["users.list"];
        put?: never;
        /** Makes an account */
        post: operations["users.create"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes many accounts, all or none */
        post: operations["users.import"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One account */
        get: operations["users.get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}/deactivate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Deactivates an account for good; needs a fresh proof */
        post: operations["users.deactivate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The devices of an account */
        get: operations["devices.list"];
        put?: never;
        post?: never;
        /** Signs all devices out */
        delete: operations["devices.end_all"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}/devices/{device_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Signs a device out */
        delete: operations["devices.end"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}/display_name": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Gives a display name */
        put: operations["users.rename"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}/lock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Locks an account */
        post: operations["users.lock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}/reset_password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives a new password and ends all sessions; needs a fresh proof */
        post: operations["users.reset_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}/role": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Gives an account a role, or takes it; needs a fresh proof */
        put: operations["roles.put"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}/second_factor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Takes the second factor from somebody who has lost it; needs a fresh proof */
        delete: operations["users.reset_second_factor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Suspends an account */
        post: operations["users.suspend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}/unlock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Unlocks an account */
        post: operations["users.unlock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/v1/users/{user_id}/unsuspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lifts a suspension */
        post: operations["users.unsuspend"];
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
        /** @description What runs here. */
        About: {
            /** @description Where clients reach the server. */
            base_url: string;
            machine: components["schemas"]["MachineFacts"];
            /** @description What the company is called. */
            organisation: string | null;
            /** @description The part of every user id after the colon. */
            server_name: string;
        };
        /** @description What kind of person an account stands for. */
        AccountKind: "user" | "guest";
        /** @description Somebody who administers. */
        Administrator: {
            display_name: string | null;
            grants: components["schemas"]["Grant"][];
            role: components["schemas"]["Role"];
            user_id: string;
        };
        /** @description Everybody who administers. */
        Administrators: {
            administrators: components["schemas"]["Administrator"][];
        };
        /** @description When a change holds. */
        Applies: "at_once" | "after_restart";
        /** @description A call. */
        Call: {
            /** @description Its name, by which it is ended. */
            call: string;
            participants: components["schemas"]["CallParticipant"][];
            room_alias: string | null;
            room_id: string | null;
            room_name: string | null;
            /** Format: uint64 */
            since_ms: number;
        };
        /** @description Which call. */
        CallNamed: {
            /** @description The call's name. */
            call: string;
        };
        /** @description Somebody in a call. */
        CallParticipant: {
            /** @description Whether media can flow just now. */
            connected: boolean;
            device_id: string | null;
            display_name: string | null;
            /**
             * Format: uint64
             * @description Bits that went to him.
             */
            down_bps: number;
            /** @description His name in the call. */
            identity: string;
            /**
             * Format: uint32
             * @description How unevenly his packets come: the mean deviation from the beat in which they were sent.
             */
            jitter_ms: number | null;
            /** Format: uint64 */
            joined_ms: number;
            /**
             * Format: uint16
             * @description Of a thousand packets from him, how many did not come; none if it is not known.
             */
            lost_in_permille: number | null;
            /**
             * Format: uint16
             * @description Of a thousand packets to him.
             */
            lost_out_permille: number | null;
            /** @description Which way his media take; none before some have come. */
            path: components["schemas"]["CallPath"] | null;
            /** Format: uint32 */
            round_trip_ms: number | null;
            stages: components["schemas"]["JoinStages"];
            /**
             * Format: uint32
             * @description How many voices, pictures and screens he sends.
             */
            tracks: number;
            /**
             * Format: uint64
             * @description Bits that came from him in a second, with everything around them.
             */
            up_bps: number;
            user_id: string | null;
        };
        /** @description Which way media take. */
        CallPath: "direct" | "tcp" | "relay_udp" | "relay_tcp" | "relay_tls";
        /** @description Somebody who was not let into a call for lack of room. */
        CallRefused: {
            /** Format: uint64 */
            at_ms: number;
            display_name: string | null;
            room_alias: string | null;
            room_id: string;
            room_name: string | null;
            user_id: string;
            why: components["schemas"]["RefusedWhy"];
        };
        /** @description Whom. */
        CallRemoval: {
            /** @description The call's name. */
            call: string;
            /** @description His name in it. */
            identity: string;
        };
        /** @description Calls that go on now. */
        Calls: {
            /** @description The oldest first. */
            calls: components["schemas"]["Call"][];
            /** @description Whether this server has calls of many at all. */
            open: boolean;
            refused: components["schemas"]["CallsRefused"];
        };
        /** @description Calls that go on now. */
        CallsNow: {
            /** Format: uint32 */
            calls: number;
            /**
             * Format: uint32
             * @description Who is in them, all together.
             */
            people: number;
        };
        /** @description Who was not let into calls for lack of room, since the server started. */
        CallsRefused: {
            /**
             * Format: uint64
             * @description How often the server carried as many people as it can.
             */
            busy: number;
            /**
             * Format: uint64
             * @description How often a call had as many people as it may have.
             */
            full: number;
            /** @description The last ones, the newest first. */
            latest: components["schemas"]["CallRefused"][];
        };
        /** @description What is wrong with an upload. */
        CertificateCheck: {
            /** @description Empty: it may be uploaded. */
            faults: components["schemas"]["CertificateFault"][];
        };
        /** @description Where a certificate is to come from. */
        CertificateChoice: {
            /** @constant */
            source: "own";
        } | {
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
        /** @description What went wrong with a renewal. */
        CertificateError: {
            /**
             * Format: int64
             * @description When.
             */
            at: number;
            /** @description A stable word. */
            code: string;
            /** @description In English, with what the other side said. */
            error: string;
        };
        /** @description Something that is wrong with an upload. */
        CertificateFault: {
            /** @description A stable word. */
            code: string;
            /** @description In English. */
            error: string;
            /** @description What belongs to the word: which certificate, which date, which limit. */
            parameters: {
                [key: string]: unknown;
            };
        };
        /** @description How a certificate is. Times are seconds since 1970. */
        CertificateStatus: {
            /** @description The directory, if it comes from ACME. */
            acme_directory: string | null;
            /** @description The mail address that it may write to. */
            acme_email: string | null;
            /**
             * Format: uint8
             * @description 0: all is well. 1 to 4: at most 21, 14, 7, 3 days are left. 5: it is not valid.
             */
            alarm_level: number;
            /**
             * Format: uint32
             * @description Renewals that have failed since the last success.
             */
            failures: number;
            /** @description SHA-256 in hex. */
            fingerprint_sha256: string;
            /** @description The settings of the machine say so: it cannot be changed here. */
            fixed: boolean;
            /** @description Where the one in use comes from: the own authority's while there is no other. */
            in_use: string;
            /** @description Who signed it. */
            issuer: string;
            /** @description What went wrong since the last success. */
            last_error: components["schemas"]["CertificateError"] | null;
            /** @description Names of this server that it does not list. */
            missing_names: string[];
            /** @description The names that it lists. */
            names: string[];
            /**
             * Format: int64
             * @description When a renewal will be tried, if the server renews it.
             */
            next_try: number | null;
            /**
             * Format: int64
             * @description Valid until.
             */
            not_after: number;
            /**
             * Format: int64
             * @description Valid from.
             */
            not_before: number;
            /** @description SHA-256 in hex of the own authority's root, to compare after installing it. */
            own_root_sha256: string;
            /** @description Where the settings say that it comes from: `own`, `upload`, `acme`. */
            wanted: string;
        };
        /** @description A chain and its key, both in PEM. */
        CertificateUpload: {
            /** @description The server's certificate first, then the one that signed it, and so on. */
            chain: string;
            /** @description The private key, without a password. */
            key: string;
        };
        /** @description Every company directory. */
        CompanyDirectories: {
            directories: components["schemas"]["CompanyDirectory"][];
        };
        /** @description A company directory. */
        CompanyDirectory: {
            config: components["schemas"]["CompanyDirectoryConfig"];
            /** @description Whether it is asked at all. */
            enabled: boolean;
            /** Format: uint64 */
            id: number;
            name: string;
            /**
             * Format: uint
             * @description Accounts that it opens.
             */
            people: number;
            /**
             * Format: uint32
             * @description Directories are asked in the order of this, smallest first.
             */
            place: number;
        };
        /** @description Which attributes say what. */
        CompanyDirectoryAttributes: {
            /** @description What grows with every change. */
            changed: string;
            department?: string | null;
            disabled: components["schemas"]["CompanyDirectoryDisabled"];
            /** @description What stays the same when somebody is renamed or moved. */
            id: string;
            mail?: string | null;
            /** @description The DN of another entry. */
            manager?: string | null;
            name?: string | null;
            phone?: string | null;
            title?: string | null;
        };
        /** @description How a company directory is reached and read. */
        CompanyDirectoryConfig: {
            attributes: components["schemas"]["CompanyDirectoryAttributes"];
            /** @description Below which people and groups are looked for. */
            base_dn: string;
            /** @description Who the server signs in as. */
            bind_dn: string;
            /** @description The authority that its certificates are signed by, in PEM; those of the machine if there is none. */
            ca_pem?: string | null;
            /** @description Who may enter: members of this group, also through groups in it. Everybody if there is none. */
            group_dn?: string | null;
            /** @description The directory looks through groups in groups itself (Active Directory). */
            group_in_chain: boolean;
            /** @description By which attributes somebody who signs in is found; the first one makes the account's name. */
            login_attributes: string[];
            /** @description Its servers, tried in this order: `ldaps://host[:port]`, or `ldap://host[:port]` with StartTLS. */
            urls: string[];
            /** @description Which entries are people (RFC 4515). */
            user_filter: string;
        };
        /** @description How a directory marks who may not sign in. */
        CompanyDirectoryDisabled: "nothing" | "user_account_control" | "pwd_account_locked_time" | "ns_account_lock";
        /** @description The directory that was added. */
        CompanyDirectoryMade: {
            /** Format: uint64 */
            id: number;
        };
        /** @description Whom to try with which configuration. */
        CompanyDirectoryTest: {
            config: components["schemas"]["CompanyDirectoryConfig"];
            /**
             * Format: uint64
             * @description The directory whose password is used if none is given.
             */
            id?: number | null;
            /** @description What the server proves itself with. */
            password?: string | null;
            /** @description As somebody would type who signs in. */
            user: string;
        };
        /** @description What somebody would get. */
        CompanyDirectoryTested: {
            /** @description The account that he has or would get. */
            account: string | null;
            /** @description Why he would not get in, a stable word; none if he would with the right password. */
            cause: string | null;
            /** @description His entry. */
            dn: string | null;
            /** @description Groups that he is in, the nearest first; empty where the directory looks through groups itself. */
            groups: string[];
            /** @description What the address book would say. */
            profile: components["schemas"]["DirectoryProfile"] | null;
            /** @description The same in English, with what the directory says. */
            words: string | null;
        };
        /** @description Something that wants attention. */
        Concern: {
            /** @description Whether it works no longer, or will soon work no longer. */
            failed: boolean;
            /**
             * @description A stable word: `disk_low`, `disk_no_uploads`, `disk_read_only`, `disk_full_soon`, `certificate_ends`,
             *     `certificate_invalid`, `certificate_failing`, `certificate_missing_names`, `data_damaged`.
             */
            id: string;
        };
        /** @description An account that was made. */
        CreatedUser: {
            /** @description The password, if it was made here. It is shown this once. */
            password: string | null;
            user: components["schemas"]["User"];
        };
        /** @description How the site is. */
        Dashboard: {
            /** @description Calls of many that go on now; none if this server has no such calls. */
            calls: components["schemas"]["CallsNow"] | null;
            certificate: components["schemas"]["CertificateStatus"] | null;
            /** @description The last thirty days with today, as far as the server ran on them; UTC. */
            days: components["schemas"]["Day"][];
            disk: components["schemas"]["Disk"] | null;
            /** @description What wants attention, the worst first; empty: all is well. */
            health: components["schemas"]["Concern"][];
            /** Format: uint64 */
            now_ms: number;
            people: components["schemas"]["People"];
            /** Format: uint32 */
            rooms: number;
        };
        /** @description A day. */
        Day: {
            /**
             * Format: uint64
             * @description Its beginning, in milliseconds since 1970.
             */
            at_ms: number;
            /**
             * Format: uint64
             * @description Messages that people of this server sent.
             */
            messages: number;
            /**
             * Format: uint64
             * @description Accounts that were there.
             */
            people: number;
        };
        /** @description What happens to what the account has said. */
        Deactivation: {
            /** @description `true`: the profile goes, and those who come later get the messages without content. `false`: everything stays. */
            erase: boolean;
        };
        /** @description A device that is signed in. */
        Device: {
            device_id: string;
            display_name: string | null;
            /** @description What the client calls itself. */
            last_seen_agent: string | null;
            last_seen_ip: string | null;
            /** Format: uint64 */
            last_seen_ms: number;
        };
        /** @description The devices of an account, in the order in which they signed in. */
        Devices: {
            devices: components["schemas"]["Device"][];
        };
        /** @description Somebody who may no longer enter. */
        DirectoryBarred: {
            user_id: string;
            /** @description `disabled`, `deleted` or `not_in_group`. */
            why: string;
        };
        /** @description Somebody's profile, as the directory has it. */
        DirectoryProfile: {
            department: string | null;
            mail: string | null;
            /** @description The DN of another entry. */
            manager: string | null;
            name: string | null;
            phone: string | null;
            title: string | null;
        };
        /** @description What looking at everybody of a directory came to. Lists name at most some hundred people. */
        DirectoryReport: {
            /**
             * Format: uint64
             * @description When it began, in milliseconds since 1970.
             */
            at_ms: number;
            /** @description Why it failed or stopped, a stable word; nobody was locked then. */
            cause: string | null;
            /** @description Accounts whose profile is another one now. */
            changed: string[];
            /**
             * Format: uint
             * @description Entries that have changed since the last time; all of them at the first.
             */
            changed_entries: number;
            /**
             * Format: uint
             * @description Entries that the directory has.
             */
            entries: number;
            /** @description Accounts that would have been locked, were they not so many, or were it not the last owner's. */
            held_back: components["schemas"]["DirectoryBarred"][];
            /** @description Accounts that were locked and signed out. */
            locked: components["schemas"]["DirectoryBarred"][];
            /**
             * Format: uint
             * @description Accounts that the directory opens.
             */
            people: number;
            /**
             * Format: uint64
             * @description How long it took, in milliseconds.
             */
            took_ms: number;
            /** @description Accounts that were unlocked. */
            unlocked: string[];
            /** @description The same in English. */
            words: string | null;
        };
        /** @description What became of a directory's people. */
        DirectoryReports: {
            reports: components["schemas"]["DirectoryReport"][];
        };
        /** @description How to look at everybody. */
        DirectorySync: {
            /**
             * @description Also lock people if they are a large part of all: without it, nobody is locked then.
             * @default false
             */
            many?: boolean;
        };
        /** @description The volume that the data is on. */
        Disk: {
            /** Format: uint64 */
            free_bytes: number;
            /**
             * Format: uint32
             * @description Days until it is full if it fills as in the last month; none if it does not, or if too little is known.
             */
            full_in_days: number | null;
            level: components["schemas"]["DiskLevel"];
            /** Format: uint64 */
            total_bytes: number;
        };
        /** @description How full a disk is. */
        DiskLevel: ("plenty" | "low") | "no_uploads" | "read_only";
        /** @description It is done; there is nothing to tell. */
        Done: Record<string, never>;
        /** @description Why a setting cannot be changed here. */
        Fixed: "file" | "command_line" | "machine" | "elsewhere";
        /** @description The proof that it was shown. */
        FreshProof: {
            /**
             * Format: uint64
             * @description For how long it is good.
             */
            expires_in_ms: number;
            /** @description To be sent as `X-Veche-Reauth` with what needs it, from the same session. */
            proof: string;
        };
        /** @description A part of the administration. */
        Grant: "users" | "rooms" | "system" | "backups" | "bots";
        /** @description One of them. */
        ImportedUser: {
            display_name: string | null;
            /** @description The password that was made; not in a dry run. It is shown this once. */
            password: string | null;
            user_id: string;
        };
        /** @description What was made, or would be. */
        ImportedUsers: {
            users: components["schemas"]["ImportedUser"][];
        };
        /** @description An invitation. */
        Invite: {
            /** Format: uint64 */
            created_ms: number;
            /**
             * Format: uint64
             * @description Until when it is good; for ever if there is none.
             */
            expires_ms: number | null;
            /** @description What to hand on: it opens the client with the token filled in. */
            link: string;
            token: string;
            /** @description Whether one more account may be made with it now. */
            usable: boolean;
            /**
             * Format: uint64
             * @description How many it has made.
             */
            used: number;
            /**
             * Format: uint64
             * @description How many accounts it may make; without bound if there is none.
             */
            uses_allowed: number | null;
        };
        /** @description Every invitation. */
        Invites: {
            /** @description Whether invitations open anything now: the setting `registration.mode` is `token`. */
            enabled: boolean;
            invites: components["schemas"]["Invite"][];
        };
        /** @description Who may come into a room. */
        JoinRule: "public" | "invite" | "knock" | "restricted" | "knock_restricted";
        /**
         * @description What has happened since somebody's connection of signaling was there, as the server has seen it, and how many milliseconds
         *     after it; the token alone comes before.
         */
        JoinStages: {
            /**
             * Format: uint32
             * @description The handshake was done, and media could flow.
             */
            connected_ms: number | null;
            /**
             * Format: uint32
             * @description The first packet of his voice or picture came.
             */
            media_ms: number | null;
            /**
             * Format: uint32
             * @description His first packet came (ICE).
             */
            reached_ms: number | null;
            /**
             * Format: uint32
             * @description The first packet of the handshake that makes keys came (DTLS).
             */
            secured_ms: number | null;
            /**
             * Format: uint32
             * @description So long it took to answer with the token that lets him in; none if it is not known.
             */
            ticket_ms: number | null;
        };
        /** @description A page of the journal, newest first. */
        Journal: {
            /**
             * Format: uint64
             * @description Where the next page begins, if there may be one.
             */
            next: number | null;
            rows: components["schemas"]["JournalRow"][];
        };
        /** @description A row of the journal. */
        JournalRow: {
            /** @description `noun.verb`. */
            action: string;
            /** @description A user id, `console` or `system`. */
            actor: string;
            /** Format: uint64 */
            at_ms: number;
            /** @description The rest; never a secret, never content. */
            detail: unknown;
            /** @description Covers this row and, through it, all before: who keeps the newest one elsewhere sees whether rows were changed. */
            hash: string;
            /**
             * Format: uint64
             * @description Counts from one without holes.
             */
            row: number;
            target: string;
        };
        /** @description Lines of the log, oldest first. */
        Log: {
            lines: components["schemas"]["LogLine"][];
        };
        /** @description How grave a line is. */
        LogLevel: "trace" | "debug" | "info" | "warn" | "error";
        /** @description A line of the log. */
        LogLine: {
            /**
             * Format: uint64
             * @description When.
             */
            at_ms: number;
            /** @description What belongs to them. */
            fields: {
                [key: string]: unknown;
            };
            /** @description How grave it is. */
            level: components["schemas"]["LogLevel"];
            /** @description The words. */
            message: string;
            /**
             * Format: uint64
             * @description Counts from one since the start of the process.
             */
            number: number;
            /** @description The part of the program. */
            target: string;
        };
        /** @description The process and its machine. */
        MachineFacts: {
            /**
             * Format: uint64
             * @description Memory that the process takes, if the machine tells.
             */
            memory_bytes: number | null;
            /**
             * Format: uint32
             * @description Processors that it may use.
             */
            processors: number;
            /**
             * Format: uint64
             * @description When the process started, in milliseconds since 1970.
             */
            started_ms: number;
            /**
             * Format: uint64
             * @description How long it runs.
             */
            uptime_ms: number;
            /** @description When all data was last compared with its checksums, and what came of it; none before the first time. */
            verification: components["schemas"]["Verification"] | null;
            /** @description The version of the program. */
            version: string;
        };
        /** @description Who asks. */
        Me: {
            /** @description What he may do, and give to others. */
            grants: components["schemas"]["Grant"][];
            /** @description Has a passkey, which stands for the password. */
            passkey: boolean;
            role: components["schemas"]["Role"];
            /** @description A code is asked for beside the password. */
            second_factor: boolean;
            user_id: string;
        };
        /** @description A company directory that is made or changed. */
        NewCompanyDirectory: {
            config: components["schemas"]["CompanyDirectoryConfig"];
            /** @description Whether it is asked at all. */
            enabled: boolean;
            /** @description What administrators call it. */
            name: string;
            /**
             * @description What the server proves itself with. It is never shown again, and need not be given anew as long as servers, authority and
             *     bind DN stay the same.
             */
            password?: string | null;
            /**
             * Format: uint32
             * @description Directories are asked in the order of this, smallest first.
             * @default 0
             */
            place?: number;
        };
        /** @description What somebody shall be called. */
        NewDisplayName: {
            /** @description None: by the user id. */
            display_name?: string | null;
        };
        /** @description What an invitation shall allow. */
        NewInvite: {
            /**
             * Format: uint64
             * @description Until when, in milliseconds since 1970; otherwise for ever.
             */
            expires_ms?: number | null;
            /** @description The token itself, up to 64 of `[A-Za-z0-9._~-]`; otherwise a random one. */
            token?: string | null;
            /**
             * Format: uint64
             * @description How many accounts it may make; otherwise without bound.
             */
            uses_allowed?: number | null;
        };
        /** @description The new password. */
        NewPassword: {
            /** @description Shown this once, to be handed on. */
            password: string;
            user_id: string;
        };
        /** @description What somebody shall be. */
        NewRole: {
            /**
             * @description Of an administrator: what he may do. Owners may do everything, users nothing.
             * @default []
             */
            grants?: components["schemas"]["Grant"][];
            role: components["schemas"]["Role"];
        };
        /** @description What a setting shall be. */
        NewSetting: {
            /** @description Its value; null for the default. */
            value: unknown;
        };
        /** @description An account to be made. */
        NewUser: {
            display_name?: string | null;
            /** @description Without one, a password is made here. */
            password?: string | null;
            /** @description The name before the colon. */
            username: string;
        };
        /** @description Accounts and who is there. */
        People: {
            /**
             * Format: uint32
             * @description Accounts that are not deactivated.
             */
            accounts: number;
            /**
             * Format: uint32
             * @description Who was there within the last 24 hours.
             */
            last_day: number;
            /** Format: uint32 */
            locked: number;
            /**
             * Format: uint32
             * @description Online or away just now; none if presence is off.
             */
            online: number | null;
            /** Format: uint32 */
            suspended: number;
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
        /** @description The password of who asks. */
        Reauth: {
            /** @description With the code of the authenticator app behind it, if there is a second factor. */
            password: string;
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
        /** @description For lack of which room. */
        RefusedWhy: "full" | "busy";
        /** @description What somebody is. */
        Role: "user" | "administrator" | "owner";
        /** @description A room. */
        Room: {
            /**
             * Format: uint64
             * @description When its newest event was made.
             */
            active_ms: number;
            /** @description Every address of it on this server. */
            aliases: string[];
            avatar_url: string | null;
            canonical_alias: string | null;
            /** Format: uint64 */
            created_ms: number;
            creator: string;
            /** @description The algorithm, if it is encrypted from end to end. */
            encryption: string | null;
            /**
             * Format: uint64
             * @description How many of those in it are guests or users of other servers.
             */
            external: number;
            /** @description Whether users of other servers may ever come in. */
            federated: boolean;
            guests_may_join: boolean;
            /** @description `invited`, `joined`, `shared` or `world_readable`. */
            history_visibility: string;
            /** Format: uint64 */
            invited: number;
            join_rule: components["schemas"]["JoinRule"];
            /** Format: uint64 */
            joined: number;
            /** @description Whether the directory lists it. */
            listed: boolean;
            name: string | null;
            room_id: string;
            /** @description Holds rooms and no talk. */
            space: boolean;
            /** @description The room that has taken its place. */
            successor: string | null;
            topic: string | null;
            version: string;
        };
        /** @description Somebody who is in a room, invited to it or knocking at it. */
        RoomMember: {
            display_name: string | null;
            /** @description A guest, or a user of another server. */
            external: boolean;
            /** @description `join`, `invite` or `knock`. */
            membership: string;
            /**
             * Format: int64
             * @description What he may do there; none for a creator whose power has no bound.
             */
            power_level: number | null;
            user_id: string;
        };
        /** @description A page of members, in the order of their user ids. */
        RoomMembers: {
            members: components["schemas"]["RoomMember"][];
            /** @description Where the next page begins, if there is one. */
            next: string | null;
        };
        /** @description What is the server's to say about a room. Everything else belongs to those who are in it. */
        RoomSettings: {
            /** @description Whether the directory lists it. */
            listed: boolean;
        };
        /** @description A page of rooms, in the order of their ids. */
        Rooms: {
            /** @description Where the next page begins, if there is one. */
            next: string | null;
            rooms: components["schemas"]["Room"][];
        };
        /** @description A setting. */
        Setting: {
            /** @description When a change holds. */
            applies: components["schemas"]["Applies"];
            /** @description The values of a choice. */
            choices: string[];
            /** @description What it is if nobody sets it. */
            default: unknown;
            /** @description Why it cannot be changed here; null if it can. */
            fixed: components["schemas"]["Fixed"] | null;
            /** @description `section.key`, as in the settings file. */
            key: string;
            /** @description What kind of value it takes. */
            kind: components["schemas"]["SettingKind"];
            /** @description It was changed, and the change holds when the server starts again. */
            pending: boolean;
            /** @description It is set and not shown. */
            secret: boolean;
            /** @description It is of the site's security: a change needs a fresh proof. */
            security: boolean;
            /** @description Where the value comes from. */
            source: components["schemas"]["Source"];
            /** @description What it is; null where it is not set, and for secrets. */
            value: unknown;
        };
        /** @description A change of a setting. */
        SettingChange: {
            actor: string;
            /** Format: uint64 */
            at_ms: number;
            /** @description What it was; null for the default. */
            from: unknown;
            /**
             * Format: uint64
             * @description Its row in the journal.
             */
            row: number;
            /** @description What it became; null for the default. */
            to: unknown;
        };
        /** @description A page of changes, newest first. */
        SettingHistory: {
            changes: components["schemas"]["SettingChange"][];
            /**
             * Format: uint64
             * @description Where the next page begins, if there may be one.
             */
            next: number | null;
        };
        /** @description What kind of value a setting takes. */
        SettingKind: "text" | "number" | "bytes" | "switch" | "choice" | "list";
        /** @description Every setting, in the order of the example file. */
        Settings: {
            settings: components["schemas"]["Setting"][];
        };
        /** @description Where a value comes from. */
        Source: "default" | "console" | "file" | "command_line";
        /** @description The row of a change that shall be taken back. */
        UndoSetting: {
            /** Format: uint64 */
            row: number;
        };
        /** @description An account. */
        User: {
            avatar_url: string | null;
            /** Format: uint64 */
            created_ms: number;
            /**
             * Format: uint64
             * @description When it was deactivated, for good.
             */
            deactivated_ms: number | null;
            /**
             * Format: uint32
             * @description Devices that are signed in.
             */
            devices: number;
            display_name: string | null;
            /** @description The messages were to be forgotten, too. */
            erased: boolean;
            /** @description What an administrator may do. */
            grants: components["schemas"]["Grant"][];
            kind: components["schemas"]["AccountKind"];
            /**
             * Format: uint64
             * @description When a device of it was last seen.
             */
            last_seen_ms: number | null;
            /** @description May do nothing but sign out. */
            locked: boolean;
            /** @description Has a passkey. */
            passkey: boolean;
            role: components["schemas"]["Role"];
            /** @description A code is asked for beside the password. */
            second_factor: boolean;
            /** @description May read and leave, and write nothing. */
            suspended: boolean;
            user_id: string;
        };
        /** @description A table of accounts to be made. */
        UserImport: {
            /** @description Text with commas or semicolons. The first line names the columns: `username`, and `display_name` if there is one. */
            csv: string;
            /**
             * @description Only looks whether it could be done.
             * @default false
             */
            dry_run?: boolean;
        };
        /** @description How an account can be. */
        UserStatus: ("locked" | "suspended" | "deactivated") | "active" | "administrator";
        /** @description A page of accounts, in the order of their user ids. */
        Users: {
            /** @description Where the next page begins, if there is one. */
            next: string | null;
            /**
             * Format: uint32
             * @description How many accounts fit, on all pages together.
             */
            total: number;
            users: components["schemas"]["User"][];
        };
        /** @description How the last verification ended. */
        Verification: {
            /**
             * Format: uint64
             * @description When, in milliseconds since 1970.
             */
            at_ms: number;
            /**
             * Format: uint64
             * @description How much was found to be damaged.
             */
            problems: number;
        };
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
    "about.get": {
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
                    "application/json": components["schemas"]["About"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "calls.list": {
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
                    "application/json": components["schemas"]["Calls"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "calls.end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CallNamed"];
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
    "calls.remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CallRemoval"];
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
    "certificate.get": {
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
                    "application/json": components["schemas"]["CertificateStatus"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "certificate.check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CertificateUpload"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificateCheck"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "certificate.put_source": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CertificateChoice"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificateStatus"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "certificate.upload": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CertificateUpload"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificateStatus"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "dashboard.get": {
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
                    "application/json": components["schemas"]["Dashboard"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "directories.list": {
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
                    "application/json": components["schemas"]["CompanyDirectories"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "directories.create": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCompanyDirectory"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompanyDirectoryMade"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "directories.test": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CompanyDirectoryTest"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CompanyDirectoryTested"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "directories.update": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path: {
                directory_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCompanyDirectory"];
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
    "directories.delete": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path: {
                directory_id: string;
            };
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
                    "application/json": components["schemas"]["Done"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "directories.reports": {
        parameters: {
            query?: {
                /** @description How many; 50 if it is not said, 200 at most. */
                limit?: number | null;
            };
            header?: never;
            path: {
                directory_id: string;
            };
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
                    "application/json": components["schemas"]["DirectoryReports"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "directories.sync": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path: {
                directory_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DirectorySync"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DirectoryReport"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "invites.list": {
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
                    "application/json": components["schemas"]["Invites"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "invites.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewInvite"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invite"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "invites.revoke": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                token: string;
            };
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
                    "application/json": components["schemas"]["Done"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "journal.list": {
        parameters: {
            query?: {
                /** @description One action: `account.lock`. */
                action?: string | null;
                /** @description Whose acts: a user id, `console` or `system`. */
                actor?: string | null;
                /** @description Rows before this one; the `next` of the page before. */
                before?: number | null;
                /** @description Rows at most: 1 to 200, otherwise 50. An export gives all. */
                limit?: number | null;
                /** @description Everything done to this kind of thing: `account`, `room`, `setting`. */
                noun?: string | null;
                /** @description Not before this time, in milliseconds since 1970. */
                since_ms?: number | null;
                /** @description On whom or what. */
                target?: string | null;
                /** @description Before this time. */
                until_ms?: number | null;
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
                    "application/json": components["schemas"]["Journal"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "journal.export": {
        parameters: {
            query?: {
                /** @description One action: `account.lock`. */
                action?: string | null;
                /** @description Whose acts: a user id, `console` or `system`. */
                actor?: string | null;
                /** @description Rows before this one; the `next` of the page before. */
                before?: number | null;
                /** @description Rows at most: 1 to 200, otherwise 50. An export gives all. */
                limit?: number | null;
                /** @description Everything done to this kind of thing: `account`, `room`, `setting`. */
                noun?: string | null;
                /** @description Not before this time, in milliseconds since 1970. */
                since_ms?: number | null;
                /** @description On whom or what. */
                target?: string | null;
                /** @description Before this time. */
                until_ms?: number | null;
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
                    "text/csv": string;
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "logs.list": {
        parameters: {
            query?: {
                /** @description Lines after this number: to follow the log, the last one that is known. */
                after?: number | null;
                /** @description Lines at least as grave; otherwise `info`. */
                level?: components["schemas"]["LogLevel"] | null;
                /** @description Lines at most: 1 to 200, otherwise 50. */
                limit?: number | null;
                /** @description What the line contains, whatever its case. */
                search?: string | null;
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
                    "application/json": components["schemas"]["Log"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "me.get": {
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
                    "application/json": components["schemas"]["Me"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "reachability.get": {
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
                    "application/json": components["schemas"]["Reachability"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "me.reauth": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reauth"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FreshProof"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "roles.list": {
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
                    "application/json": components["schemas"]["Administrators"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "rooms.list": {
        parameters: {
            query?: {
                /** @description Rooms after this room id; the `next` of the page before. */
                after?: string | null;
                /** @description Rooms at most: 1 to 200, otherwise 50. */
                limit?: number | null;
                /** @description What name, topic, address or id contain, whatever its case. */
                search?: string | null;
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
                    "application/json": components["schemas"]["Rooms"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "rooms.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
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
                    "application/json": components["schemas"]["Room"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "rooms.close": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path: {
                room_id: string;
            };
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
                    "application/json": components["schemas"]["Done"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "rooms.members": {
        parameters: {
            query?: {
                /** @description Members after this user id; the `next` of the page before. */
                after?: string | null;
                /** @description Members at most: 1 to 200, otherwise 50. */
                limit?: number | null;
            };
            header?: never;
            path: {
                room_id: string;
            };
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
                    "application/json": components["schemas"]["RoomMembers"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "rooms.put_settings": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoomSettings"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Room"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "settings.list": {
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
                    "application/json": components["schemas"]["Settings"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "settings.change": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSetting"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Setting"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "settings.history": {
        parameters: {
            query?: {
                /** @description Changes before this row of the journal; the `next` of the page before. */
                before?: number | null;
                /** @description Changes at most: 1 to 200, otherwise 50. */
                limit?: number | null;
            };
            header?: never;
            path: {
                key: string;
            };
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
                    "application/json": components["schemas"]["SettingHistory"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "settings.undo": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UndoSetting"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Setting"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.list": {
        parameters: {
            query?: {
                /** @description Accounts after this user id; the `next` of the page before. */
                after?: string | null;
                /** @description Accounts at most: 1 to 200, otherwise 50. */
                limit?: number | null;
                /** @description What the user id or the display name contains, whatever its case. */
                search?: string | null;
                /** @description Only accounts that are so. */
                status?: components["schemas"]["UserStatus"] | null;
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
                    "application/json": components["schemas"]["Users"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedUser"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserImport"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportedUsers"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
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
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.deactivate": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Deactivation"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "devices.list": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
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
                    "application/json": components["schemas"]["Devices"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "devices.end_all": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
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
                    "application/json": components["schemas"]["Done"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "devices.end": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
                device_id: string;
            };
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
                    "application/json": components["schemas"]["Done"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.rename": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewDisplayName"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.lock": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
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
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.reset_password": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path: {
                user_id: string;
            };
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
                    "application/json": components["schemas"]["NewPassword"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "roles.put": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path: {
                user_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRole"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.reset_second_factor": {
        parameters: {
            query?: never;
            header: {
                /** @description What `POST /api/admin/v1/reauth` gave at most five minutes ago */
                "x-veche-reauth": string;
            };
            path: {
                user_id: string;
            };
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
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.suspend": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
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
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.unlock": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
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
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "users.unsuspend": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                user_id: string;
            };
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
                    "application/json": components["schemas"]["User"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
}
