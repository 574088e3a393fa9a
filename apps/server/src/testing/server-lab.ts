/**
 * Runs servers, clients and commands for a test in a temporary directory. The directory and the processes are removed when the
 * test ends.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGrep11Client } from "@grep11/client";
import { createGrpcTransport, type GrpcTransport } from "@grep11/client/node";
import type * as ck from "@grep11/cryptoki";
import { expect } from "vitest";
import { run } from "../program.ts";
import { type FinishedProgram, type SpawnedServer, spawnServer } from "./spawned-server.ts";

type Spawn = [args: readonly string[], environment?: Record<string, string>, stderr?: number];

/** Opens a lab: a directory for the servers that it spawns. Call `close` at the end. */
export async function openServerLab() {
  const directory = await mkdtemp(join(tmpdir(), "grep11-server-"));
  const servers: SpawnedServer[] = [];
  const transports: GrpcTransport[] = [];
  return {
    directory,
    async spawned(...[args, environment, stderr]: Spawn): Promise<SpawnedServer> {
      const server = await spawnServer(directory, args, environment, stderr);
      servers.push(server);
      return server;
    },
    transport(options: Parameters<typeof createGrpcTransport>[0]): GrpcTransport {
      const transport = createGrpcTransport(options);
      transports.push(transport);
      return transport;
    },
    client(options: Parameters<typeof createGrpcTransport>[0]): ck.Ep11 {
      return createGrep11Client(this.transport(options));
    },
    async close(): Promise<void> {
      for (const transport of transports) transport.close();
      await Promise.all(servers.map((server) => server.stop()));
      await rm(directory, { recursive: true });
    },
  };
}

/** A lab that {@link openServerLab} opened. */
export type ServerLab = Awaited<ReturnType<typeof openServerLab>>;

/** Returns the CK_RV with which a call fails. */
export async function failure(call: Promise<unknown>): Promise<number> {
  return call.then(
    () => expect.fail("the call succeeded"),
    (error: ck.CkError) => error.rv,
  );
}

/** Runs a command that ends by itself, inside this process, and returns its outcome. */
export async function program(argv: readonly string[]): Promise<FinishedProgram> {
  const output = { stdout: "", stderr: "" };
  const code = await run(argv, {
    environment: {},
    out: (line) => {
      output.stdout += `${line}\n`;
    },
    err: (line) => {
      output.stderr += `${line}\n`;
    },
  });
  return { code, ...output };
}
