/** The program as a library: run a command in surroundings of your own. */
export { connect } from "./connection.ts";
export type { Connection, Io, Output } from "./io.ts";
export { run } from "./run.ts";
export type { Settings } from "./settings.ts";
