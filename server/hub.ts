/**
 * A hub: one UDP socket and the attachments that share it. A datagram does not name its attachment; the hub finds it
 * by its source address, and for an unknown address by who can open it. Called by standalone.ts.
 */
import type { PortRange } from "./address.ts";
import type { Attachment, Peer } from "./attachment.ts";
import { type SendFailure, UdpSocket } from "./udp.ts";

export interface HubEvents {
  /** A datagram was taken, or none of the attachments could open it. */
  received(attachment: Attachment | undefined): void;
  /** An error of the socket that belongs to no particular send. */
  error(failure: SendFailure): void;
}

export class Hub {
  readonly #socket: UdpSocket;
  readonly #attachments: Attachment[];

  private constructor(socket: UdpSocket, attachments: Attachment[]) {
    this.#socket = socket;
    this.#attachments = attachments;
  }

  /**
   * Opens the socket ({@link UdpSocket.open}).
   * @param clock milliseconds, monotonic; the one that the attachments live by
   * @throws BindError
   */
  static async open(
    address: string | undefined,
    ports: PortRange | undefined,
    clock: () => number,
    events: HubEvents,
    report: (line: string) => void,
  ): Promise<Hub> {
    const attachments: Attachment[] = [];
    const socket = await UdpSocket.open(
      address,
      ports,
      {
        datagram: (bytes, fromAddress, fromPort, congested) => {
          const from = { address: fromAddress, port: fromPort };
          events.received(deliver(attachments, bytes, from, clock(), congested));
        },
        error: (failure) => events.error(failure),
      },
      report,
    );
    return new Hub(socket, attachments);
  }

  get port(): number {
    return this.#socket.port;
  }

  get family(): "inet" | "inet6" {
    return this.#socket.family;
  }

  add(attachment: Attachment): void {
    this.#attachments.push(attachment);
  }

  send(datagram: Uint8Array, peer: Peer): SendFailure | undefined {
    return this.#socket.send(datagram, peer.address, peer.port);
  }

  close(): void {
    this.#socket.close();
  }
}

/** The attachment whose client was last heard at this address is tried first, then the others. */
function deliver(
  attachments: readonly Attachment[],
  bytes: Uint8Array,
  from: Peer,
  now: number,
  congested: boolean,
): Attachment | undefined {
  const known = attachments.find(({ peer }) => peer?.address === from.address && peer.port === from.port);
  if (known?.receive(bytes, from, now, congested).ok) return known;
  return attachments.find((other) => other !== known && other.receive(bytes, from, now, congested).ok);
}
