/**
 * Goes through the Liquid segments of a text in one pass: `{{ … }}` and `{% … %}` become what `replace` answers. What is
 * not there is looked for once, so that thousands of open braces cost no more than their number.
 */
export function mapSegments(text: string, replace: (segment: string) => string): string {
  const parts: string[] = [];
  const kinds = [
    { open: '{{', close: '}}', next: text.indexOf('{{') },
    { open: '{%', close: '%}', next: text.indexOf('{%') },
  ];
  let at = 0;
  for (;;) {
    for (const kind of kinds) if (kind.next >= 0 && kind.next < at) kind.next = text.indexOf(kind.open, at);
    const [first] = kinds.filter((kind) => kind.next >= 0).sort((a, b) => a.next - b.next);
    if (!first) break;
    const end = text.indexOf(first.close, first.next + 2);
    if (end < 0) {
      // none of its kind has an end from here on
      first.next = -1;
      continue;
    }
    parts.push(text.slice(at, first.next), replace(text.slice(first.next, end + 2)));
    at = end + 2;
  }
  return parts.join('') + text.slice(at);
}

/** True when a segment begins and does not end. */
export const hasOpenSegment = (text: string): boolean => /\{[{%]/.test(mapSegments(text, () => ''));
