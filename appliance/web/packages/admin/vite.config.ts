import { defineConfig } from "vite";
import { application } from "../../vite.shared.ts";

export default defineConfig(application(import.meta.dirname, { name: "admin", base: "/admin/" }));
