/** Completion of command lines for a shell, from the table. */
import { bashScript } from "./completion-bash.ts";
import { fishScript } from "./completion-fish.ts";
import { zshScript } from "./completion-zsh.ts";
import { type Program, SHELLS } from "./program.ts";
import { UsageError } from "./usage-error.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The script by which the shell completes command lines of the program. Errors: UsageError unless one of SHELLS is named. */
export function completionScript(program: Program, args: readonly string[]): string {
  const shell = SHELLS.find((known) => known === args[0]);
  if (shell === undefined || args.length !== 1) throw new UsageError(`name the shell: ${SHELLS.join(", ")}`);
  return SCRIPTS[shell](program);
}
