// Written by `npm run api`, from what the server says of itself.

export interface paths {
    "/api/meetings/v1/guest/about": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a link leads to */
        post: operations["guest.about"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/meetings/v1/guest/knock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks to be let in */
        post: operations["guest.knock"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/meetings/v1/guest/page": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A guest's page is there, or is closed: who is not back soon has left */
        post: operations["guest.page"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/meetings/v1/guest/wait": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Whether somebody who has asked may come in; answers when that changes */
        post: operations["guest.wait"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/meetings/v1/rooms/{room_id}/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The links that are good */
        get: operations["links.list"];
        put?: never;
        /** Makes a link for guests */
        post: operations["links.make"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/meetings/v1/rooms/{room_id}/links/{meeting_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends a meeting, and puts its guests out */
        delete: operations["links.end"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/meetings/v1/rooms/{room_id}/lobby": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who waits to be let in; answers when that changes */
        get: operations["lobby.look"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/meetings/v1/rooms/{room_id}/lobby/{waiting_id}/admit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets somebody in who waits */
        post: operations["lobby.admit"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/meetings/v1/rooms/{room_id}/lobby/{waiting_id}/refuse": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Does not let somebody in who waits */
        post: operations["lobby.refuse"];
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
        /** @description It is done; there is nothing to tell. */
        Done: Record<string, never>;
        /** @description What a guest's page says of itself. */
        GuestPage: {
            /** @description Whether it is there; otherwise it is closed, or loaded anew. */
            open: boolean;
            /** @description By what it is told from the one that is loaded after it. */
            page: string;
        };
        /** @description What a guest's client signs its requests with, in the one room that it may be in. */
        GuestSession: {
            access_token: string;
            device_id: string;
            room_id: string;
            user_id: string;
        };
        /** @description Somebody who wants to come in. */
        Knock: {
            /** @description What he calls himself. */
            name: string;
            pin?: string | null;
            token: string;
        };
        /** @description What a link ends with. */
        LinkToken: {
            token: string;
        };
        /** @description The links that are good. */
        Links: {
            meetings: components["schemas"]["Meeting"][];
        };
        /** @description Those at the door. */
        Lobby: {
            /**
             * Format: uint64
             * @description To be said the next time, which then waits for something else.
             */
            known: number;
            waiting: components["schemas"]["Waiting"][];
        };
        /** @description A link that was made. It is told this once. */
        MadeLink: {
            link: string;
            meeting: components["schemas"]["Meeting"];
        };
        /** @description A meeting. */
        Meeting: {
            /**
             * Format: uint64
             * @description When it was made, in milliseconds since 1970.
             */
            created_ms: number;
            /**
             * Format: uint64
             * @description Until when the link is good.
             */
            expires_ms: number;
            /**
             * Format: uint64
             * @description Guests who are there.
             */
            guests: number;
            /**
             * Format: uint64
             * @description Guests who may be there.
             */
            guests_max: number;
            /**
             * Format: uint64
             * @description Names it.
             */
            id: number;
            /** @description Whether somebody lets each guest in. */
            lobby: boolean;
            /** @description Who made the link. */
            made_by: string;
            /** @description Whether guests have to know a PIN. */
            pin: boolean;
            /** @description What guests are told that it is. */
            title: string;
        };
        /** @description What a link leads to. Who is there is not told. */
        MeetingForGuests: {
            /**
             * Format: uint64
             * @description Until when the link is good, in milliseconds since 1970.
             */
            expires_ms: number;
            /** @description Whether as many guests are there as may be. */
            full: boolean;
            /** @description Whether one has to wait until somebody lets one in. */
            lobby: boolean;
            /** @description What the company is called, if somebody has said it. */
            organisation: string | null;
            /** @description Whether a PIN has to be known. */
            pin: boolean;
            title: string;
        };
        /** @description A link that somebody wants. */
        NewLink: {
            /**
             * Format: uint64
             * @description Guests at one time, from 1 to 100.
             */
            guests_max: number;
            /**
             * Format: uint64
             * @description For how long it is good: from five minutes to thirty days.
             */
            lifetime_secs: number;
            /** @description Whether somebody in the room lets each guest in. */
            lobby: boolean;
            /** @description Six to twelve digits that guests have to know; none: the link is enough. */
            pin?: string | null;
            /** @description What guests are told that it is. */
            title: string;
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
        /** @description By what somebody at the door is known. */
        Ticket: {
            ticket: string;
        };
        /** @description What came of waiting. */
        Waited: {
            /** @description He is in; without it he asks again. */
            session: components["schemas"]["GuestSession"] | null;
        };
        /** @description Somebody who waits. */
        Waiting: {
            /**
             * Format: uint64
             * @description Names him.
             */
            id: number;
            /** @description What he calls himself. */
            name: string;
            /**
             * Format: uint64
             * @description For how long.
             */
            waits_secs: number;
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
    "guest.about": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LinkToken"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MeetingForGuests"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "guest.knock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Knock"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ticket"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "guest.page": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GuestPage"];
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
    "guest.wait": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Ticket"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Waited"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "links.list": {
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
                    "application/json": components["schemas"]["Links"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "links.make": {
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
                "application/json": components["schemas"]["NewLink"];
            };
        };
        responses: {
            /** @description Done */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeLink"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "links.end": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
                meeting_id: string;
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
    "lobby.look": {
        parameters: {
            query?: {
                /** @description What the last answer said as `known`; 0: nothing. */
                known?: number;
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
                    "application/json": components["schemas"]["Lobby"];
                };
            };
            default: components["responses"]["Refusal"];
        };
    };
    "lobby.admit": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
                waiting_id: string;
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
    "lobby.refuse": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                room_id: string;
                waiting_id: string;
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
}
