import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrast, parseHex, readable } from './colour.ts';

const hex = fc.integer({ min: 0, max: 0xffffff }).map((n) => `#${n.toString(16).padStart(6, '0')}`);

describe('a brand colour', () => {
  it('can be read by day and by night, whatever colour it is', () => {
    fc.assert(
      fc.property(hex, (colour) => {
        for (const [surface, towards] of [
          ['#ffffff', 'black'],
          ['#181b21', 'white'],
        ] as const)
          expect(contrast(parseHex(readable(colour, [surface], towards, '#1d4ed8'))!, parseHex(surface)!)).toBeGreaterThanOrEqual(4.5);
      }),
    );
  });
  it('stays as it is when it can be read already', () => {
    expect(readable('#1d4ed8', ['#ffffff'], 'black', '#000000')).toBe('#1d4ed8');
  });
  it('is replaced when it is not a colour', () => {
    expect(readable('red;}', ['#ffffff'], 'black', '#1d4ed8')).toBe('#1d4ed8');
  });
  it('has the contrast of 21 between black and white', () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21);
  });
});
