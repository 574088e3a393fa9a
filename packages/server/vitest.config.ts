/** Runs the whole suite twice: with our own HTTP/2 layer and with node:http2. */
import { configDefaults, defineConfig, mergeConfig } from "vitest/config";
import shared from "../../vitest.config.ts";

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      dir: "src",
      projects: [
        { extends: true, test: { name: "own HTTP/2", provide: { http2: "own" } } },
        {
          extends: true,
          test: {
            name: "node:http2",
            provide: { http2: "node" },
            // These tests start servers of both kinds, so they need to run only once.
            exclude: [...configDefaults.exclude, "**/both-layers.test.ts"],
          },
        },
      ],
    },
  }),
);
