/** Which component draws which page. */
import type { ReactNode } from "react";
import type { PageName } from "../app/router";
import { About } from "./about/About";
import { Calls } from "./calls/Calls";
import { Dashboard } from "./dashboard/Dashboard";
import { Directories } from "./directories/Directories";
import { Import } from "./import/Import";
import { Invites } from "./invites/Invites";
import { Journal } from "./journal/Journal";
import { Logs } from "./logs/Logs";
import { Missing } from "./missing/Missing";
import { Network } from "./network/Network";
import { People } from "./people/People";
import { PersonPage } from "./person/PersonPage";
import { Roles } from "./roles/Roles";
import { RoomPage } from "./rooms/RoomPage";
import { Rooms } from "./rooms/Rooms";
import { Settings } from "./settings/Settings";

export const PAGES: Readonly<Record<PageName, () => ReactNode>> = {
    dashboard: Dashboard,
    people: People,
    person: PersonPage,
    import: Import,
    invites: Invites,
    rooms: Rooms,
    room: RoomPage,
    calls: Calls,
    roles: Roles,
    directories: Directories,
    journal: Journal,
    settings: Settings,
    network: Network,
    logs: Logs,
    about: About,
    missing: Missing,
};
