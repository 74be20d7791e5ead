//! Listening to the SDK for as long as a scope lasts.

import type { ClientEventHandlerMap, MatrixClient, Room, RoomEventHandlerMap } from "matrix-js-sdk/lib/matrix.js";
import type {
    VerificationRequest,
    VerificationRequestEventHandlerMap,
    Verifier,
    VerifierEventHandlerMap,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import type { Scope } from "../base/scope";

type Handler = (...args: never[]) => void;

interface Emitter {
    on(event: never, listener: never): unknown;
    off(event: never, listener: never): unknown;
}

/** Calls `listener` for each `event` of `emitter` until the scope closes. The overloads say what each emitter tells. */
export function listen<T extends keyof ClientEventHandlerMap>(scope: Scope, emitter: MatrixClient, event: T, listener: ClientEventHandlerMap[T]): void;
export function listen<T extends keyof RoomEventHandlerMap>(scope: Scope, emitter: Room, event: T, listener: RoomEventHandlerMap[T]): void;
export function listen<T extends keyof VerificationRequestEventHandlerMap>(
    scope: Scope,
    emitter: VerificationRequest,
    event: T,
    listener: VerificationRequestEventHandlerMap[T],
): void;
export function listen<T extends keyof VerifierEventHandlerMap>(scope: Scope, emitter: Verifier, event: T, listener: VerifierEventHandlerMap[T]): void;
export function listen(scope: Scope, emitter: Emitter, event: string, listener: Handler): void {
    emitter.on(event as never, listener as never);
    scope.add(() => emitter.off(event as never, listener as never));
}
