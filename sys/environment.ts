/**
 * The environment this process was started with: what a session's child gets, and what the client goes by. Called by
 * both programs' main.ts.
 */

export type Environment = Readonly<Record<string, string>>;

/**
 * The environment as it came from whoever started us. Not process.env: Bun adds the variables of a `.env` file in the
 * current directory to that, and a shell must not inherit them because of where the server happened to start.
 */
export async function initialEnvironment(): Promise<Environment> {
  let text: string;
  try {
    text = await Bun.file("/proc/self/environ").text();
  } catch {
    return Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ""]));
  }
  const environment: Record<string, string> = {};
  for (const entry of text.split("\0")) {
    const equals = entry.indexOf("=");
    const name = entry.slice(0, Math.max(equals, 0));
    // The first of several entries of one name wins, as in getenv(3).
    if (name !== "" && !(name in environment)) environment[name] = entry.slice(equals + 1);
  }
  return environment;
}

/**
 * Takes out of process.env what Bun has added to it from a `.env` file in the current directory: a folder that somebody
 * else has filled must not say which programs and which configuration a client uses.
 */
export async function forgetDotenv(): Promise<void> {
  const initial = await initialEnvironment();
  for (const name of Object.keys(process.env)) if (!(name in initial)) delete process.env[name];
}
