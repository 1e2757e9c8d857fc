/**
 * Which locale the session's child gets. Stock refuses to start unless a UTF-8 locale can be adopted; here a session
 * always starts, because Sterna itself treats everything as UTF-8 and needs no locale. Called by launch.ts.
 *
 * A locale counts as valid if the C library can adopt it (setlocale(3) on LC_CTYPE); then nl_langinfo(CODESET) tells
 * its character set. On musl every name is valid and every character set is UTF-8.
 */
import { libc } from "../sys/libc.ts";
import { LOCALE_VARIABLES } from "../sys/locale-variables.ts";

/** What the child gets if nothing else is UTF-8; the first that is installed, else the first. */
const FALLBACKS = ["C.UTF-8", "en_US.UTF-8"];

/** Character set of a locale by its name; undefined if it is not installed. */
export type CharsetProbe = (locale: string) => string | undefined;

export interface LocaleDecision {
  /** The environment with the locale variables the child shall have. */
  readonly environment: Record<string, string>;
  /** Lines for standard error. */
  readonly messages: readonly string[];
}

/**
 * Takes the environment's own locale if it is UTF-8 (then the client's is ignored, as in stock), else the client's,
 * else C.UTF-8. Only the variables of the chosen source remain.
 * @param assignments the client's `NAME=VALUE` words; what names no locale variable is ignored
 */
export function chooseLocale(
  environment: Readonly<Record<string, string>>,
  assignments: readonly string[],
  charsetOf: CharsetProbe = systemCharset,
): LocaleDecision {
  if (isUtf8(charsetOf(charsetVariable(environment).value))) {
    return { environment: { ...environment }, messages: [] };
  }
  const bare = { ...environment };
  for (const name of LOCALE_VARIABLES) delete bare[name];

  const wanted = { ...bare };
  for (const assignment of assignments) {
    const equals = assignment.indexOf("=");
    const name = assignment.slice(0, Math.max(equals, 0));
    if ((LOCALE_VARIABLES as readonly string[]).includes(name)) wanted[name] = assignment.slice(equals + 1);
  }
  const { name, value } = charsetVariable(wanted);
  const charset = charsetOf(value);
  if (isUtf8(charset)) return { environment: wanted, messages: [] };

  const fallback = FALLBACKS.find((locale) => isUtf8(charsetOf(locale))) ?? FALLBACKS[0]!;
  const messages: string[] = [];
  if (name !== undefined && charset === undefined) {
    messages.push(`The locale requested by ${name}=${value} isn't available here. Using ${fallback}.`);
  }
  return { environment: { ...bare, LANG: fallback }, messages };
}

/** The variable that decides the character set, by POSIX's order; an empty value counts as not set. */
function charsetVariable(environment: Readonly<Record<string, string>>): {
  readonly name: string | undefined;
  readonly value: string;
} {
  for (const name of ["LC_ALL", "LC_CTYPE", "LANG"]) {
    const value = environment[name];
    if (value !== undefined && value !== "") return { name, value };
  }
  return { name: undefined, value: "C" };
}

function isUtf8(charset: string | undefined): boolean {
  return charset === "UTF-8" || charset === "utf-8";
}

const LC_CTYPE = 0;
const CODESET = 14;

/** Asks the C library. Changes this process's LC_CTYPE, which nothing here depends on. */
function systemCharset(locale: string): string | undefined {
  const adopted = libc().setlocale(LC_CTYPE, Buffer.from(`${locale}\0`));
  if (adopted === null) return undefined;
  return libc().nl_langinfo(CODESET)?.toString();
}
