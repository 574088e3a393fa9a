/** Offers any implementation of Ep11 as a service over gRPC, gRPC-Web and Connect. */
export * from "./options.ts";
export { createGrep11Server } from "./server.ts";
export { ACTIONS, type Action, authoriseByRole } from "./services/actions.ts";
export { createService, type MethodHandler, type Service, type ServiceHandlers } from "./services/service.ts";
