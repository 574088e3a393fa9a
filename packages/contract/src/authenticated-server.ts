/** Runs a server that requires a token, as a child process of load-effect.ts. */
import { createEngine } from "@grep11/engine";
import { createGrep11Server } from "@grep11/grpc-server";
import { createKeyring } from "./targets.ts";

const server = createGrep11Server({ ep11: createEngine({ keyring: createKeyring() }) });
/** The principals. The token of each is its name. */
const CALLERS: ReadonlySet<string> = new Set(["alice", "bob", "carol", "dave"]);
const bearer = (token: string) => (CALLERS.has(token) ? { name: token } : undefined);
const { host, port } = await server.listen({ port: 0, bearer });
process.on("disconnect", () => process.exit());
process.send!({ address: `${host}:${port}` });
