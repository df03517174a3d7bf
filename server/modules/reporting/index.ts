export { endpoints } from './endpoints.ts';
export { jobs, refreshFigures } from './figures.ts';
