// Waiting for things that clients emit. Nothing here sleeps: a wait ends with the event, or fails at its limit.

const LIMIT_MS = Number(process.env.VECHE_TEST_WAIT_MS ?? 60_000);

/** Every wait that wants to look again whenever this emitter has emitted anything. */
const pokes = new WeakMap();

function listenToAll(emitter) {
    let listeners = pokes.get(emitter);
    if (!listeners) {
        listeners = new Set();
        pokes.set(emitter, listeners);
        const emit = emitter.emit;
        emitter.emit = function (...args) {
            const handled = emit.apply(this, args);
            for (const poke of listeners) poke();
            return handled;
        };
    }
    return listeners;
}

/**
 * Resolves with the first truthy answer of `check` (which may be async), asked now and after everything that the
 * emitters emit. Rejects at the limit, saying `what` did not happen.
 */
export function until(what, emitters, check, limitMs = LIMIT_MS) {
    const sets = [emitters].flat().map(listenToAll);
    const at = new Error(`did not happen in ${limitMs} ms: ${what}`);
    return new Promise((resolve, reject) => {
        let asking = false;
        let again = false;
        let done = false;
        let last;
        const finish = (settle, value) => {
            done = true;
            clearTimeout(limit);
            for (const s of sets) s.delete(poke);
            settle(value);
        };
        const limit = setTimeout(() => {
            if (last) at.cause = last;
            finish(reject, at);
        }, limitMs);
        const poke = async () => {
            if (done) return;
            if (asking) {
                again = true;
                return;
            }
            asking = true;
            do {
                again = false;
                try {
                    const answer = await check();
                    if (answer && !done) finish(resolve, answer);
                } catch (error) {
                    // A check may look at something that is not there yet; the reason is shown if it stays so.
                    last = error;
                }
            } while (again && !done);
            asking = false;
        };
        for (const s of sets) s.add(poke);
        poke();
    });
}

/** Resolves with the arguments of the next `name` emitted for which `accept` says yes. */
export function once(emitter, name, accept = () => true, limitMs = LIMIT_MS) {
    const at = new Error(`no ${name} in ${limitMs} ms`);
    return new Promise((resolve, reject) => {
        const limit = setTimeout(() => {
            emitter.off(name, listener);
            reject(at);
        }, limitMs);
        const listener = (...args) => {
            if (!accept(...args)) return;
            clearTimeout(limit);
            emitter.off(name, listener);
            resolve(args);
        };
        emitter.on(name, listener);
    });
}

/**
 * Resolves with the first truthy answer of `ask`, asked again and again. Only for what a server may derive later and
 * announces to nobody (directories, summaries): everything else has an event to wait for.
 */
export async function asked(what, ask, limitMs = LIMIT_MS) {
    const at = new Error(`was not answered in ${limitMs} ms: ${what}`);
    const end = performance.now() + limitMs;
    for (let pause = 20; ; pause = Math.min(pause * 2, 500)) {
        const answer = await ask();
        if (answer) return answer;
        if (performance.now() > end) throw at;
        await new Promise((resolve) => setTimeout(resolve, pause));
    }
}
