/** Runs the suite with our own HTTP/2 layer and, where that makes a difference, with node:http2. */
import { defineConfig, mergeConfig } from "vitest/config";
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
            include: ["**/node.test.ts", "**/grpc-transport.test.ts"],
          },
        },
      ],
    },
  }),
);
