import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createClient, HttpApiEvent } from "matrix-js-sdk";
import { freshName, login, password, person, registerAccount, startDevice, stopSync, visitor, withPassword } from "../support/people.js";
import { baseUrl } from "../support/server.js";
import { roomOf, seesMember } from "../support/rooms.js";
import { asked, once, until } from "../support/wait.js";

/** A client of this session that does not sync. */
const idle = (session, more = {}) =>
    createClient({
        baseUrl,
        userId: session.user_id,
        deviceId: session.device_id,
        accessToken: session.access_token,
        logger: visitor().logger,
        ...more,
    });

const refused = (status, errcode) => (error) => {
    assert.equal(error.httpStatus, status, error.message);
    assert.equal(error.errcode, errcode);
    return true;
};

/** A profile without any field may be answered with 404. */
const noneLeft = (error) => {
    assert.equal(error.httpStatus, 404);
    return {};
};

describe("accounts", () => {
    test("a registered user logs in by password, and the session says whose it is", async () => {
        const account = await registerAccount("ann");
        const flows = await visitor().loginFlows();
        assert.ok(flows.flows.some((f) => f.type === "m.login.password"));
        const session = await login(account.username);
        assert.equal(session.user_id, account.user_id);
        assert.notEqual(session.device_id, account.device_id);
        const who = await idle(session).whoami();
        assert.deepEqual([who.user_id, who.device_id], [session.user_id, session.device_id]);
        const asked = await login(account.username.toUpperCase(), { device_id: "KITCHEN" });
        assert.equal(asked.device_id, "KITCHEN");
    });

    test("a wrong password and an unknown user are refused alike", async () => {
        const account = await registerAccount("ann");
        await assert.rejects(login(account.username, { password: "guess" }), refused(403, "M_FORBIDDEN"));
        await assert.rejects(login(freshName("nobody")), refused(403, "M_FORBIDDEN"));
    });

    test("open registration is refused where the server does not offer it", async () => {
        await assert.rejects(visitor().registerRequest({ username: freshName("x"), password }), refused(403, "M_FORBIDDEN"));
    });

    test("a user lists, renames and deletes devices with the password", async () => {
        const account = await registerAccount("ann");
        const client = idle(account);
        const other = await login(account.username);
        const { devices } = await client.getDevices();
        assert.deepEqual(devices.map((d) => d.device_id).sort(), [account.device_id, other.device_id].sort());
        await client.setDeviceDetails(other.device_id, { display_name: "Kitchen" });
        assert.equal((await client.getDevice(other.device_id)).display_name, "Kitchen");
        await assert.rejects(client.deleteDevice(other.device_id), (e) => e.httpStatus === 401 && e.data.flows.length > 0);
        await withPassword(client)((auth) => client.deleteDevice(other.device_id, auth ?? undefined));
        await assert.rejects(idle(other).whoami(), refused(401, "M_UNKNOWN_TOKEN"));
        await assert.rejects(client.getDevice(other.device_id), refused(404, "M_NOT_FOUND"));
    });

    test("a device that is signed out by another one stops", async () => {
        const account = await registerAccount("ann");
        const phone = await startDevice(await login(account.username));
        const out = once(phone, HttpApiEvent.SessionLoggedOut);
        const client = idle(account);
        await withPassword(client)((auth) => client.deleteMultipleDevices([phone.getDeviceId()], auth ?? undefined));
        await phone.whoami().catch(() => {});
        await out;
        stopSync(phone);
    });

    test("logout ends the session at once, and logout of all ends the others", async () => {
        const account = await registerAccount("ann");
        const [one, two] = [await login(account.username), await login(account.username)];
        await idle(one).logout();
        await assert.rejects(idle(one).whoami(), refused(401, "M_UNKNOWN_TOKEN"));
        assert.equal((await idle(two).whoami()).user_id, account.user_id);
        await idle(two).http.authedRequest("POST", "/logout/all");
        for (const s of [two, account]) await assert.rejects(idle(s).whoami(), refused(401, "M_UNKNOWN_TOKEN"));
    });

    test("a refresh token gives a new pair, and dies when that is used", async () => {
        const account = await registerAccount("ann");
        const first = await login(account.username, { refresh_token: true });
        assert.ok(first.refresh_token && first.expires_in_ms > 0);
        const second = await visitor().refreshToken(first.refresh_token);
        assert.notEqual(second.access_token, first.access_token);
        const renewed = idle({ ...first, access_token: second.access_token });
        assert.equal((await renewed.whoami()).device_id, first.device_id);
        await assert.rejects(visitor().refreshToken(first.refresh_token), (e) => [401, 403].includes(e.httpStatus));
    });

    test("a new password replaces the old one and can sign out the other devices", async () => {
        const account = await registerAccount("ann");
        const other = await login(account.username);
        const client = idle(account);
        await withPassword(client)((auth) => client.setPassword(auth ?? undefined, "another long password", true));
        await assert.rejects(login(account.username), refused(403, "M_FORBIDDEN"));
        await login(account.username, { password: "another long password" });
        await assert.rejects(idle(other).whoami(), refused(401, "M_UNKNOWN_TOKEN"));
        assert.equal((await client.whoami()).user_id, account.user_id);
    });

    test("the versions and capabilities name what clients look for", async () => {
        const account = await registerAccount("ann");
        const client = idle(account);
        const { versions, unstable_features: unstable } = await client.getVersions();
        for (const v of ["v1.1", "v1.3", "v1.4", "v1.7", "v1.10", "v1.11"]) assert.ok(versions.includes(v), v);
        assert.equal(unstable["org.matrix.simplified_msc3575"], true);
        assert.equal(unstable["org.matrix.msc4140"], true);
        const capabilities = await client.getCapabilities();
        assert.ok(["10", "11", "12"].includes(capabilities["m.room_versions"].default));
        assert.equal(capabilities["m.change_password"].enabled, true);
    });

    test("a name and picture reach the people who share a room", async () => {
        const [ann, ben] = [await person("ann"), await person("ben")];
        const roomId = await roomOf([ann, ben]);
        await seesMember(ben, roomId, ann);
        await ann.setDisplayName("Анна Каренина");
        await ann.setAvatarUrl("mxc://localhost/portrait");
        await until("Ben sees the new name and picture", ben, () => {
            const member = ben.getRoom(roomId).getMember(ann.getUserId());
            return member.name.startsWith("Анна Каренина") && member.getMxcAvatarUrl() === "mxc://localhost/portrait";
        });
        const profile = await ben.getProfileInfo(ann.getUserId());
        assert.deepEqual([profile.displayname, profile.avatar_url], ["Анна Каренина", "mxc://localhost/portrait"]);
        assert.deepEqual(await ben.getProfileInfo(ann.getUserId(), "displayname"), { displayname: "Анна Каренина" });
        await assert.rejects(ben.getProfileInfo(`@${freshName("nobody")}:localhost`), (e) => e.httpStatus === 404);
        await assert.rejects(
            ben.http.authedRequest("PUT", `/profile/${encodeURIComponent(ann.getUserId())}/displayname`, undefined, { displayname: "x" }),
            (e) => e.errcode === "M_FORBIDDEN",
        );
    });

    test("further profile fields are kept, read by others and removed", async () => {
        const [ann, ben] = [idle(await registerAccount("ann")), idle(await registerAccount("ben"))];
        assert.equal(await ann.doesServerSupportExtendedProfiles(), true);
        await ann.setExtendedProfileProperty("org.veche.department", { floor: 3, name: "Бухгалтерия" });
        const field = await ben.getExtendedProfileProperty(ann.getUserId(), "org.veche.department");
        assert.deepEqual(field, { floor: 3, name: "Бухгалтерия" });
        assert.ok((await ben.getExtendedProfile(ann.getUserId()))["org.veche.department"]);
        await ann.deleteExtendedProfileProperty("org.veche.department");
        assert.equal("org.veche.department" in (await ben.getExtendedProfile(ann.getUserId()).catch(noneLeft)), false);
    });

    test("the user directory finds people by a part of their name", async () => {
        const [ann, ben] = [await person("ann"), await person("ben")];
        await roomOf([ann, ben], { preset: "public_chat", visibility: "public" });
        const name = freshName("Zacharias");
        await ben.setDisplayName(name);
        const found = await asked("the directory knows the name", async () => {
            const { results } = await ann.searchUserDirectory({ term: name.slice(0, -2) });
            return results.find((r) => r.user_id === ben.getUserId());
        });
        assert.equal(found.display_name, name);
    });

    test("account data is kept and reaches the other devices", async () => {
        const account = await registerAccount("ann");
        const [laptop, phone] = [await startDevice(account), await startDevice(await login(account.username))];
        const content = { theme: "dark", list: [1, 2, { три: 3 }] };
        await laptop.setAccountData("org.veche.settings", content);
        await until("the phone has it", phone, () => phone.getAccountData("org.veche.settings"));
        assert.deepEqual(phone.getAccountData("org.veche.settings").getContent(), content);
        assert.deepEqual(await phone.getAccountDataFromServer("org.veche.settings"), content);
        for (const c of [laptop, phone]) stopSync(c);
    });

    test("an access token of the OpenID kind is issued for a widget", async () => {
        const token = await idle(await registerAccount("ann")).getOpenIdToken();
        assert.equal(token.token_type, "Bearer");
        assert.ok(token.access_token && token.expires_in > 0 && token.matrix_server_name === "localhost");
    });

    test("an account deactivated by its owner can do nothing any more", async () => {
        const account = await registerAccount("ann");
        const client = idle(account);
        await withPassword(client)((auth) => client.deactivateAccount(auth ?? undefined, false));
        await assert.rejects(client.whoami(), refused(401, "M_UNKNOWN_TOKEN"));
        await assert.rejects(login(account.username), (e) => e.httpStatus === 403);
    });
});
