import { Download, Paperclip } from 'lucide-react';
import { attachmentUrl, type ConversationMessage } from '../../api/inbox.ts';
import { plural } from '../../format/dates.ts';
import { sizeWords } from '../../format/files.ts';

/** What came, or went, with a mail. Pictures that stand among its text are there already. */
export function Attachments({ messageId, files, more = 0 }: { messageId: string; files: ConversationMessage['attachments']; more?: number }) {
  const shown = files.filter((file) => !file.inline);
  if (shown.length + more === 0) return null;
  return (
    <div className="mt-3 border-t border-border pt-3">
      <p className="mb-1.5 flex items-center gap-1.5 text-label text-muted">
        <Paperclip aria-hidden size={13} /> {plural(shown.length + more, 'attachment')}
      </p>
      <ul className="flex flex-wrap gap-2">
        {shown.map((file) => (
          <li key={file.position} className="max-w-full">
            {file.kept ? (
              <a
                href={attachmentUrl(messageId, file.position)}
                download={file.name}
                className="inline-flex max-w-full items-center gap-1.5 rounded-md border border-border bg-raised px-2.5 py-1 text-table hover:bg-sunken"
              >
                <Download aria-hidden size={14} className="shrink-0" />
                <span className="truncate">{file.name}</span>
                <span className="shrink-0 text-muted">{sizeWords(file.sizeBytes)}</span>
              </a>
            ) : (
              <span className="inline-flex max-w-full items-center gap-1.5 rounded-md border border-dashed border-border px-2.5 py-1 text-table text-muted">
                <span className="truncate">{file.name}</span>
                <span className="shrink-0">{sizeWords(file.sizeBytes)}, not kept</span>
              </span>
            )}
          </li>
        ))}
      </ul>
      {more > 0 && <p className="mt-1.5 text-label text-muted">and {more} more, not kept</p>}
    </div>
  );
}
