/** The load generator, in a process of its own. */
import { answerParent } from "../child.ts";
import { load } from "../grpc-load.ts";

const handlers = { load };
export type LoadProgram = typeof handlers;
answerParent(handlers);
