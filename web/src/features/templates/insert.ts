import type { Picture } from '../../api/pictures.ts';

/** Writes at the cursor of a field, over what is selected there, and puts the cursor behind it. */
export function insertAt(field: HTMLInputElement | HTMLTextAreaElement | null, value: string, text: string, onChange: (value: string) => void): void {
  const at = field?.selectionStart ?? value.length;
  onChange(value.slice(0, at) + text + value.slice(field?.selectionEnd ?? at));
  requestAnimationFrame(() => {
    field?.focus();
    field?.setSelectionRange(at + text.length, at + text.length);
  });
}

/** An uploaded picture in HTML, no wider than the mail; its text is for the writer to fill in. */
export const imageHtml = ({ path, width }: Picture): string => `<img src="${path}" alt="" width="${Math.min(width, 552)}">`;
