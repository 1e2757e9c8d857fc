/** Option rules of Getopt::Long, case by case as a real one answers them. */
import { describe, expect, test } from "bun:test";
import { type OptionSpec, parseWords } from "../../../client/cli/getopt.ts";

const SPECS: readonly OptionSpec[] = [
  { names: ["predict"], kind: "value" },
  { names: ["predict-overwrite", "o"], kind: "negatable" },
  { names: ["port", "p"], kind: "value" },
  { names: ["family"], kind: "value" },
  { names: ["fake-proxy"], kind: "negatable" },
  { names: ["ssh"], kind: "value" },
  { names: ["ssh-pty"], kind: "negatable" },
  { names: ["init"], kind: "negatable" },
  { names: ["n"], kind: "flag" },
  { names: ["4"], kind: "flag" },
  { names: ["local"], kind: "flag" },
];

function parse(line: string, options: { posix?: boolean } = {}) {
  const result = parseWords(SPECS, line === "" ? [] : line.split(" "), options);
  return {
    options: result.options.map((o) => `${o.name}=${o.value}`),
    words: result.words,
    errors: result.errors,
  };
}

describe("options that are understood", () => {
  const cases: readonly (readonly [line: string, options: string[], words: string[]])[] = [
    ["", [], []],
    ["host", [], ["host"]],
    ["-p 60010 host", ["port=60010"], ["host"]],
    ["-p=60010 host", ["port=60010"], ["host"]],
    ["--port 60010 host", ["port=60010"], ["host"]],
    ["--port=60010 host", ["port=60010"], ["host"]],
    ["-port=60010 host", ["port=60010"], ["host"]],
    ["--p 5 h", ["port=5"], ["h"]],
    ["--por 5 h", ["port=5"], ["h"]],
    ["-P 5 h", ["port=5"], ["h"]],
    ["--PORT=5 h", ["port=5"], ["h"]],
    ["-l", ["local=true"], []],
    ["-4", ["4=true"], []],
    ["--4", ["4=true"], []],
    ["--no-init", ["init=false"], []],
    ["--noinit", ["init=false"], []],
    ["--NO-I", ["init=false"], []],
    ["--no-p", ["predict-overwrite=false"], []],
    ["--noo", ["predict-overwrite=false"], []],
    ["--nossh-pty --ssh-pty", ["ssh-pty=false", "ssh-pty=true"], []],
    ["-p 1 -p 2", ["port=1", "port=2"], []],
    ["host ls -l", ["local=true"], ["host", "ls"]],
    ["host -- ls -l", [], ["host", "ls", "-l"]],
    ["-- -p host", [], ["-p", "host"]],
    ["h -- x -- y", [], ["h", "x", "--", "y"]],
    ["--port -- h", ["port=--"], ["h"]],
    ["--port --local h", ["port=--local"], ["h"]],
    ["--ssh=a=b h", ["ssh=a=b"], ["h"]],
    ["- h", [], ["-", "h"]],
    ["h less +F", [], ["h", "less", "+F"]],
  ];
  for (const [line, options, words] of cases) {
    test(line || "(nothing)", () => expect(parse(line)).toEqual({ options, words, errors: [] }));
  }

  test("POSIXLY_CORRECT: options end at the first word", () => {
    expect(parse("-4 host -l x", { posix: true })).toEqual({
      options: ["4=true"],
      words: ["host", "-l", "x"],
      errors: [],
    });
  });

  test("a value may be empty as a word of its own", () => {
    expect(parseWords(SPECS, ["-p", "", "h"]).options).toEqual([
      { name: "port", value: "", afterWords: false },
    ]);
  });

  test("an option after a word says so", () => {
    expect(parseWords(SPECS, ["-4", "host", "-l"]).options.map((o) => o.afterWords)).toEqual([false, true]);
  });
});

describe("options that are refused", () => {
  const cases: readonly (readonly [line: string, ...errors: string[]])[] = [
    ["-p60010 host", "Unknown option: p60010"],
    ["--bogus --foo=3 -Xy", "Unknown option: bogus", "Unknown option: foo", "Unknown option: xy"],
    ["-?", "Unknown option: ?"],
    ["-=5", "Unknown option: =5"],
    ["--=5", "Unknown option: =5"],
    ["---x", "Unknown option: -x"],
    ["--no_init", "Unknown option: no_init"],
    ["--no-port", "Unknown option: no-port"],
    ["--no-local", "Unknown option: no-local"],
    ["--pred always", "Option pred is ambiguous (predict, predict-overwrite)"],
    ["--f", "Option f is ambiguous (fake-proxy, family)"],
    ["-s", "Option s is ambiguous (ssh, ssh-pty)"],
    ["--no-", "Option no- is ambiguous (no-fake-proxy, no-init, no-o, no-predict-overwrite, no-ssh-pty)"],
    ["-p", "Option p requires an argument"],
    ["--por", "Option port requires an argument"],
    ["--port= h", "Option port requires an argument"],
    ["--init=1", "Option init does not take an argument"],
    ["--init=", "Option init does not take an argument"],
    ["--NO-I=1", "Option no-init does not take an argument"],
    ["-4=3", "Option 4 does not take an argument"],
  ];
  for (const [line, ...errors] of cases) {
    test(line, () => expect(parse(line).errors).toEqual(errors));
  }
});

describe("options that stock lacks", () => {
  const specs: OptionSpec[] = [
    { names: ["client"], kind: "value" },
    { names: ["config"], kind: "value", exact: true },
    { names: ["key"], kind: "value", exact: true, mayBeEmpty: true },
  ];
  test("count only in full, and make no beginning ambiguous", () => {
    expect(parseWords(specs, ["--c=x", "--CONFIG=y"]).options.map((o) => [o.name, o.value])).toEqual([
      ["client", "x"],
      ["config", "y"],
    ]);
    expect(parseWords(specs, ["--conf=y"]).errors).toEqual(["Unknown option: conf"]);
  });
  test("may have an empty value if that means something", () => {
    expect(parseWords(specs, ["--key="]).options.map((o) => o.value)).toEqual([""]);
    expect(parseWords(specs, ["--config="]).errors).toEqual(["Option config requires an argument"]);
  });
});
