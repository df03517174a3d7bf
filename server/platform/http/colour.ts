/** Contrast rules of WCAG 2.2 for a company's own colour, which may be any colour at all. */
export type Rgb = readonly [number, number, number];

/** Text and buttons need 4.5 to 1 (AA). */
const ENOUGH = 4.5;
const STEPS = 40;

/** `#rrggbb` as numbers; null for anything else. */
export function parseHex(text: string): Rgb | null {
  const match = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  return match ? [Number.parseInt(match[1]!, 16), Number.parseInt(match[2]!, 16), Number.parseInt(match[3]!, 16)] : null;
}

const toHex = (colour: Rgb): string => `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** From 1 (the same) to 21 (black on white). */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The colour, moved towards black or white until it can be read on every one of `surfaces`. Not a colour: `fallback`. */
export function readable(hex: string, surfaces: readonly string[], towards: 'black' | 'white', fallback: string): string {
  const wanted = parseHex(hex) ?? parseHex(fallback)!;
  const end: Rgb = towards === 'black' ? [0, 0, 0] : [255, 255, 255];
  const grounds = surfaces.map((surface) => parseHex(surface)!);
  for (let step = 0; step <= STEPS; step++) {
    // rounded before it is measured: what is measured is what is sent
    const mixed = wanted.map((part, i) => Math.round(part + ((end[i]! - part) * step) / STEPS)) as unknown as Rgb;
    if (grounds.every((ground) => contrast(mixed, ground) >= ENOUGH)) return toHex(mixed);
  }
  return toHex(end);
}
