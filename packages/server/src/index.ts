/** Any Ep11 behind gRPC, gRPC-Web and Connect. */
export { ACTIONS, type Action, authoriseByRole } from "./actions.ts";
export * from "./options.ts";
export { createGrep11Server } from "./server.ts";
