/** A user's own host for tests: the real program in a home of its own, asked as a person would. */
import { Home } from "../drivers/home.ts";
import { type Finished, run, serverProgram } from "../drivers/peers-run.ts";

export interface Endpoint {
  readonly port: number;
  readonly key: string;
  /** What standard error calls the session. */
  readonly session: string;
  readonly pid: number;
}

export class OwnHost {
  readonly home = new Home();
  /** `STERNA_HOST=own`: never the system's, wherever the tests run. */
  readonly env = { ...this.home.env, STERNA_HOST: "own", STERNA_RUNTIME_DIR: `${this.home.path}/run` };

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> {
    return run([...serverProgram("sterna"), ...args], { ...this.env, ...env }, this.home.path);
  }

  /** `new` or `attach`: what a client needs. */
  async connect(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Endpoint> {
    const { status, out, err } = await this.run(args, env);
    const connect = /^MOSH CONNECT (\d+) ([A-Za-z0-9/+]{22})$/m.exec(out);
    const said = /^\[session (\S+) (?:created|taken up again), host pid = (\d+)\]$/m.exec(err);
    if (status !== 0 || !connect || !said) throw new Error(`${args.join(" ")}: ${status}\n${out}\n${err}`);
    return { port: Number(connect[1]), key: connect[2]!, session: said[1]!, pid: Number(said[2]) };
  }

  async list(): Promise<readonly { readonly name: string; readonly attachments: readonly unknown[] }[]> {
    return JSON.parse((await this.run(["list", "--json"])).out);
  }

  remove(): Promise<void> {
    return this.home.remove();
  }
}
