import { Paperclip, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { listSharedFiles, type SharedFile, shareFile, stopSharing } from '../../api/collections.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { FileDrop } from '../../components/file-drop.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, InlineError, LinesSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { formatMoment, plural } from '../../format/dates.ts';
import { FILE_KINDS, FILE_WORDS, sizeWords } from '../../format/files.ts';
import { useRefreshCollections } from './refresh.ts';

/** Files that go along with mails: terms, delivery notes, price lists. */
export function SharedFilesPage() {
  const files = usePages(['shared-files', 'list'], (cursor, signal) => listSharedFiles({ limit: PAGE_SIZE, cursor }, signal));
  const [removing, setRemoving] = useState<SharedFile | null>(null);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const refusal = useRefusal('collections.write');
  const refresh = useRefreshCollections();
  const share = async (file: File) => {
    setPending(true);
    setError(null);
    try {
      const shared = await shareFile(file);
      await refresh();
      done(`${shared.name} is shared. Put it on invoices from their pages.`);
    } catch (refused) {
      setError(refused);
    } finally {
      setPending(false);
    }
  };
  return (
    <Page
      title="Shared files"
      lead="Put a file on invoices, and templates with “shared files” attach it to their mails."
      back={{ label: 'Invoices', to: '/invoices' }}
    >
      <div className="space-y-5">
        {error !== null && <InlineError error={error} />}
        {!refusal && <FileDrop accept={FILE_KINDS} kinds={FILE_WORDS} pending={pending} onFile={(file) => void share(file)} />}
        <Card flush>
          {files.loading && <LinesSkeleton />}
          {files.error !== undefined && <Failure error={files.error} retry={files.retry} />}
          {!files.loading && files.error === undefined && files.rows.length === 0 && (
            <Empty icon={Paperclip} title="No shared files yet">
              Such as your terms, a delivery note or a bank confirmation.
            </Empty>
          )}
          <ul className="divide-y divide-border">
            {files.rows.map((file) => (
              <li key={file.id} className="flex items-center gap-3 px-4 py-2.5">
                <Paperclip aria-hidden size={16} className="shrink-0 text-muted" />
                <div className="min-w-0 flex-1">
                  <a href={`/v1/shared-files/${file.id}/content`} className="link block truncate font-medium">
                    {file.name}
                  </a>
                  <p className="text-table text-muted">
                    {sizeWords(file.sizeBytes)} · {file.invoiceCount === 0 ? 'on no invoice' : `on ${plural(file.invoiceCount, 'invoice')}`} · {file.sharedBy},{' '}
                    {formatMoment(file.createdAt)}
                  </p>
                </div>
                <IconButton
                  icon={Trash2}
                  size="small"
                  label={`Stop sharing ${file.name}`}
                  blockedBecause={refusal}
                  onClick={() => refusal === undefined && setRemoving(file)}
                />
              </li>
            ))}
          </ul>
          {files.more.available && (
            <div className="p-4">
              <Button size="small" pending={files.more.loading} onClick={files.more.load}>
                Show more
              </Button>
            </div>
          )}
        </Card>
      </div>
      {removing && (
        <FormDialog
          open
          onClose={() => setRemoving(null)}
          danger
          title={`Stop sharing ${removing.name}`}
          action="Stop sharing"
          onSubmit={async () => {
            await stopSharing(removing.id);
            await refresh();
            done(`${removing.name} is not shared any more.`);
          }}
        >
          <p>
            {removing.invoiceCount === 0 ? 'It is on no invoice.' : `It goes off ${plural(removing.invoiceCount, 'invoice')}.`} Mails that carried it stay as
            they are.
          </p>
        </FormDialog>
      )}
    </Page>
  );
}
