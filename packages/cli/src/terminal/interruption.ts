/** The signals that end the program, with their numbers (POSIX, <signal.h>). */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

export type EndingSignal = keyof typeof NUMBERS;

export const ENDING_SIGNALS = Object.keys(NUMBERS) as readonly EndingSignal[];

/** The reason with which a signal aborts the AbortSignal of a run. */
export class Interruption extends Error {
  override readonly name = "Interruption";

  readonly signal: EndingSignal;

  constructor(signal: EndingSignal) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }
}

/** Returns the exit code of an aborted run, as shells report it: 128 plus the number of the signal, by default SIGINT. */
export function interruptedCode({ reason }: AbortSignal): number {
  return 128 + NUMBERS[reason instanceof Interruption ? reason.signal : "SIGINT"];
}
