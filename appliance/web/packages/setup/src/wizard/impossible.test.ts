import { expect, test } from "vitest";
import { impossible } from "./impossible";

test.each([
    ["no authority vouches for localhost; set server.name or server.public_url to the name that clients will use", "thisMachineOnly"],
    ["a certificate is for listen.https, which is off", "noHttps"],
    ["http-01 is answered on port 80, and listen.redirect is off; set it to 0.0.0.0:80, or this to tls-alpn-01", "noPort80"],
    ["the URL cannot be used: it does not parse", "badAddress"],
    ["the address is outside what this server may reach", "outOfReach"],
    ["tls.acme_eab_secret is missing to it", "other"],
] as const)("a server that says %j", (words, kind) => {
    expect(impossible(words)).toBe(kind);
});
