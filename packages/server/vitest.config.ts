/** Runs the whole suite twice: over our own HTTP/2 layer, and over that of Node. */
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
            // Starts servers of both kinds itself, so once is enough.
            exclude: [...configDefaults.exclude, "**/both-layers.test.ts"],
          },
        },
      ],
    },
  }),
);
