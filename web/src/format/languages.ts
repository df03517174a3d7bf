const names = new Intl.DisplayNames(['en'], { type: 'language' });
/** “German” for `de`; what is no language is said as it is written. */
export function languageName(language: string): string {
  try {
    return names.of(language) ?? language;
  } catch {
    return language;
  }
}
