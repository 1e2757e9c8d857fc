/**
 * Every constant of the State Synchronization Protocol, each with its clause in docs/protocol.md.
 *
 * Times are milliseconds, sizes bytes. Nothing here is computed and nothing here decides.
 */

/** The state number that means "the end" [P 1.3]: what stands for 2^64 - 1, which no double is (uint64.ts). */
export const MAX_STATE = 2 ** 64;

// ---- key
/** Bytes of a session key [P 2.1]. */
export const KEY_BYTES = 16;
/** Characters of a printed session key [P 2.2]. */
export const KEY_CHARACTERS = 22;

// ---- datagram
/** Clear bytes in front: direction bit and sequence number [P 3.1]. */
export const NONCE_BYTES = 8;
/** Bytes of the OCB tag at the end [P 3.3]. */
export const TAG_BYTES = 16;
/** Two 16-bit timestamps at the head of the plaintext [P 4.3]. */
export const TIMESTAMPS_BYTES = 4;
/** A longer datagram is not looked at [P 3.6]. */
export const MAX_DATAGRAM_BYTES = 2048;

// ---- time
/** A 16-bit timestamp that says "no value" [P 4.1]. */
export const NO_TIMESTAMP = 0xffff;
/** A peer timestamp older than this is not sent back [P 4.4]. */
export const TIMESTAMP_REPLY_LIMIT = 1000;
/** A round trip must be shorter than this to count [P 4.7]. */
export const RTT_SAMPLE_LIMIT = 5000;
/** What a congestion mark adds to the round trip the peer measures [P 4.6]. */
export const CONGESTION_PENALTY = 500;
/** Estimates before the first sample [P 4.8]. */
export const INITIAL_SRTT = 1000;
export const INITIAL_RTTVAR = 500;
/** Bounds of the retransmission timeout [P 4.9]. */
export const MIN_RTO = 50;
export const MAX_RTO = 1000;
/** Bounds of the time between two new states [P 4.10]. */
export const SEND_INTERVAL_MIN = 20;
export const SEND_INTERVAL_MAX = 250;

// ---- addresses
/** A server that hears nothing for longer goes quiet [P 5.3]. */
export const SERVER_ASSOCIATION_TIMEOUT = 40_000;
/** A client without success for longer tries a new port [P 5.5]. */
export const PORT_HOP_INTERVAL = 10_000;
/** Old sockets are all closed when the last hop is this long ago [P 5.6]. */
export const MAX_OLD_SOCKET_AGE = 60_000;
/** Sockets a client keeps open at most [P 5.6]. */
export const MAX_PORTS_OPEN = 10;
/** Datagram budgets [P 5.7]: assumed path MTU 1280 less the headers of the address family. */
export const BUDGET_INET = 1252;
export const BUDGET_INET6 = 1216;
/** Datagram budget after the system refused a datagram as too long [P 5.8]. */
export const BUDGET_AFTER_EMSGSIZE = 500;

// ---- fragments
/** 64-bit id, final bit, 15-bit number [P 6.1]. */
export const FRAGMENT_HEADER_BYTES = 10;
/** Fragments of one instruction [P 6.3]. */
export const MAX_FRAGMENTS = 32_768;

// ---- messages
/** zlib level of what we send [P 7.1]. */
export const ZLIB_LEVEL = 6;
/** Decompressed size of an instruction [P 7.2]. */
export const MAX_INSTRUCTION_BYTES = 4 * 1024 * 1024;
/** The largest zlib stream that such an instruction needs if nothing in it compresses [P 6.9]. */
export const MAX_COMPRESSED_BYTES = MAX_INSTRUCTION_BYTES + 4096;
/** The only version there is [P 7.5]. */
export const PROTOCOL_VERSION = 2;
/** Random padding of an instruction is 0 to this many bytes [P 7.6]. */
export const MAX_CHAFF_BYTES = 16;
/** Columns or rows beyond this fit no pty and no tty [P 7.10]. */
export const MAX_DIMENSION = 65_535;

// ---- sender
/** Time to collect changes before they travel [P 8.3]. */
export const SEND_MINDELAY_SERVER = 8;
export const SEND_MINDELAY_CLIENT = 1;
/** A side with nothing to say still sends this often [P 8.10]. */
export const ACK_INTERVAL = 3000;
/**
 * Ours, not stock's: a server waits this much longer for the client's own sign of life, and answers one that comes this
 * long before its own is due or later. So an idle session costs it one wake-up in 3 s, and each answer tells a round trip [P 8.19].
 */
export const HEARTBEAT_PATIENCE = 250;
export const HEARTBEAT_ANSWER = 1000;
/** Contents that arrived are acknowledged within this time [P 8.6]. */
export const ACK_DELAY = 100;
/** Retransmission goes on while the peer was heard within this time [P 8.7]. */
export const ACTIVE_RETRY_TIMEOUT = 10_000;
/** Prospective resend: a longer diff is taken if it is shorter than SIZE and longer by less than EXCESS [P 8.9]. */
export const RESEND_SIZE_LIMIT = 1000;
export const RESEND_EXCESS_LIMIT = 100;
/** A client that sent more than so many bytes again so often waits twice as long each time [P 8.23]. */
export const BULK = 4096;
export const BULK_REPEATS = 8;
/** Sent states kept, and how many of the newest are never dropped [P 8.13]. */
export const MAX_SENT_STATES = 32;
export const NEWEST_SENT_STATES = 15;

// ---- early resend
/** Copies of a keystroke, or of its answer, before the retransmission timer speaks [P 8.14]. */
export const EARLY_COPIES = 3;
/** With less loss there are none, and so many that what loses all of them is rarer than this [P 8.14]. */
export const EARLY_LOST_SHARE = 0.04;
/** While the round trip is not known, so many copies, the first after this time [P 8.16]. */
export const EARLY_FIRST_COPIES = 2;
export const EARLY_FIRST_WAIT = 500;
/** Contents sent so soon after the peer's answer them [P 8.14]. */
export const EARLY_ANSWER_TIME = 1000;
/** No copies beyond this smoothed round trip, nor beyond twice the least one and this [P 8.15]. */
export const EARLY_MAX_RTT = 500;
export const EARLY_QUEUE_ALLOWANCE = 20;

// ---- echo ack alone
/** Mean gap between keys before any was seen, and what is longer than any gap [P 8.22]. */
export const KEY_GAP = 200;
export const KEY_PAUSE = 500;

// ---- receiver
/** Received states kept; when full, one more in each quench interval [P 9.7]. */
export const MAX_RECEIVED_STATES = 1024;
export const QUENCH_INTERVAL = 15_000;

// ---- shutdown
/** The side that ends the session gives up after this many tries, or this time [P 10.3]. */
export const SHUTDOWN_RETRIES = 16;
export const SHUTDOWN_TIMEOUT = 10_000;

// ---- echo
/** Input is taken to have had its effect on the screen after this time [P 13.1]. */
export const ECHO_TIMEOUT = 50;
