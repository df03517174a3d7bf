/** What may go along with a mail: nothing that runs, and nothing that mail servers refuse. */
const types: Record<string, string> = {
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  txt: 'text/plain',
  csv: 'text/csv',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

export const attachableKinds: string = Object.keys(types).join(', ');

/** The type of a file that a mail can carry, by how its name ends; null for any other. */
export function attachableType(name: string): string | null {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? null : (types[name.slice(dot + 1).toLowerCase()] ?? null);
}
