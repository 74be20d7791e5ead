import { defineConfig } from "vitest/config";

export default defineConfig({
    test: {
        // Each package with the settings of its own, if it has any.
        projects: ["packages/*"],
    },
});
