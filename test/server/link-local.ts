/**
 * Run by udp.test.ts in a network namespace of its own: a server answers a link-local client whose interface goes away
 * and comes back under its name. Prints what each send said.
 */
import { UdpSocket } from "../../server/udp.ts";

function ip(command: string): void {
  const { exitCode, stderr } = Bun.spawnSync(["ip", ...command.split(" ")]);
  if (exitCode !== 0) throw new Error(`ip ${command}: ${stderr}`);
}

function plug(): void {
  ip("link add cable0 type veth peer name cable1");
  ip("address add fe80::1/64 dev cable0 nodad");
  ip("link set cable0 up");
  ip("link set cable1 up");
}

plug();
const events = { datagram: () => {}, error: () => {} };
const socket = await UdpSocket.open("::", { low: 0, high: 0 }, events, console.error);
const peer = { address: "fe80::2%cable0", port: 60001 };
const send = () => console.log(socket.send(new Uint8Array(30), peer)?.text ?? "sent");
send();
ip("link delete cable0");
send();
plug();
send();
send();
socket.close();
