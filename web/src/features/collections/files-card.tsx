import { useQuery } from '@tanstack/react-query';
import { Paperclip, Plus, X } from 'lucide-react';
import { useState } from 'react';
import { filesOfQuery, linkFile, listSharedFiles, type SharedFile, shareFile, unlinkFile } from '../../api/collections.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useRefusal } from '../../api/session.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { FileDrop } from '../../components/file-drop.tsx';
import { Card } from '../../components/page.tsx';
import { InlineError } from '../../components/states.tsx';
import { done, failed } from '../../components/toast.tsx';
import { plural } from '../../format/dates.ts';
import { FILE_KINDS, FILE_WORDS, sizeWords } from '../../format/files.ts';
import { useRefreshCollections } from './refresh.ts';

/** The shared files on an invoice, which templates can attach. */
export function FilesCard({ invoice }: { invoice: { id: string; number: string } }) {
  const files = useQuery(filesOfQuery(invoice.id));
  const [adding, setAdding] = useState(false);
  const refusal = useRefusal('collections.write');
  const refresh = useRefreshCollections();
  const take = async (file: SharedFile) => {
    try {
      await unlinkFile(invoice.id, file.id);
      await refresh();
      done(`${file.name} taken off ${invoice.number}.`, async () => {
        await linkFile(file.id, [invoice.id]);
        await refresh();
      });
    } catch (error) {
      failed(error);
    }
  };
  return (
    <Card
      title="Shared files"
      flush
      actions={
        <Button size="small" icon={Plus} blockedBecause={refusal} onClick={() => setAdding(true)}>
          Add
        </Button>
      }
    >
      {files.data?.length === 0 && <p className="px-4 pb-4 text-table text-muted">None. Templates with “shared files” attach what stands here.</p>}
      <ul className="divide-y divide-border border-t border-border empty:border-0">
        {files.data?.map((file) => (
          <li key={file.id} className="flex items-center gap-3 px-4 py-2">
            <Paperclip aria-hidden size={15} className="shrink-0 text-muted" />
            <a href={`/v1/shared-files/${file.id}/content`} className="link min-w-0 flex-1 truncate">
              {file.name}
            </a>
            <span className="figures shrink-0 text-label text-muted">{sizeWords(file.sizeBytes)}</span>
            <IconButton
              icon={X}
              size="small"
              label={`Take ${file.name} off`}
              blockedBecause={refusal}
              onClick={() => refusal === undefined && void take(file)}
            />
          </li>
        ))}
      </ul>
      {adding && <ChooseFileDialog invoices={[invoice]} onClose={() => setAdding(false)} />}
    </Card>
  );
}

/** A file of the company, or a new one, put on invoices. */
export function ChooseFileDialog({ invoices, onClose }: { invoices: readonly { id: string; number: string }[]; onClose: () => void }) {
  const files = usePages(['shared-files', 'choose'], (cursor, signal) => listSharedFiles({ limit: PAGE_SIZE, cursor }, signal));
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const refresh = useRefreshCollections();
  const put = async (find: () => Promise<SharedFile>) => {
    setPending(true);
    setError(null);
    try {
      const file = await find();
      await linkFile(
        file.id,
        invoices.map((invoice) => invoice.id),
      );
      await refresh();
      done(`${file.name} is on ${invoices.length === 1 ? invoices[0]!.number : plural(invoices.length, 'invoice')}.`);
      onClose();
    } catch (refusal) {
      setError(refusal);
    } finally {
      setPending(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={invoices.length === 1 ? `Add a file to ${invoices[0]!.number}` : `Add a file to ${plural(invoices.length, 'invoice')}`}
      footer={<Button onClick={onClose}>Cancel</Button>}
    >
      <div className="space-y-4">
        {error !== null && <InlineError error={error} />}
        <FileDrop accept={FILE_KINDS} kinds={FILE_WORDS} pending={pending} onFile={(file) => void put(() => shareFile(file))} />
        {files.rows.length > 0 && (
          <section aria-label="Files that are shared already">
            <h3 className="mb-1 text-table font-medium">Or one that is shared already</h3>
            <ul className="divide-y divide-border rounded-md border border-border">
              {files.rows.map((file) => (
                <li key={file.id} className="flex items-center gap-3 px-3 py-1.5">
                  <span className="min-w-0 flex-1 truncate">{file.name}</span>
                  <span className="figures shrink-0 text-label text-muted">{sizeWords(file.sizeBytes)}</span>
                  <Button size="small" pending={pending} onClick={() => void put(() => Promise.resolve(file))}>
                    Choose
                  </Button>
                </li>
              ))}
            </ul>
            {files.more.available && (
              <Button size="small" className="mt-2" pending={files.more.loading} onClick={files.more.load}>
                Show more
              </Button>
            )}
          </section>
        )}
      </div>
    </Dialog>
  );
}
