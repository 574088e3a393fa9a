/** A program that runs a server which requires a token. The load tests start it as a child process. */
import { createEngine } from "@grep11/engine";
import { createGrep11Server } from "@grep11/grpc-server";
import { createKeyring } from "./targets.ts";

const server = createGrep11Server({ ep11: createEngine({ keyring: createKeyring() }) });
/** The names of the callers. The token of each caller is its name. */
const CALLERS: ReadonlySet<string> = new Set(["alice", "bob", "carol", "dave"]);
const bearer = (token: string) => (CALLERS.has(token) ? { name: token } : undefined);
const { host, port } = await server.listen({ port: 0, bearer });
process.on("disconnect", () => process.exit());
process.send!({ address: `${host}:${port}` });
