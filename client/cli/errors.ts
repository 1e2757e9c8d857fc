/**
 * The error that ends the wrapper: a text for standard error and an exit status. Thrown by the command line and the
 * bootstrap, caught only by main.ts. Anything else that reaches main.ts is a fault of the program.
 */

/** Bad command line, and every failure of the bootstrap without a better number (ssh's own choice, too). */
const STATUS_FAILURE = 255;

export class CommandError extends Error {
  /**
   * @param message first line as scripts know it, then what to do; without the final newline
   * @param status exit status, 1..255
   */
  constructor(
    message: string,
    readonly status: number = STATUS_FAILURE,
  ) {
    super(message);
    this.name = "CommandError";
  }
}
