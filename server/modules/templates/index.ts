export { MAX_CC, seedDefaultTemplates } from './commands/template.ts';
export { endpoints } from './endpoints.ts';
export { listTemplateRows, readTemplate, readTemplates, type TemplateRow } from './queries.ts';
