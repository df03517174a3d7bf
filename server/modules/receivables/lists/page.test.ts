import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyOrder, mergeWalks, type Page, prefixEnd, type Walked } from './page.ts';

type Row = { keys: string[]; wanted: boolean };

/** What a walk of an index answers: it looks at `scanned` rows at most, and stops when it has one more than asked. */
function walkOf(sorted: readonly Row[], after: string[] | null, limit: number, scanned: number, compare: (a: string[], b: string[]) => number): Walked<Row> {
  const ahead = sorted.filter((row) => after === null || compare(row.keys, after) > 0);
  const rows = ahead.slice(0, scanned).filter((row) => row.wanted);
  if (rows.length > limit) return { rows: rows.slice(0, limit + 1), stoppedAt: null };
  return { rows, stoppedAt: ahead[scanned - 1]?.keys ?? null };
}

describe('pages from several walks', () => {
  const compare = keyOrder(['number', 'text'], false);
  const walks = fc.array(fc.array(fc.record({ key: fc.nat(30), wanted: fc.boolean() }), { maxLength: 25 }), { minLength: 1, maxLength: 3 });

  it('page after page shows every row once and in order, however rare it is', () => {
    fc.assert(
      fc.property(walks, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 7 }), (lists, limit, scanned) => {
        const branches = lists.map((list, branch) =>
          list
            .map(({ key, wanted }, index) => ({ keys: [String(key), `${branch}-${String(index).padStart(2, '0')}`], wanted }))
            .sort((a, b) => compare(a.keys, b.keys)),
        );
        const expected = branches
          .flat()
          .filter((row) => row.wanted)
          .sort((a, b) => compare(a.keys, b.keys));
        const seen: Row[] = [];
        let after: string[] | null = null;
        for (let pages = 0; pages < 200; pages++) {
          const from: string[] | null = after;
          const page: Page<Row> = mergeWalks(
            branches.map((branch) => walkOf(branch, from, limit, scanned, compare)),
            compare,
            limit,
          );
          expect(page.rows.length).toBeLessThanOrEqual(limit);
          seen.push(...page.rows);
          after = page.next;
          if (after === null) break;
        }
        expect(after).toBeNull();
        expect(seen.map((row) => row.keys)).toEqual(expected.map((row) => row.keys));
      }),
    );
  });

  it('numbers order as numbers, and a descending order turns every part around', () => {
    expect(keyOrder(['number'], false)(['9'], ['10'])).toBeLessThan(0);
    expect(keyOrder(['number'], true)(['9'], ['10'])).toBeGreaterThan(0);
    expect(keyOrder(['date', 'id'], true)(['2026-01-01', 'b'], ['2026-01-01', 'a'])).toBeLessThan(0);
  });
});

describe('the range of a prefix', () => {
  it('holds exactly the texts that begin with it, in byte order', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 6 });
    const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 3 }), text, fc.boolean(), (prefix, other, joined) => {
        const candidate = joined ? prefix + other : other;
        const end = prefixEnd(prefix);
        const inside = bytes(candidate, prefix) >= 0 && (end === null || bytes(candidate, end) < 0);
        expect(inside).toBe(candidate.startsWith(prefix));
      }),
    );
  });
});
