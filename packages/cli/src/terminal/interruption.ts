/** Signals that end the program: it tidies up and exits as shells report a program that a signal ended. */

/** The signals, with their numbers (POSIX, <signal.h>). */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/** A signal that ends the program. */
export type EndingSignal = keyof typeof NUMBERS;

/** In the order of their numbers. */
export const ENDING_SIGNALS = Object.keys(NUMBERS) as readonly EndingSignal[];

/** The reason with which the AbortSignal of a run is aborted. */
export class Interruption extends Error {
  override readonly name = "Interruption";

  readonly signal: EndingSignal;

  constructor(signal: EndingSignal) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

/** The exit code for a run that `aborted` ended: 128 and the number of the signal, that of Ctrl-C where no signal is named. */
export function interruptedCode({ reason }: AbortSignal): number {
  return 128 + NUMBERS[reason instanceof Interruption ? reason.signal : "SIGINT"];
}
