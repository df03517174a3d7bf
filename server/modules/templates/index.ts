export { compileText, lintText, type TextSource } from './compile.ts';
export { defaultTemplateId, MAX_CC, seedDefaultTemplates } from './commands/template.ts';
export { designSchema } from './design.ts';
export { endpoints } from './endpoints.ts';
export { CLIPPED_BYTES, lint, sizeFinding } from './lint.ts';
export { type PickedText, textFor } from './pick.ts';
export { listTemplateRows, readTemplate, readTemplates, type TemplateRow } from './queries.ts';
export { textContent } from './schemas.ts';
export { type TemplateKind, templateKinds } from './tags.ts';
