/** Tests the server's log when standard error is not read, is full, or has lost its reader. */
import { execFileSync } from "node:child_process";
import { closeSync, constants, existsSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as ck from "@grep11/cryptoki";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failure, openServerLab, type ServerLab } from "../testing/server-lab.ts";
import { devArguments, type SpawnedServer } from "../testing/spawned-server.ts";

/** How many refused calls are made. The log has one line for each, and these lines do not fit into a pipe of 64 KiB. */
const REFUSED_CALLS = 600;
/** With these options the server also logs successful calls, so that admitted callers fill the log. */
const LEVELS = ["--log-level", "debug"];

let lab: ServerLab;
let stderr: number | undefined;
beforeEach(async () => {
  lab = await openServerLab();
});
afterEach(async () => {
  await lab.close();
  if (stderr !== undefined) closeSync(stderr);
  stderr = undefined;
});

async function clientsOf(server: SpawnedServer): Promise<{ bystander: ck.Ep11; unauthenticated: ck.Ep11 }> {
  const { grpc, tls, ca } = server.report;
  const unauthenticated = lab.client({ address: tls as string, tls: { ca: await readFile(ca as string, "utf8") } });
  return { bystander: lab.client({ address: grpc as string }), unauthenticated };
}

/** Makes so many refused and admitted calls that their lines do not fit into a pipe. Fails unless each call gets a response. */
async function makeManyCalls({ bystander, unauthenticated }: Awaited<ReturnType<typeof clientsOf>>): Promise<void> {
  for (let n = 0; n < REFUSED_CALLS; n += 50) {
    // After this many refused calls the server may close the connection, but each call must have got a response.
    const refused = Array.from({ length: 50 }, () => failure(unauthenticated.generateRandom({ len: 8 })));
    const served = Array.from({ length: 50 }, () => bystander.generateRandom({ len: 8 }));
    expect(await Promise.all(refused)).toContain(ck.CKR_IBM_GREP11_NOT_AUTHENTICATED);
    for (const { rnd } of await Promise.all(served)) expect(rnd).toHaveLength(8);
  }
}

/** File descriptors for standard error to which the server cannot write a line. */
const OBSTACLES: readonly [name: string, open: (directory: string) => number][] = [
  [
    "a pipe that nobody reads",
    (directory) => {
      const fifo = join(directory, "log");
      execFileSync("mkfifo", [fifo]);
      return openSync(fifo, constants.O_RDWR);
    },
  ],
  ["a full device", () => openSync("/dev/full", constants.O_WRONLY)],
  [
    "a pipe whose reader is gone",
    (directory) => {
      const fifo = join(directory, "log");
      execFileSync("mkfifo", [fifo]);
      const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openSync(fifo, constants.O_WRONLY);
      closeSync(reader);
      return writer;
    },
  ],
];

describe.runIf(existsSync("/dev/full"))("a log on", () => {
  it.each(OBSTACLES)("%s does not fail calls, and the server still stops", async (_, open) => {
    stderr = open(lab.directory);
    const server = await lab.spawned([...devArguments(lab.directory), ...LEVELS], {}, stderr);
    await makeManyCalls(await clientsOf(server));
    expect(await server.stop()).toBe(0);
  });

  it.each(OBSTACLES)("%s does not fail calls of several processes either", async (_, open) => {
    stderr = open(lab.directory);
    const args = [...devArguments(lab.directory), ...LEVELS, "--processes", "2"];
    const server = await lab.spawned(args, {}, stderr);
    await makeManyCalls(await clientsOf(server));
    expect(await server.stop()).toBe(0);
  });
});

describe("a log that is read", () => {
  it("aggregates refused calls, and has the lines of other calls", async () => {
    const server = await lab.spawned(devArguments(lab.directory));
    const { bystander, unauthenticated } = await clientsOf(server);
    for (let n = 0; n < 40; n++) await failure(unauthenticated.generateRandom({ len: 8 }));
    await failure(bystander.generateRandom({ len: 0 }));
    expect(await server.stop()).toBe(0);
    const lines = server
      .stderr()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const refused = lines.filter(({ msg }) => msg === "calls refused");
    expect(refused.length).toBeLessThan(20);
    expect(refused.reduce((sum, { calls }) => sum + (calls as number), 0)).toBe(40);
    expect(lines.filter(({ msg }) => msg === "call failed")).toHaveLength(1);
  });
});
