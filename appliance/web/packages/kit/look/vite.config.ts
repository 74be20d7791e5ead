import { defineConfig } from "vite";
import { application } from "../../../vite.shared.ts";

// Looked at while developing, and by the tests; it is not shipped.
export default defineConfig(application(import.meta.dirname, { name: "look", base: "/" }));
