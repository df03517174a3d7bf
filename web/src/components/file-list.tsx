import { Download, Paperclip } from 'lucide-react';
import { plural } from '../format/dates.ts';
import { sizeWords } from '../format/files.ts';

export interface ListedFile {
  name: string;
  sizeBytes: number;
  /** Where it can be had; null: nowhere. */
  url: string | null;
  /** What is to be known of it, behind its size. */
  note?: string | undefined;
}

/** Files of a mail, to be saved. `more`: how many are not named. */
export function FileList({ files, more = 0 }: { files: readonly ListedFile[]; more?: number }) {
  return (
    <div className="mt-3 border-t border-border pt-3">
      <p className="mb-1.5 flex items-center gap-1.5 text-label text-muted">
        <Paperclip aria-hidden size={13} /> {plural(files.length + more, 'attachment')}
      </p>
      <ul className="flex flex-wrap gap-2">
        {files.map((file, index) => (
          <li key={`${index} ${file.name}`} className="max-w-full">
            {file.url ? (
              <a
                href={file.url}
                download={file.name}
                className="inline-flex max-w-full items-center gap-1.5 rounded-md border border-border bg-raised px-2.5 py-1 text-table hover:bg-sunken"
              >
                <Download aria-hidden size={14} className="shrink-0" />
                <span className="truncate">{file.name}</span>
                <Size {...file} />
              </a>
            ) : (
              <span className="inline-flex max-w-full items-center gap-1.5 rounded-md border border-dashed border-border px-2.5 py-1 text-table text-muted">
                <span className="truncate">{file.name}</span>
                <Size {...file} />
              </span>
            )}
          </li>
        ))}
      </ul>
      {more > 0 && <p className="mt-1.5 text-label text-muted">and {more} more, not kept</p>}
    </div>
  );
}

const Size = ({ sizeBytes, note }: ListedFile) => (
  <span className="shrink-0 text-muted">
    {sizeWords(sizeBytes)}
    {note && `, ${note}`}
  </span>
);
