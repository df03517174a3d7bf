export { endpoints } from './endpoints.ts';
export { intakeEvents } from './events.ts';
export { uploadStream } from './commands/upload-stream.ts';
