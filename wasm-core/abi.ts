/** The module's exports as TypeScript sees them; mirrors assembly/index.ts line by line. Pointers are numbers. */
export interface Abi {
  readonly memory: WebAssembly.Memory;
  readonly ABI_VERSION: WebAssembly.Global;

  // crypto
  aes_decrypt_pairs(keys: number, at: number, count: number): void;
  aes_encrypt_pair(keys: number, at: number): void;
  aes_encrypt_threes(keys: number, at: number, count: number): void;
  ocb_blocks(context: number): bigint;
  ocb_burn(context: number, sequences: bigint, blocks: bigint): void;
  ocb_create_opener(): number;
  ocb_create_sealer(direction: number): number;
  ocb_free(context: number): void;
  ocb_open(context: number, length: number): number;
  ocb_open_ad(
    context: number,
    nonceLength: number,
    ad: number,
    adLength: number,
    length: number,
    tagLength: number,
  ): number;
  ocb_seal(context: number, length: number): number;
  ocb_seal_ad(
    context: number,
    nonceLength: number,
    ad: number,
    adLength: number,
    length: number,
    tagLength: number,
  ): number;
  ocb_sequence(context: number): bigint;
  ocb_staging(): number;
  // memory
  /** Bytes of all blocks handed out by the pools. */
  memory_in_use(): number;
  /** Bytes of linear memory the pools own, in use or free. */
  memory_reserved(): number;
  // terminal
  // display
}
