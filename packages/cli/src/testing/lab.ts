/** Runs a server with a real engine, and provides a working folder, for tests of the command line. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, Keyring, LiveKeyring } from "@grep11/engine";
import { createGrep11Server } from "@grep11/grpc-server";
import { connect } from "../connection/connection.ts";
import { run } from "../run.ts";
import type { Io, Output } from "../terminal/io.ts";

/** The result of a run. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly bytes: Uint8Array;
  readonly stderr: string;
}

/** Options of a run. By default there is no terminal and stdin is empty. */
interface RunOptions {
  readonly stdin?: Uint8Array | string | AsyncIterable<Uint8Array>;
  readonly terminal?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly secret?: string;
  readonly signal?: AbortSignal;
}

/** Starts the HSM. Call `close` at the end. */
export async function openLab() {
  const random = (length: number) => new Uint8Array(randomBytes(length));
  const keyring = new LiveKeyring(Keyring.create(random));
  const engine = createEngine({ keyring });
  const server = createGrep11Server({ ep11: engine });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  const folder = mkdtempSync(join(tmpdir(), "grep11-cli-"));
  const address = `127.0.0.1:${port}`;

  /** Runs `grep11` with the arguments in `line`, which are separated by spaces, followed by the arguments `more`. */
  async function grep11(line: string, options: RunOptions = {}, ...more: string[]): Promise<Outcome> {
    const { stdin = "", terminal = false, env = {}, secret, signal = new AbortController().signal } = options;
    const output: Uint8Array[] = [];
    const errors: Uint8Array[] = [];
    const io: Io = {
      stdin: typeof stdin === "string" || stdin instanceof Uint8Array ? once(stdin) : stdin,
      stdout: collector(output, terminal),
      stderr: collector(errors, terminal),
      env: { HOME: folder, GREP11_ADDRESS: address, ...env },
      cwd: folder,
      signal,
      askSecret: async () => new TextEncoder().encode(secret ?? ""),
      loadTransport: async () => connect,
    };
    const code = await run([...line.split(" "), ...more], io);
    const bytes = Buffer.concat(output);
    return { code, bytes: new Uint8Array(bytes), stdout: bytes.toString(), stderr: Buffer.concat(errors).toString() };
  }

  return {
    grep11,
    keyring,
    random,
    /** Like grep11, but throws if the command fails. */
    async ok(line: string, options?: RunOptions, ...more: string[]): Promise<Outcome> {
      const outcome = await grep11(line, options, ...more);
      if (outcome.code !== 0) throw new Error(`grep11 ${line}: ${outcome.code}\n${outcome.stderr}`);
      return outcome;
    },
    write: (name: string, data: Uint8Array | string) => writeFileSync(join(folder, name), data),
    read: (name: string) => new Uint8Array(readFileSync(join(folder, name))),
    mode: (name: string) => statSync(join(folder, name)).mode & 0o777,
    folder,
    address,
    async close() {
      await server.close({ graceMs: 100 });
      await engine.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function* once(data: Uint8Array | string): AsyncGenerator<Uint8Array> {
  yield typeof data === "string" ? new TextEncoder().encode(data) : data;
}

function collector(into: Uint8Array[], isTTY: boolean): Output {
  return {
    async write(data) {
      into.push(typeof data === "string" ? new TextEncoder().encode(data) : data);
    },
    isTTY,
    columns: 80,
  };
}
