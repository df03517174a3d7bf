import type { RawMessage } from '../../../platform/mail/imap.ts';
import { threadTeam } from '../../../platform/threads.ts';
import { headersOnly, type IncomingMessage, type RawContent, type ReadMessage } from './parse.ts';

export interface ReadOrder {
  /** The messages one behind the other. */
  block: ArrayBuffer;
  messages: { from: number; to: number; complete: boolean }[];
}

/** A message that is not read by then, or with that much memory, is kept by its headers. */
const team = threadTeam<ReadOrder, ReadMessage[]>(new URL('./parse-worker.ts', import.meta.url), {
  most: 2,
  idleMs: 10_000,
  answerMs: 30_000,
  memoryMb: 512,
});

/**
 * Reads messages in a thread, in the order given: what a stranger made to take long or much keeps nobody else waiting. A
 * message at which the thread dies is kept by its headers and leaves the others alone.
 */
export async function readMessages(raws: readonly RawMessage[]): Promise<IncomingMessage[]> {
  const read = await order(raws).catch(async () => {
    const oneByOne: ReadMessage[] = [];
    for (const raw of raws) {
      const [message] = await order([raw]).catch(() => order([{ bytes: headersOnly(raw.bytes), complete: false }]));
      oneByOne.push(message!);
    }
    return oneByOne;
  });
  return raws.map(({ uid, sizeBytes, receivedAt, seen }, index) => ({ ...read[index]!, uid, sizeBytes, receivedAt, seen }));
}

function order(raws: readonly RawContent[]): Promise<ReadMessage[]> {
  if (raws.length === 0) return Promise.resolve([]);
  const block = new Uint8Array(raws.reduce((sum, raw) => sum + raw.bytes.length, 0));
  let at = 0;
  const messages = raws.map(({ bytes, complete }) => {
    block.set(bytes, at);
    at += bytes.length;
    return { from: at - bytes.length, to: at, complete };
  });
  return team.ask({ block: block.buffer, messages }, [block.buffer]);
}

/** Ends the thread when it has nothing to do. */
export const closeReading = (): Promise<void> => team.close();
