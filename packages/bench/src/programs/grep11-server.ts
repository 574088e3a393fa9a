/** The server variant that is our own server. Every call has a bearer token, which is the name of the principal. */
import { createEngine, type KeyCacheOptions, Keyring, LiveKeyring } from "@grep11/engine";
import { createGrep11Server } from "@grep11/grpc-server";
import { serveParent } from "../child.ts";

/** The options of the server. */
export interface Grep11ServerPlan {
  readonly http2: "own" | "node";
  /** The master key. All variants share it, so that each can open the keys of the others. */
  readonly masterKey: Uint8Array;
  readonly keyCache?: KeyCacheOptions | false;
}

const handlers = {
  /** Starts the server and returns its port. */
  async start({ http2, masterKey, keyCache }: Grep11ServerPlan): Promise<number> {
    const keyring = new LiveKeyring(Keyring.create(() => masterKey));
    const engine = createEngine({ keyring, ...(keyCache === undefined ? {} : { keyCache }) });
    const server = createGrep11Server({ ep11: engine, http2 });
    const bearer = (token: string) => ({ name: token, roles: ["Manager"] });
    return (await server.listen({ port: 0, bearer })).port;
  },
};
export type Grep11ServerProgram = typeof handlers;
serveParent(handlers);
