/**
 * What was learnt about prompts: which ones let typed text appear behind them, and which commands come back to the same
 * prompt without printing anything. Texts and counts only; lines.ts decides when to learn and when to ask.
 *
 * The question behind every rule here: can this be a place where a password is typed? A prompt must have earned trust
 * by what the server showed, must end as command prompts end (password prompts end in a colon), and must not speak of
 * secrets. See README.md, "After Return".
 */

/** So many lines in a row must have shown their first key before the next one's is shown at once. */
const NEEDED = 3;
/** After a mistake twice as many are needed, up to this. */
const MOST_NEEDED = 48;
/** Prompts, commands remembered; the least recently used is forgotten. */
const MAX_PROMPTS = 64;
const MAX_COMMANDS = 256;
const MAX_PROMPT_LENGTH = 160;

/** How command prompts end. Not ":" and not "?": so end questions, for passwords too. */
const PROMPT_ENDS = new Set("$#%>❯➜»›λ▶▸⟩→⇒⟫");
/** Ends of shells' prompts, as opposed to those of any program that reads commands. */
const SHELL_ENDS = new Set("$#%❯➜");
const SECRET =
  /pass|\bpin\b|secret|token|\botp\b|\bcode\b|verif|credential|kennwort|passwort|contraseñ|mot de passe|senha|пароль|密码|密碼|パスワード|암호/iu;
/** Commands that ask for secrets, with prompts of the caller's choosing, or that switch echo off. */
const ASKS =
  /\b(read|stty|getpass|sudo|su|doas|ssh|sftp|scp|telnet|login|passwd|gpg|openssl|kinit|pass|vault|systemd-ask-password)\b/u;
/**
 * Shell builtins that neither ask nor print. An external command may be an alias of one that asks, so none is listed.
 * Nothing that substitutes, chains or quotes may stand in the line.
 */
const QUIET_BUILTINS = new Set(["", "cd", "export", "unset", "alias", "unalias", "umask", "true", ":"]);
const PLAIN_LINE = /^[\w ~./+=:,@-]*$/u;

/** Text that may be a command prompt: at most two blanks behind its last character. */
export function isPromptLike(text: string): boolean {
  const trimmed = text.trimEnd();
  const end = [...trimmed].at(-1);
  return (
    end !== undefined &&
    PROMPT_ENDS.has(end) &&
    text.length - trimmed.length <= 2 &&
    text.length <= MAX_PROMPT_LENGTH &&
    !SECRET.test(text)
  );
}

/**
 * What prompts of one shell have in common: those that begin with who and where (`user@host:…$ `) are alike whatever the
 * directory between; all others are what they are.
 */
function shapeOf(prompt: string): string {
  const head = /^[[(]?[\w.-]+@[\w.-]+/u.exec(prompt)?.[0];
  if (head === undefined) return prompt;
  const trimmed = prompt.trimEnd();
  return `${head}\0${[...trimmed].at(-1) ?? ""}${prompt.slice(trimmed.length)}`;
}

/** The word by which a command line is remembered; undefined: it may ask for a secret, so nothing is taken for granted. */
export function commandWord(command: string): string | undefined {
  if (ASKS.test(command)) return undefined;
  return command.trim().split(/\s+/u)[0] ?? "";
}

/** A line after which the prompt may be back before anything else is printed, and no secret can be asked for. */
function isQuietCommand(prompt: string, command: string): boolean {
  if (!PLAIN_LINE.test(command)) return false;
  const word = commandWord(command);
  if (word === undefined || !QUIET_BUILTINS.has(word)) return false;
  return word === "" || SHELL_ENDS.has([...prompt.trimEnd()].at(-1) ?? "");
}

interface Trust {
  good: number;
  needed: number;
}

class Trusts {
  readonly #entries = new Map<string, Trust>();
  readonly #limit: number;
  readonly #needed: number;

  constructor(limit: number, needed: number) {
    this.#limit = limit;
    this.#needed = needed;
  }

  has(key: string): boolean {
    const trust = this.#entries.get(key);
    return trust !== undefined && trust.good >= trust.needed;
  }

  good(key: string): void {
    this.#entry(key).good++;
  }

  bad(key: string): void {
    const entry = this.#entry(key);
    entry.good = 0;
    entry.needed = Math.min(MOST_NEEDED, entry.needed * 2);
  }

  get size(): number {
    return this.#entries.size;
  }

  #entry(key: string): Trust {
    const entry = this.#entries.get(key) ?? { good: 0, needed: this.#needed };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#limit) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return entry;
  }
}

export class PromptBook {
  /** Prompts behind which the first key appears. */
  readonly #echoing = new Trusts(MAX_PROMPTS, NEEDED);
  /** Commands after which it did. */
  readonly #returning = new Trusts(MAX_COMMANDS, 1);
  /** Commands after which the same prompt was there at once, on the next row. */
  readonly #quiet = new Trusts(MAX_COMMANDS, NEEDED);

  /** The first key behind `prompt`, after the command `word` (undefined: not known), was shown by the server, or not. */
  echoed(prompt: string, word: string | undefined, shown: boolean): void {
    const shape = shapeOf(prompt);
    if (shown) this.#echoing.good(shape);
    else this.#echoing.bad(shape);
    if (word === undefined) return;
    if (shown) this.#returning.good(`${shape}\n${word}`);
    else this.#returning.bad(`${shape}\n${word}`);
  }

  /** May the first key behind `prompt` be shown before the server has? */
  echoes(prompt: string, word: string | undefined): boolean {
    if (word === undefined || !isPromptLike(prompt)) return false;
    const shape = shapeOf(prompt);
    return this.#echoing.has(shape) && this.#returning.has(`${shape}\n${word}`);
  }

  returned(prompt: string, word: string, quietly: boolean): void {
    if (quietly) this.#quiet.good(`${prompt}\n${word}`);
    else this.#quiet.bad(`${prompt}\n${word}`);
  }

  /** May the next row be taken for `prompt` as soon as `command` was entered? */
  returnsAtOnce(prompt: string, command: string): boolean {
    if (!isPromptLike(prompt) || !isQuietCommand(prompt, command)) return false;
    const word = commandWord(command) ?? "";
    return this.#echoing.has(shapeOf(prompt)) && this.#quiet.has(`${prompt}\n${word}`);
  }

  /** Things remembered, for tests: bounded. */
  get size(): number {
    return this.#echoing.size + this.#returning.size + this.#quiet.size;
  }
}
