//! What opens the SFU: the transport that the server names, and a token for the call of one room.

import type { MatrixClient } from "matrix-js-sdk/lib/matrix.js";
import { type LivekitTransport, isLivekitTransportConfig } from "matrix-js-sdk/lib/matrixrtc/LivekitTransport.js";
import { Problem } from "../../base/problem";

export interface Ticket {
    /** What the room is told, so that others know where to find this one. */
    readonly transport: LivekitTransport;
    readonly url: string;
    readonly jwt: string;
}

/**
 * An address of this server at the origin that the page came from. The server names itself by the name that everybody uses;
 * a page that was opened by another one (an address, a port) may connect to its own origin only.
 */
export function atOrigin(url: string, origin: string): string {
    const [named, opened] = [new URL(url), new URL(origin)];
    const scheme = named.protocol.startsWith("ws") ? opened.protocol.replace("http", "ws") : opened.protocol;
    return `${scheme}//${opened.host}${named.pathname.replace(/\/$/, "")}`;
}

/**
 * Asks for a token. Not by MSC4195's endpoint: that names participants by a hash which belongs to memberships of the next
 * kind, and those who announce themselves by state events are looked for under their user and device.
 */
export async function fetchTicket(client: MatrixClient, roomId: string): Promise<Ticket> {
    const [transports, proof] = await Promise.all([client._unstable_getRTCTransports(), client.getOpenIdToken()]);
    const found = transports.find(isLivekitTransportConfig);
    if (!found) throw new Problem("notFound");
    const transport: LivekitTransport = { type: "livekit", livekit_service_url: found.livekit_service_url, livekit_alias: roomId };
    const response = await fetch(`${atOrigin(transport.livekit_service_url, client.baseUrl)}/sfu/get`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ room: roomId, openid_token: proof, device_id: client.getDeviceId() }),
    });
    const answer = (await response.json().catch(() => ({}))) as { url?: unknown; jwt?: unknown; errcode?: unknown };
    if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}`), { errcode: answer.errcode, httpStatus: response.status });
    if (typeof answer.url !== "string" || typeof answer.jwt !== "string") throw new Problem("server");
    return { transport, url: atOrigin(answer.url, client.baseUrl), jwt: answer.jwt };
}
