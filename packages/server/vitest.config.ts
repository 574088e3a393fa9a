/** Runs the whole suite twice: with the fast path of plain gRPC, and without. */
import { configDefaults, defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      dir: "src",
      projects: [
        { extends: true, test: { name: "fast path", provide: { fastPath: true } } },
        {
          extends: true,
          test: {
            name: "connect path",
            provide: { fastPath: false },
            // Starts servers of both kinds itself, so once is enough.
            exclude: [...configDefaults.exclude, "**/both-paths.test.ts"],
          },
        },
      ],
    },
  }),
);
