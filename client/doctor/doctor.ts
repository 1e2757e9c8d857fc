/**
 * `sterna doctor [options] [user@host]`: takes the way of a session step by step and says of each step whether it works
 * and, if not, what to do. With a host it logs in once, starts a real server there, speaks to it over UDP and ends it.
 * Options and configuration are those of a session. The key is never printed. Called by main.ts.
 */
import { isatty } from "node:tty";
import { countColors } from "../bootstrap/launch.ts";
import { whyNotExecutable } from "../bootstrap/run-startup.ts";
import { localeWords } from "../bootstrap/server-command.ts";
import { serverProgram, sshCommand, startServer, type Way } from "../bootstrap/session-start.ts";
import type { Startup } from "../bootstrap/startup-reader.ts";
import { colorWanted } from "../cli/color.ts";
import { CommandError } from "../cli/errors.ts";
import { doctorHelpText } from "../cli/help.ts";
import { type Invocation, resolveInvocation } from "../cli/invocation.ts";
import { parseCommandLine, type Request } from "../cli/options.ts";
import { writeText } from "../cli/output.ts";
import { defaultConfigFile, loadSettings } from "../config/load.ts";
import { localeAdvice, missingServerAdvice, sshAdvice, udpAdvice } from "./advice.ts";
import { HostAnswers, questions } from "./host-answers.ts";
import { quoted, Report } from "./report.ts";
import { checkUdp, SILENCE_MS } from "./udp-check.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Keeps the session open without a shell's greetings, and no longer than needed if the end does not get through. */
const SESSION_COMMAND = ["sleep", "60"];
const ENOUGH_COLORS = 256;

/**
 * @param args the words after `doctor`
 * @returns 0 if all that is needed works, else 1
 * @throws CommandError for a bad command line
 */
export async function runDoctor(args: string[], program: string, env: Environment): Promise<number> {
  const line = parseCommandLine(args, env, `${program} doctor`, { hostOptional: true });
  if (line.kind !== "session") {
    writeText(1, doctorHelpText(program));
    return 0;
  }
  const { request } = line;
  if (request.command.length > 0) {
    throw new CommandError(`${program} doctor: one host at most; what is "${request.command.join(" ")}"?`);
  }
  const report = new Report((text) => writeText(1, text), isatty(1) && colorWanted(env));
  const invocation = await checkConfiguration(request, program, env, report);
  const colors = await checkTerminal(invocation, env, report);
  if (request.host === "") {
    checkSshProgram(invocation, env, report);
    report.skipped(`host: none was named; ${program} doctor HOST looks at everything`);
  } else {
    await checkHost({ invocation, program, env, colors, report });
  }
  return report.failures === 0 ? 0 : 1;
}

async function checkConfiguration(
  request: Request,
  program: string,
  env: Environment,
  report: Report,
): Promise<Invocation> {
  try {
    const settings = await loadSettings(request.config, request.host, env, program);
    const invocation = resolveInvocation(request, { ...settings, env }, program);
    const sections = settings.titles.map((title) => `[host."${title}"]`);
    const none = request.config === false ? "--no-config" : `no ${defaultConfigFile(env)}`;
    report.ok(`configuration: ${[settings.file ?? none, ...sections].join(", ")}`);
    return invocation;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    report.failed("configuration: the rest goes on without it", ...error.message.split("\n"));
    return resolveInvocation(request, { env, host: {}, global: {} }, program);
  }
}

/** @returns the number of colors; 0 if it is not known */
async function checkTerminal(invocation: Invocation, env: Environment, report: Report): Promise<number> {
  let colors: number;
  try {
    colors = await countColors(invocation.client, env);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const [what, ...advice] = error.message.split("\n");
    report.failed(`terminal: ${what}`, ...advice);
    return 0;
  }
  const notes: string[] = [];
  if (colors < ENOUGH_COLORS) {
    notes.push("For 256 colors there, TERM must say them, for example TERM=xterm-256color.");
  }
  if (!isatty(0)) notes.push("Standard input is no terminal here; a session needs one.");
  report.ok(`terminal: ${env.TERM}, ${colors} colors`, ...notes);
  return colors;
}

/** @returns false if there is none to go on with */
function checkSshProgram(invocation: Invocation, env: Environment, report: Report): boolean {
  if (invocation.local) {
    report.skipped("ssh program: not needed with --local");
    return true;
  }
  const given = invocation.ssh;
  try {
    const name = given === undefined ? "ssh" : sshCommand(given, "--ssh")[0]!;
    const missing = name === "embedded" ? undefined : whyNotExecutable(name, env.PATH);
    if (name === "embedded") report.ok("ssh program: the built-in one");
    else if (missing === undefined) {
      report.ok(`ssh program: ${Bun.which(name, env.PATH === undefined ? {} : { PATH: env.PATH })}`);
    } else if (given === undefined) {
      report.ok("ssh program: none in PATH, so the built-in one is used");
    } else {
      report.failed(`ssh program: ${name}: ${missing.text}`, ...sshAdvice("cannot exec", "embedded", ""));
      return false;
    }
    return true;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    report.failed(`ssh program: ${error.message}`);
    return false;
  }
}

interface Examination {
  readonly invocation: Invocation;
  readonly program: string;
  readonly env: Environment;
  readonly colors: number;
  readonly report: Report;
}

async function checkHost(examination: Examination): Promise<void> {
  const { invocation, program, env, colors, report } = examination;
  if (!checkSshProgram(invocation, env, report)) {
    report.skipped("host: there is no way to it");
    return;
  }
  const answers = new HostAnswers();
  const notices: string[] = [];
  let way: Way = "ssh";
  let startup: Startup | undefined;
  let failure = "";
  try {
    startup = await startServer({
      invocation: { ...invocation, command: SESSION_COMMAND },
      program,
      env,
      colors,
      // The person's own session is not to be disturbed, nor one with a sleep in it to be left under its name.
      fresh: true,
      prelude: (server) => questions(server, localeWords(env)),
      print: (bytes) => answers.take(bytes),
      notify: (text) => notices.push(text),
      goes: (taken) => {
        way = taken;
      },
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    failure = error.message;
  }
  const attempt = { answers, notices, way, failure, started: startup !== undefined };
  if (!checkLogin(examination, attempt)) return;
  const hasServer = checkServerProgram(examination, answers, startup !== undefined);
  const hasLocale = hasServer && checkLocale(examination, answers, startup !== undefined);
  if (startup === undefined) {
    if (hasServer && hasLocale) {
      report.failed(
        `server start: ${failure.split("\n")[0]}`,
        ...quoted(answers.said),
        ...(/in use|bind/i.test(answers.said.join())
          ? [
              "The UDP ports asked for are taken there: another one with -p, or none to let the server choose.",
            ]
          : []),
      );
    } else report.skipped("server start");
    report.skipped("UDP: there is no server to speak to");
    return;
  }
  report.ok(`server start: it waits at ${startup.ip}, UDP port ${startup.port}`);
  await checkDatagrams(
    startup,
    examination,
    notices.some((text) => text.includes("ssh reaches")),
  );
}

/** What came of the login and the server's start. */
interface Attempt {
  readonly answers: HostAnswers;
  /** What the start had to say besides. */
  readonly notices: readonly string[];
  readonly way: Way;
  /** Why there is no server; empty if there is one. */
  readonly failure: string;
  readonly started: boolean;
}

/** @returns false if nothing more can be learned */
function checkLogin({ invocation, report }: Examination, attempt: Attempt): boolean {
  const { answers, notices, way, failure, started } = attempt;
  const { host } = invocation;
  if (way === "here") {
    if (answers.loggedIn || started) {
      report.skipped("ssh login: the server is started on this machine, without ssh");
      return true;
    }
    report.failed(`this machine: ${failure.split("\n")[0]}`, ...quoted(answers.said));
  } else if (answers.loggedIn) {
    report.ok(`ssh login: ${host}`, ...notices);
    return true;
  } else if (started) {
    report.ok(
      `ssh login: ${host}`,
      "It runs a command of its own instead of ours, so it was not asked more.",
    );
    return true;
  } else {
    const command = invocation.ssh ?? (way === "embedded" ? "embedded" : "ssh");
    // Without the startup message, which was not to be had: what ssh said comes first.
    const said = answers.said.length > 0 ? answers.said : failure.split("\n");
    report.failed(
      `ssh login: ${host}`,
      ...quoted(said),
      ...sshAdvice(`${answers.said.join("\n")}\n${failure}`, command, host),
    );
  }
  report.skipped("server program, locale, server start, UDP: nobody is logged in");
  return false;
}

function checkServerProgram(
  { invocation, report }: Examination,
  answers: HostAnswers,
  started: boolean,
): boolean {
  const server = serverProgram(invocation);
  if (answers.versionLine !== undefined) {
    report.ok(`server program: ${answers.versionLine}`);
  } else if (started) {
    report.ok(`server program: ${server}, of an unknown version`);
  } else {
    const missing = answers.notFound;
    report.failed(
      `server program: ${missing ? `${server} was not found there` : `${server} does not work`}`,
      ...quoted(answers.version),
      ...(missing ? missingServerAdvice(answers.programs) : []),
    );
    return false;
  }
  return true;
}

function checkLocale(
  { invocation, program, env, report }: Examination,
  answers: HostAnswers,
  started: boolean,
): boolean {
  const isUtf8 = (charmap: string): boolean => /^utf-?8$/i.test(charmap);
  const where = "locale there:";
  if (isUtf8(answers.charmap)) report.ok(`${where} UTF-8, the host's own`);
  else if (isUtf8(answers.sentCharmap))
    report.ok(`${where} UTF-8, by this machine's ${localeWords(env).join(" ")}`);
  else if (/sterna/.test(answers.versionLine ?? ""))
    report.ok(`${where} none for UTF-8; the server needs none`);
  else if (started) report.ok(`${where} the server takes it`);
  else if (answers.charmap === "" && !/UTF-8/i.test(answers.said.join())) {
    report.skipped(`${where} the host has no program to ask`);
  } else {
    report.failed(
      `${where} ${answers.charmap || "not UTF-8"}, but mosh-server needs UTF-8`,
      ...localeAdvice(answers.locales, `${program} ${invocation.host}`),
    );
    return false;
  }
  return true;
}

/** @param jump ssh reaches the host by a proxy */
async function checkDatagrams(
  startup: Startup,
  { invocation, report }: Examination,
  jump: boolean,
): Promise<void> {
  const where = `UDP: ${startup.ip} port ${startup.port}`;
  try {
    const result = await checkUdp(startup);
    if (result.kind === "silent") {
      const seconds = SILENCE_MS / 1000;
      report.failed(
        `${where}: no answer in ${seconds} s`,
        ...udpAdvice(result, startup, invocation, jump),
        "(The server that was started there ends by itself within a minute.)",
      );
      return;
    }
    const answer = `${where} answers, round trip ${result.roundTripMs.toFixed(result.roundTripMs < 10 ? 1 : 0)} ms`;
    if (result.clean) report.ok(answer);
    else report.ok(answer, "It did not confirm the session's end: many datagrams are lost on the way.");
  } catch (error) {
    report.failed(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
