/** Handles signals that end the program: it cleans up and exits with the code that shells report for the signal. */

/** The signals, with their numbers (POSIX, <signal.h>). */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** A signal that ends the program. */
export type EndingSignal = keyof typeof NUMBERS;

/** The signals in the order of their numbers. */
export const ENDING_SIGNALS = Object.keys(NUMBERS) as readonly EndingSignal[];

/** The reason with which the AbortSignal of a run is aborted after a signal. */
export class Interruption extends Error {
  override readonly name = "Interruption";

  readonly signal: EndingSignal;

  constructor(signal: EndingSignal) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

/** Returns the exit code of an aborted run: 128 plus the number of the signal, which by default is that of Ctrl-C. */
export function interruptedCode({ reason }: AbortSignal): number {
  return 128 + NUMBERS[reason instanceof Interruption ? reason.signal : "SIGINT"];
}
