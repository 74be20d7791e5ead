/** The texts of the page that looks at the components. */
import type { Catalog, Translation } from "../src";

export const en = {
    title: "Components",
    close: "Close",
    messages: "Messages",
    theme: "Theme",
    light: "Light",
    dark: "Dark",
    system: "System",
    density: "Density",
    comfortable: "Comfortable",
    compact: "Compact",
    language: "Language",
    members: { one: "{count} member", other: "{count} members" },
    invited: "{who} invited {whom}",
    nothing: "Nothing was found",
    searching: "Searching",
    remove: "Remove {name}",
} as const satisfies Catalog;

export const ru: Translation<typeof en> = {
    title: "Компоненты",
    close: "Закрыть",
    messages: "Сообщения",
    theme: "Тема",
    light: "Светлая",
    dark: "Тёмная",
    system: "Как в системе",
    density: "Плотность",
    comfortable: "Свободно",
    compact: "Плотно",
    language: "Язык",
    members: {
        one: "{count} участник",
        few: "{count} участника",
        many: "{count} участников",
        other: "{count} участника",
    },
    invited: "{who} приглашает {whom}",
    nothing: "Ничего не найдено",
    searching: "Идёт поиск",
    remove: "Убрать: {name}",
};
