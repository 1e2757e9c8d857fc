/**
 * A client on a pseudo-terminal of this process: keys in, bytes out, and the moment at which a text is written. What is on
 * the screen is not known; for that there is tmux.ts.
 */
export class PtyClient {
  readonly #child: Bun.Subprocess;
  #output = "";
  #waiting: { text: string; resolve: (before: string) => void } | undefined;

  constructor(command: readonly string[], env: Readonly<Record<string, string>>) {
    const decoder = new TextDecoder();
    this.#child = Bun.spawn([...command], {
      env: { ...env },
      terminal: {
        cols: 80,
        rows: 24,
        data: (_terminal, bytes) => {
          this.#output += decoder.decode(bytes, { stream: true });
          this.#look();
        },
      },
    });
  }

  #look(): void {
    const waiting = this.#waiting;
    const at = waiting === undefined ? -1 : this.#output.indexOf(waiting.text);
    if (waiting === undefined || at < 0) {
      this.#output = this.#output.slice(-4096);
      return;
    }
    const before = this.#output.slice(0, at);
    this.#output = this.#output.slice(at + waiting.text.length);
    this.#waiting = undefined;
    waiting.resolve(before);
  }

  /** Resolves as soon as `text` has been written after the last text waited for, with what came in between. */
  see(text: string, deadline = 120_000): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`"${text}" did not appear; last: ${this.#output}`)),
        deadline,
      );
      this.#waiting = {
        text,
        resolve: (before) => {
          clearTimeout(timer);
          resolve(before);
        },
      };
      this.#look();
    });
  }

  write(text: string): void {
    this.#child.terminal!.write(text);
  }

  /** Ends the session by the escape key. */
  async quit(): Promise<void> {
    this.write("\x1e.");
    await this.#child.exited;
  }
}
