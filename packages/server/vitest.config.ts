/** Runs the whole suite twice: with the fast path of plain gRPC, and without. */
import { defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      dir: "src",
      projects: [
        { extends: true, test: { name: "fast path", provide: { fastPath: true } } },
        { extends: true, test: { name: "connect path", provide: { fastPath: false } } },
      ],
    },
  }),
);
