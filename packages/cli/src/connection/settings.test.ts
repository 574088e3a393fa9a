import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Values } from "@grep11/command-line";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CONNECTION_FLAGS } from "../terminal/flags.ts";
import type { Io } from "../terminal/io.ts";
import { DEFAULT_ADDRESS, resolveSettings } from "./settings.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "grep11-settings-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("settings", () => {
  it.each([
    [{}, DEFAULT_ADDRESS],
    [{ GREP11_ADDRESS: "hsm.example:9000" }, "hsm.example:9000"],
  ])("ignore the variables that Kubernetes sets for a Service named grep11, besides %j", async (given, address) => {
    const env = {
      HOME: folder,
      ...given,
      GREP11_SERVICE_HOST: "10.0.0.1",
      GREP11_SERVICE_PORT: "9876",
      GREP11_SERVICE_PORT_GRPC: "9876",
      GREP11_PORT: "tcp://10.0.0.1:9876",
      GREP11_PORT_9876_TCP: "tcp://10.0.0.1:9876",
      GREP11_PORT_9876_TCP_ADDR: "10.0.0.1",
      GREP11_PORT_9876_TCP_PORT: "9876",
      GREP11_PORT_9876_TCP_PROTO: "tcp",
      GREP11_SERVER_PORT: "tcp://10.0.0.1:9876",
    };
    const io = { env, cwd: folder } as unknown as Io;
    expect(await resolveSettings(io, {} as Values<typeof CONNECTION_FLAGS>)).toEqual({ address });
  });
});
