/** MJML to HTML. Importing mjml costs 1.3 s and 90 MB: only the compiler's own process (mjml-process.ts) and scripts do. */
export async function mjmlToHtml(source: string): Promise<string> {
  const { default: mjml2html } = await import('mjml');
  const { html, errors } = await mjml2html(source, { validationLevel: 'strict', keepComments: false, fonts: {} });
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'));
  // indentation of the markup is a third of its size; line breaks stay, because SMTP lines are short
  return html
    .replace(/^[ \t]+/gm, '')
    .replace(/\n{2,}/g, '\n')
    .trim();
}
