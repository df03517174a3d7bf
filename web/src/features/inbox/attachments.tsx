import { attachmentUrl, type ConversationMessage } from '../../api/inbox.ts';
import { FileList } from '../../components/file-list.tsx';

/** What came, or went, with a mail. Pictures that stand among its text are there already. */
export function Attachments({ messageId, files, more = 0 }: { messageId: string; files: ConversationMessage['attachments']; more?: number }) {
  const shown = files.filter((file) => !file.inline);
  if (shown.length + more === 0) return null;
  return (
    <FileList
      more={more}
      files={shown.map(({ name, sizeBytes, kept, position }) => ({
        name,
        sizeBytes,
        ...(kept ? { url: attachmentUrl(messageId, position) } : { url: null, note: 'not kept' }),
      }))}
    />
  );
}
