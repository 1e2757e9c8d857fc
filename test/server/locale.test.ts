/** Which locale the child gets. Unlike stock the server never refuses; what it chooses is stock's choice where that works. */
import { expect, test } from "bun:test";
import { type CharsetProbe, chooseLocale } from "../../server/locale.ts";

/** A machine where these locales are installed. */
const installed: CharsetProbe = (locale) =>
  ({ C: "ANSI_X3.4-1968", "C.UTF-8": "UTF-8", "en_US.UTF-8": "UTF-8", de_DE: "ISO-8859-1" })[locale];

const choose = (environment: Record<string, string>, ...assignments: string[]) =>
  chooseLocale({ USER: "u", ...environment }, assignments, installed);

test("an environment that is UTF-8 is taken as it is, and the client's locale ignored", () => {
  const environment = { USER: "u", LANG: "de_DE", LC_CTYPE: "en_US.UTF-8", LC_TIME: "de_DE" };
  expect(choose(environment, "LANG=C.UTF-8")).toEqual({ environment, messages: [] });
});

test("LC_ALL counts before LC_CTYPE before LANG, and empty ones do not count", () => {
  expect(choose({ LC_ALL: "", LC_CTYPE: "", LANG: "C.UTF-8" }).environment.LANG).toBe("C.UTF-8");
  expect(choose({ LC_ALL: "C", LC_CTYPE: "C.UTF-8" }, "LANG=en_US.UTF-8").environment).toEqual({
    USER: "u",
    LANG: "en_US.UTF-8",
  });
});

test("else the client's locale replaces all locale variables, also those it does not set", () => {
  expect(choose({ LANG: "de_DE", LC_TIME: "de_DE" }, "LANG=en_US.UTF-8", "LC_COLLATE=C")).toEqual({
    environment: { USER: "u", LANG: "en_US.UTF-8", LC_COLLATE: "C" },
    messages: [],
  });
});

test("nothing valid at all: C.UTF-8, without a word", () => {
  expect(choose({})).toEqual({ environment: { USER: "u", LANG: "C.UTF-8" }, messages: [] });
  expect(choose({ LANG: "C" }, "LANG=C")).toEqual({
    environment: { USER: "u", LANG: "C.UTF-8" },
    messages: [],
  });
});

test("a locale that is not installed here: C.UTF-8, and the person is told which", () => {
  const { environment, messages } = choose({ LC_ALL: "C" }, "LANG=fi_FI.UTF-8", "LC_TIME=fi_FI.UTF-8");
  expect(environment).toEqual({ USER: "u", LANG: "C.UTF-8" });
  expect(messages).toEqual(["The locale requested by LANG=fi_FI.UTF-8 isn't available here. Using C.UTF-8."]);
});

test("without C.UTF-8 the next that is installed, and C.UTF-8 if none is", () => {
  const only =
    (...names: string[]): CharsetProbe =>
    (name) =>
      names.includes(name) ? "UTF-8" : undefined;
  expect(chooseLocale({}, [], only("en_US.UTF-8")).environment.LANG).toBe("en_US.UTF-8");
  expect(chooseLocale({}, [], only()).environment.LANG).toBe("C.UTF-8");
});

test("words that name no locale variable set nothing", () => {
  const { environment } = choose({}, "PATH=/tmp", "LANG", "=x", "LC_EVIL=1", "LANG=C.UTF-8");
  expect(environment).toEqual({ USER: "u", LANG: "C.UTF-8" });
});

test("this machine's C library is asked", () => {
  expect(chooseLocale({ LANG: "C.UTF-8" }, ["LANG=nonsense"]).environment).toEqual({ LANG: "C.UTF-8" });
  expect(chooseLocale({ LANG: "xx_YY.UTF-8" }, []).environment).toEqual({ LANG: "C.UTF-8" });
});
