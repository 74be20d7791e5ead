// What matrix-js-sdk 43 takes from Node 22 and Node 20 does not have yet. Loaded before everything else (`--import`).

if (!Promise.withResolvers) {
    Promise.withResolvers = function withResolvers() {
        let resolve, reject;
        const promise = new Promise((yes, no) => ((resolve = yes), (reject = no)));
        return { promise, resolve, reject };
    };
}
if (!Promise.try) {
    Promise.try = (f, ...args) => new Promise((resolve) => resolve(f(...args)));
}
