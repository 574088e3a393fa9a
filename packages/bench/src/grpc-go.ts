/** Builds and starts the server in peers/grpc-go, if Go is installed. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codecs } from "@grep11/proto";
import type { Skipped } from "./results.ts";
import type { Target } from "./testbed.ts";

const SOURCE = fileURLToPath(new URL("../peers/grpc-go/", import.meta.url));
const BUILD_TIMEOUT_MS = 300_000;

/** A running server of grpc-go that echoes every request. */
interface GrpcGo {
  readonly target: Target;
  stop(): void;
}

/** Starts the server. Go runs on one thread, so that the server uses at most one core, like a Node process. */
export async function startGrpcGo(): Promise<GrpcGo | Skipped> {
  const folder = mkdtempSync(join(tmpdir(), "grep11-grpc-go-"));
  const program = join(folder, "echo");
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  try {
    const path = `${process.env.PATH}:/usr/local/go/bin`;
    const options = { cwd: SOURCE, env: { ...process.env, PATH: path }, timeout: BUILD_TIMEOUT_MS } as const;
    execFileSync("go", ["build", "-mod=readonly", "-o", program, "."], {
      ...options,
      stdio: ["ignore", "ignore", "pipe"],
    });
  } catch (error) {
    removeFolder();
    const { stderr, message } = error as Error & { readonly stderr?: Buffer };
    return { skipped: `grpc-go was not built: ${stderr?.toString().trim().split("\n").at(-1) || message}` };
  }
  const methods = Object.values(codecs).map(({ rpc }) => rpc);
  const server = spawn(program, methods, {
    env: { ...process.env, GOMAXPROCS: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [port] = (await once(server.stdout, "data")) as [Buffer];
  const stop = (): void => {
    server.kill();
    removeFolder();
  };
  return { target: { pid: server.pid!, port: Number(port.toString()) }, stop };
}
