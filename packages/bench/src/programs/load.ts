/** Runs the load generator in its own process. */
import { serveParent } from "../child.ts";
import { load } from "../grpc-load.ts";

const handlers = { load };
export type LoadProgram = typeof handlers;
serveParent(handlers);
