/** What changed from one sentence to the next, word by word. */
export interface Piece {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** Words, amounts and marks, each with the space before it: put together they are the text again. */
const wordsOf = (text: string): string[] => text.match(/\s*(?:\d+(?:[.,]\d+)+|[^\s.,()“”]+|[.,()“”])/g) ?? [];

/** The longest common row of words stays; what stands between is removed and added. */
export function wordDifference(before: string, after: string): Piece[] {
  const a = wordsOf(before);
  const b = wordsOf(after);
  // length[i][j]: the longest common row of a from i and b from j
  const length = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (i: number, j: number): number => length[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--) (length[i] as Uint16Array)[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const pieces: Piece[] = [];
  const add = (kind: Piece['kind'], word: string) => {
    const last = pieces.at(-1);
    if (last?.kind === kind) last.text += word;
    else pieces.push({ kind, text: word });
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      add('same', a[i] as string);
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) add('removed', a[i++] as string);
    else add('added', b[j++] as string);
  }
  return pieces;
}
