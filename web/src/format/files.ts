/** What mails can carry. */
export const FILE_KINDS = ['.pdf', '.png', '.jpg', '.jpeg', '.gif', '.txt', '.csv', '.docx', '.xlsx'];
export const FILE_WORDS = 'PDF, picture, text, CSV, Word or Excel, up to 10 MB';

/** `1.4 MB` */
export const sizeWords = (bytes: number): string =>
  bytes < 1000 ? `${bytes} bytes` : bytes < 100_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
