/**
 * In place of the SDK's calls of the first kind (`m.call.*`), which this client does not make: 100 kB that nobody would run.
 * The SDK asks `supportsMatrixCall` before it uses any of the rest.
 */

export const supportsMatrixCall = () => false;
export const createNewMatrixCall = () => null;

class None {
    constructor() {
        throw new Error("This client was built without calls of this kind");
    }
}

export { None as CallEventHandler, None as GroupCallEventHandler, None as GroupCall };

/** Made with every client, and asked for nothing. */
export class MediaHandler {}
