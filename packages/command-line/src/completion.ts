import { bashScript } from "./completion-bash.ts";
import { fishScript } from "./completion-fish.ts";
import { zshScript } from "./completion-zsh.ts";
import { type Program, SHELLS } from "./program.ts";
import { UsageError } from "./usage-error.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Returns the completion script for the shell that `args` names. Errors: UsageError unless it is one of SHELLS. */
export function completionScript(program: Program, args: readonly string[]): string {
  const shell = SHELLS.find((known) => known === args[0]);
  if (shell === undefined || args.length !== 1) throw new UsageError(`name the shell: ${SHELLS.join(", ")}`);
  return SCRIPTS[shell](program);
}
