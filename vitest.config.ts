/** Shared by the suites of all packages (`vitest run --config ../../vitest.config.ts` in each). */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Limits against hanging, not against slowness: suites run side by side on machines with two cores.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    slowTestThreshold: 5000,
  },
});
