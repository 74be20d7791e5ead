import { expect, test } from "vitest";
import { type Directory, bodyOf, emptyForm, formOf, withPreset } from "./directory_form";

const FORM = { ...emptyForm(2), name: " Company ", urls: "ldaps://dc1.ex.org\n ldaps://dc2.ex.org, ", bindDn: "cn=a", baseDn: "dc=ex", password: "p" };

test("what is typed becomes what the server takes", () => {
    const body = bodyOf(FORM);
    expect(body).toMatchObject({ name: "Company", place: 2, enabled: true, password: "p" });
    expect(body.config).toMatchObject({ urls: ["ldaps://dc1.ex.org", "ldaps://dc2.ex.org"], ca_pem: null, group_dn: null });
    expect(body.config.login_attributes).toEqual(["sAMAccountName", "userPrincipalName", "mail"]);
    expect(body.config.attributes).toMatchObject({ id: "objectGUID", disabled: "user_account_control" });
});

test("an empty password keeps the former one, and an odd place is the first", () => {
    expect(bodyOf({ ...FORM, password: "" }).password).toBeNull();
    for (const place of ["", "-1", "1.5", "x", "99999"]) expect(bodyOf({ ...FORM, place }).place).toBe(0);
});

test("a kind changes the usual words and nothing of the company's own", () => {
    const changed = withPreset(FORM, "openldap");
    expect(changed).toMatchObject({ name: FORM.name, urls: FORM.urls, loginAttributes: "uid, mail", groupInChain: false });
});

test("a directory that is there comes back as it was", () => {
    const { config } = bodyOf({ ...withPreset(FORM, "freeipa"), groupDn: "cn=g", attributes: { ...FORM.attributes, phone: "" } });
    const directory: Directory = { id: 1, place: 3, name: "Company", enabled: false, people: 4, config };
    expect(bodyOf(formOf(directory))).toEqual({ name: "Company", place: 3, enabled: false, password: null, config });
});
