/** A thread that reads messages: see parse-pool.ts. */
import { serveOrders } from '../../../platform/thread-worker.ts';
import { type ReadMessage, readMessage } from './parse.ts';
import type { ReadOrder } from './parse-pool.ts';

const lineEnd = new Uint8Array([10]);

/**
 * postal-mime puts each part together with a Blob of as many pieces as it has lines, which takes Node longer than all the
 * rest of reading a message. In this thread nothing else needs a Blob: a plain join stands in its place.
 */
class Joined {
  private readonly pieces: readonly (string | ArrayBuffer | Uint8Array)[];
  constructor(pieces: readonly (string | ArrayBuffer | Uint8Array)[]) {
    this.pieces = pieces;
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    const parts = this.pieces.map((piece) => (piece === '\n' ? lineEnd : typeof piece === 'string' ? Buffer.from(piece) : new Uint8Array(piece)));
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined.buffer;
  }
}
globalThis.Blob = Joined as unknown as typeof Blob;

serveOrders<ReadOrder, ReadMessage[]>(async ({ block, messages }) => {
  const answer: ReadMessage[] = [];
  for (const { from, to, complete } of messages) answer.push(await readMessage({ bytes: Buffer.from(block, from, to - from), complete }));
  const moved = new Set<ArrayBuffer>();
  // what is part of a shared block is copied
  for (const file of answer.flatMap((message) => message.attachments))
    if (file.bytes !== null && file.bytes.length === file.bytes.buffer.byteLength) moved.add(file.bytes.buffer as ArrayBuffer);
    else if (file.bytes !== null) file.bytes = new Uint8Array(file.bytes);
  return { answer, moved: [...moved] };
});
