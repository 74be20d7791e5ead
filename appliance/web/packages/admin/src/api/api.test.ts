import { expect, test } from "vitest";
import { Api, addressOf } from "./api";

test("addresses are filled, and hold what was asked for alone", () => {
    expect(addressOf("/users/{user_id}/devices/{device_id}", { user_id: "@a/b:x", device_id: "D E" })).toBe(
        "/users/%40a%2Fb%3Ax/devices/D%20E",
    );
    expect(addressOf("/users", {}, { search: "а&б", status: undefined, after: null, limit: 5 })).toBe(
        "/users?search=%D0%B0%26%D0%B1&limit=5",
    );
});

test("a request carries token, body and proof; an answer that is no JSON is text", async () => {
    let asked: RequestInit | undefined;
    const api = new Api({
        baseUrl: "https://x",
        token: () => "t",
        onEnded: () => undefined,
        onGrantsChanged: () => undefined,
        fetch: (_, init) => {
            asked = init;
            return Promise.resolve(new Response("row\r\n", { headers: { "content-type": "text/csv; charset=utf-8" } }));
        },
    });
    expect(await api.get("/api/admin/v1/journal/export", {})).toBe("row\r\n");
    expect(asked?.headers).toEqual({ Authorization: "Bearer t" });
    await api.put("/api/admin/v1/users/{user_id}/role", { path: { user_id: "@a:x" }, body: { role: "user" }, proof: "p" });
    expect(asked?.headers).toEqual({ Authorization: "Bearer t", "Content-Type": "application/json", "X-Veche-Reauth": "p" });
    expect(asked?.body).toBe('{"role":"user"}');
});
