/** Any Ep11 behind gRPC, gRPC-Web and Connect. */
export * from "./options.ts";
export { createGrep11Server } from "./server.ts";
export { ACTIONS, type Action, authoriseByRole } from "./services/actions.ts";
export { createService, type MethodHandler, type Service, type ServiceHandlers } from "./services/service.ts";
