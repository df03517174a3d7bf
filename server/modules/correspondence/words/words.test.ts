import { expect, test } from 'vitest';
import { languageFor, languages, localeFor, wordsOf } from './words.ts';

/** Every name in it, and what it holds: a text, or words for a number. */
function shapeOf(words: object, path = ''): string[] {
  return Object.entries(words).flatMap(([name, value]) =>
    typeof value === 'object' ? shapeOf(value as object, `${path}${name}.`) : `${path}${name}: ${typeof value}`,
  );
}
const textsOf = (words: object): string[] =>
  Object.values(words).flatMap((value) =>
    typeof value === 'object' ? textsOf(value as object) : typeof value === 'function' ? [String(value(1)), String(value(7))] : [String(value)],
  );

test.each(Object.entries(languages))('the words in %s are those of English, and none is empty', (code, words) => {
  expect(shapeOf(words).sort()).toEqual(shapeOf(languages['en']!).sort());
  for (const text of textsOf(words)) expect(text.trim()).not.toBe('');
  // translated, all but what is the same word
  const same = textsOf(words).filter((text, index) => text === textsOf(languages['en']!)[index]);
  if (code !== 'en') expect(same.length).toBeLessThan(3);
});

test('what we write ourselves is in the language of the reader, else of the text, else English', () => {
  expect([languageFor('de-AT', 'en'), languageFor('pl', 'de'), languageFor(null, 'fr')]).toEqual(['de-AT', 'de', 'fr']);
  expect([wordsOf('pt-br').paid, wordsOf('pl').paid]).toEqual(['Já paguei', 'I already paid']);
  expect([localeFor('de', 'en-US'), localeFor('en-gb', 'en-US'), localeFor('pt-br', 'en-US')]).toEqual(['de-US', 'en-US', 'pt-br']);
});
