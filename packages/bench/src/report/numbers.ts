/** Formats numbers. */

/** Microseconds. */
export function us(microseconds: number): string {
  return `${significant(microseconds)} µs`;
}

/** Milliseconds. */
export function ms(milliseconds: number): string {
  return `${significant(milliseconds)} ms`;
}

/** A factor. */
export function ratio(factor: number): string {
  return `× ${factor.toFixed(2)}`;
}

/** A share of 1. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A whole number with separated thousands. */
export function count(number: number): string {
  return Math.round(number).toLocaleString("en");
}

/** Three figures below a hundred, whole numbers above. */
export function significant(number: number): string {
  if (number >= 100) return count(number);
  return number >= 10 ? number.toFixed(1) : number.toFixed(2);
}
