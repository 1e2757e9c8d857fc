/**
 * Which way to log in next: the order of ssh (keys, keyboard-interactive, password), what the host still accepts, and
 * what the person still can give. Hands ssh2 one method at a time.
 */
import type { AnyAuthMethod, KeyboardInteractiveCallback, Prompt } from "ssh2";
import { type Identity, SingleKeyAgent } from "./identities.ts";
import { type Prompter, printable } from "./prompt.ts";
import type { SshConfig } from "./ssh-config.ts";

type AuthConfig = Pick<
  SshConfig,
  | "user"
  | "originalHost"
  | "batchMode"
  | "passwordPrompts"
  | "pubkeyAuthentication"
  | "passwordAuthentication"
  | "kbdInteractiveAuthentication"
>;

export class Authenticator {
  readonly #config: AuthConfig;
  readonly #prompter: Prompter | undefined;
  readonly #identities: Identity[];
  #offered: readonly string[] | undefined;
  #started = false;
  #kbdTries = 0;
  #kbdAsked = true;
  #passwordTries = 0;
  readonly #tried: string[] = [];

  /**
   * @param identities in the order to offer them
   * @param prompter undefined: nobody to ask
   */
  constructor(config: AuthConfig, identities: readonly Identity[], prompter: Prompter | undefined) {
    this.#config = config;
    this.#identities = [...identities];
    this.#prompter = config.batchMode ? undefined : prompter;
  }

  /**
   * The host's list of methods that can continue (RFC 4252 5.1), as ssh2 logs it. ssh2 does not hand it on after a
   * failed key of an agent, and every key here is one of an agent.
   */
  noteDebug(line: string): void {
    const list = /^Inbound: Received USERAUTH_FAILURE \((.*)\)$/.exec(line)?.[1];
    if (list !== undefined) this.#offered = list.split(",").filter((method) => method !== "");
  }

  /** The next method, or false if there is none left. */
  async next(): Promise<AnyAuthMethod | false> {
    const username = this.#config.user;
    if (!this.#started) {
      this.#started = true;
      return { type: "none", username };
    }
    // Where several factors are wanted, the host's list says after each one what is next.
    const can = (method: string): boolean => this.#offered?.includes(method) ?? true;

    if (this.#config.pubkeyAuthentication && can("publickey")) {
      const agent = await this.#nextKey();
      if (agent !== undefined) {
        return { type: "agent", username, agent };
      }
    }
    if (
      this.#config.kbdInteractiveAuthentication &&
      can("keyboard-interactive") &&
      this.#mayAskInteractively()
    ) {
      this.#kbdTries++;
      this.#kbdAsked = false;
      this.#note("keyboard-interactive");
      return { type: "keyboard-interactive", username, prompt: this.#answer };
    }
    if (this.#config.passwordAuthentication && can("password")) {
      const password = await this.#nextPassword();
      if (password !== undefined) {
        return { type: "password", username, password };
      }
    }
    return false;
  }

  /** What to say when the host takes none: ssh's line, and what was tried. */
  failureText(program: string): string {
    const { user, originalHost } = this.#config;
    const tried =
      this.#tried.length === 0 ? "nothing (no key, and no terminal to ask on)" : this.#tried.join(", ");
    return (
      `${user}@${originalHost}: Permission denied (${printable((this.#offered ?? []).join(","))}).\n` +
      `${program}: The host accepted none of what was tried: ${printable(tried)}.`
    );
  }

  async #nextKey(): Promise<SingleKeyAgent | undefined> {
    for (;;) {
      const identity = this.#identities.shift();
      if (identity === undefined) return undefined;
      const key = await identity.publicKey();
      if (key === undefined) continue;
      this.#note(`key ${identity.label}`);
      return new SingleKeyAgent(identity, key);
    }
  }

  #mayAskInteractively(): boolean {
    // A host may offer the method and then ask nothing (no PAM): once is enough.
    return this.#prompter !== undefined && this.#kbdAsked && this.#kbdTries < this.#config.passwordPrompts;
  }

  readonly #answer = (
    name: string,
    instructions: string,
    _language: string,
    prompts: Prompt[],
    finish: KeyboardInteractiveCallback,
  ): void => {
    this.#kbdAsked = true;
    void (async () => {
      for (const text of [name, instructions]) {
        if (text !== "") this.#prompter?.tell(`${printable(text).replace(/\n$/, "")}\n`);
      }
      const answers: string[] = [];
      for (const prompt of prompts) {
        const label = `(${this.#config.user}@${this.#config.originalHost}) ${printable(prompt.prompt)}`;
        answers.push((await this.#prompter?.ask(label, { echo: prompt.echo === true })) ?? "");
      }
      finish(answers);
    })();
  };

  async #nextPassword(): Promise<string | undefined> {
    if (this.#prompter === undefined || this.#passwordTries >= this.#config.passwordPrompts) return undefined;
    if (this.#passwordTries++ > 0) this.#prompter.tell("Permission denied, please try again.\n");
    this.#note("password");
    const { user, originalHost } = this.#config;
    return this.#prompter.ask(`${user}@${originalHost}'s password: `, { echo: false });
  }

  #note(what: string): void {
    if (!this.#tried.includes(what)) this.#tried.push(what);
  }
}
