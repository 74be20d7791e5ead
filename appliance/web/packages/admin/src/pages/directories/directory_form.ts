/** What the form of a company directory holds, and how it becomes what the server takes. */
import type { Schemas } from "../../api/api";

export type Config = Schemas["CompanyDirectoryConfig"];
export type Directory = Schemas["CompanyDirectory"];

/** Everything as it is typed. */
export interface Form {
    readonly name: string;
    readonly place: string;
    readonly enabled: boolean;
    readonly urls: string;
    readonly caPem: string;
    readonly bindDn: string;
    /** Empty: the kept one. */
    readonly password: string;
    readonly baseDn: string;
    readonly userFilter: string;
    readonly loginAttributes: string;
    readonly groupDn: string;
    readonly groupInChain: boolean;
    readonly attributes: Readonly<Record<AttributeName, string>>;
    readonly disabled: Config["attributes"]["disabled"];
}

export const ATTRIBUTES = ["id", "changed", "name", "mail", "phone", "title", "department", "manager"] as const;
type AttributeName = (typeof ATTRIBUTES)[number];

export const DISABLED: readonly Form["disabled"][] = ["user_account_control", "pwd_account_locked_time", "ns_account_lock", "nothing"];

/** Kinds of directories whose usual words are known. */
export const PRESETS = ["active-directory", "openldap", "freeipa"] as const;
export type Preset = (typeof PRESETS)[number];

type Usual = Pick<Form, "userFilter" | "loginAttributes" | "groupInChain" | "attributes" | "disabled">;

const INET_ORG_PERSON = { name: "cn", mail: "mail", phone: "telephoneNumber", title: "title", department: "departmentNumber", manager: "manager" };

const USUAL: Readonly<Record<Preset, Usual>> = {
    "active-directory": {
        userFilter: "(&(objectCategory=person)(objectClass=user))",
        loginAttributes: "sAMAccountName, userPrincipalName, mail",
        groupInChain: true,
        attributes: { ...INET_ORG_PERSON, id: "objectGUID", changed: "uSNChanged", name: "displayName", department: "department" },
        disabled: "user_account_control",
    },
    openldap: {
        userFilter: "(objectClass=inetOrgPerson)",
        loginAttributes: "uid, mail",
        groupInChain: false,
        attributes: { ...INET_ORG_PERSON, id: "entryUUID", changed: "modifyTimestamp" },
        disabled: "pwd_account_locked_time",
    },
    freeipa: {
        userFilter: "(objectClass=posixAccount)",
        loginAttributes: "uid, mail",
        groupInChain: false,
        attributes: { ...INET_ORG_PERSON, id: "ipaUniqueID", changed: "modifyTimestamp" },
        disabled: "ns_account_lock",
    },
};

/** The form with the usual words of this kind; what is the company's own stays. Pure. */
export const withPreset = (form: Form, preset: Preset): Form => ({ ...form, ...USUAL[preset] });

/** An empty form. Pure. */
export const emptyForm = (place: number): Form => ({
    name: "",
    place: String(place),
    enabled: true,
    urls: "",
    caPem: "",
    bindDn: "",
    password: "",
    baseDn: "",
    groupDn: "",
    ...USUAL["active-directory"],
});

/** The form of a directory that is there. Pure. */
export function formOf({ name, place, enabled, config }: Directory): Form {
    const { attributes } = config;
    return {
        name,
        place: String(place),
        enabled,
        urls: config.urls.join("\n"),
        caPem: config.ca_pem ?? "",
        bindDn: config.bind_dn,
        password: "",
        baseDn: config.base_dn,
        userFilter: config.user_filter,
        loginAttributes: config.login_attributes.join(", "),
        groupDn: config.group_dn ?? "",
        groupInChain: config.group_in_chain,
        attributes: Object.fromEntries(ATTRIBUTES.map((id) => [id, attributes[id] ?? ""])) as Form["attributes"],
        disabled: attributes.disabled,
    };
}

const listOf = (text: string): string[] => text.split(/[\s,;]+/).filter((part) => part !== "");
const orNull = (text: string): string | null => (text.trim() === "" ? null : text.trim());

/** What the server takes. Pure. */
export function configOf(form: Form): Config {
    const { attributes } = form;
    return {
        urls: listOf(form.urls),
        ca_pem: orNull(form.caPem),
        bind_dn: form.bindDn.trim(),
        base_dn: form.baseDn.trim(),
        user_filter: form.userFilter.trim(),
        login_attributes: listOf(form.loginAttributes),
        group_dn: orNull(form.groupDn),
        group_in_chain: form.groupInChain,
        attributes: {
            id: attributes.id.trim(),
            changed: attributes.changed.trim(),
            name: orNull(attributes.name),
            mail: orNull(attributes.mail),
            phone: orNull(attributes.phone),
            title: orNull(attributes.title),
            department: orNull(attributes.department),
            manager: orNull(attributes.manager),
            disabled: form.disabled,
        },
    };
}

/** The whole of it, as it is kept. Pure. */
export function bodyOf(form: Form): Schemas["NewCompanyDirectory"] {
    const place = Number(form.place);
    return {
        name: form.name.trim(),
        place: Number.isInteger(place) && place >= 0 && place <= 1_000 ? place : 0,
        enabled: form.enabled,
        config: configOf(form),
        password: form.password === "" ? null : form.password,
    };
}
