import { defineConfig } from "vite";
import { application } from "../../vite.shared.ts";

export default defineConfig(application(import.meta.dirname, { name: "setup", base: "/setup/" }));
