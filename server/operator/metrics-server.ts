/** The port for scrapers: `/metrics` and `/healthz` over HTTP, on this machine only. Called by supervisor.ts. */

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1)$/;

/** Whether a numeric address is one that only this machine reaches. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.test(address);
}

/** The port is not for the network. */
class NotLoopback extends Error {
  override readonly name = "NotLoopback";
}

/**
 * @param page makes the text of `/metrics`
 * @throws NotLoopback, or Error if the port is taken
 */
export function serveMetrics(
  { address, port }: { readonly address: string; readonly port: number },
  page: () => Promise<string>,
): { readonly port: number; stop(): void } {
  if (!isLoopback(address)) {
    throw new NotLoopback(
      `${address} is not an address of this machine alone: metrics have no password, so expected 127.0.0.1 or ::1.`,
    );
  }
  const server = Bun.serve({
    hostname: address,
    port,
    development: false,
    fetch: async (request) => {
      const { pathname } = new URL(request.url);
      if (request.method !== "GET") return new Response("GET only\n", { status: 405 });
      if (pathname === "/healthz") return new Response("ok\n");
      if (pathname !== "/metrics") return new Response("not here\n", { status: 404 });
      return new Response(await page(), {
        headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
      });
    },
    error: () => new Response("failed\n", { status: 500 }),
  });
  return { port: server.port ?? port, stop: () => void server.stop(true) };
}
