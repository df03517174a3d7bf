import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import { listUploadErrors, undoUpload, type UploadDetail, uploadQuery } from '../../api/intake.ts';
import { usePages } from '../../api/pages.ts';
import { useRefusal } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { Card, Facts, Figure, Note, Page } from '../../components/page.tsx';
import { Failure, PageSkeleton } from '../../components/states.tsx';
import { done } from '../../components/toast.tsx';
import { formatMoment, plural } from '../../format/dates.ts';
import { formatCount } from '../../format/money.ts';
import { RowErrors } from './row-errors.tsx';
import { sourceWords, UploadStatus } from './uploads-page.tsx';

type Undone = Awaited<ReturnType<typeof undoUpload>>;

/** One upload: what came of its rows, which were refused and why, and the way back. */
export function UploadPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const upload = useQuery(uploadQuery(id));
  if (upload.isPending) return <PageSkeleton />;
  if (upload.isError) return <Failure error={upload.error} retry={() => void upload.refetch()} />;
  return <UploadView upload={upload.data} />;
}

function UploadView({ upload }: { upload: UploadDetail }) {
  const errors = usePages(['upload', upload.id, 'errors'], (cursor, signal) => listUploadErrors(upload.id, cursor, signal));
  const [undoing, setUndoing] = useState(false);
  const [undone, setUndone] = useState<Undone | null>(null);
  const queries = useQueryClient();
  const refusal = useRefusal('intake.write');
  const changed = upload.created + upload.updated + upload.closed;
  return (
    <Page
      title={upload.fileName ?? `Upload by ${sourceWords[upload.source]}`}
      beside={<UploadStatus upload={upload} />}
      back={{ label: 'Uploads', to: '/import/uploads' }}
      lead={`${upload.kind === 'invoices' ? 'Invoices' : 'Customers'}, ${formatMoment(upload.startedAt)}, by ${upload.actorName}`}
      actions={
        <Button
          icon={Undo2}
          blockedBecause={refusal ?? (upload.undoneAt ? 'It is undone already.' : changed === 0 ? 'It changed nothing.' : undefined)}
          onClick={() => setUndoing(true)}
        >
          Undo this upload
        </Button>
      }
    >
      <div className="space-y-5">
        {undone && <KeptRows undone={undone} kind={upload.kind} />}
        <Card>
          <div className="grid grid-cols-2 gap-4 sm:grid-cols-6">
            <Figure label="Rows">{formatCount(upload.received)}</Figure>
            <Figure label="New">{formatCount(upload.created)}</Figure>
            <Figure label="Changed">{formatCount(upload.updated)}</Figure>
            <Figure label="Unchanged">{formatCount(upload.unchanged)}</Figure>
            <Figure label="Left out">{formatCount(upload.failed)}</Figure>
            <Figure label="Closed">{formatCount(upload.closed)}</Figure>
          </div>
        </Card>
        <RowErrors rows={errors.rows} total={upload.failed} />
        {errors.more.available && (
          <Button size="small" pending={errors.more.loading} onClick={errors.more.load}>
            Show more rows
          </Button>
        )}
        <Card title="Details">
          <Facts
            columns={2}
            items={[
              ['Came by', sourceWords[upload.source]],
              ['File', upload.fileName],
              ['All open items', upload.snapshot ? 'Yes: what it did not name was closed' : null],
              ['Finished', upload.finishedAt && formatMoment(upload.finishedAt)],
              ['Undone', upload.undoneAt && formatMoment(upload.undoneAt)],
            ]}
          />
        </Card>
      </div>
      <FormDialog
        open={undoing}
        onClose={() => setUndoing(false)}
        danger
        title="Undo this upload"
        action={`Take back ${plural(changed, 'row')}`}
        onSubmit={async () => {
          const answer = await undoUpload(upload.id);
          setUndone(answer);
          await queries.invalidateQueries();
          done(
            `${plural(answer.removed, 'row')} removed, ${formatCount(answer.restored)} as before${answer.keptCount > 0 ? `, ${formatCount(answer.keptCount)} kept` : ''}.`,
          );
        }}
      >
        <p>New rows are removed and changed ones become what they were. A row that was paid, reminded of or changed since stays, and you are told which.</p>
      </FormDialog>
    </Page>
  );
}

function KeptRows({ undone, kind }: { undone: Undone; kind: UploadDetail['kind'] }) {
  if (undone.keptCount === 0)
    return (
      <Note tone="positive">
        The upload is undone: {plural(undone.removed, 'row')} removed, {formatCount(undone.restored)} as before.
      </Note>
    );
  return (
    <Card title={`${plural(undone.keptCount, 'row stays', 'rows stay')}, because something happened since`} flush>
      <ul className="max-h-72 divide-y divide-border overflow-y-auto border-t border-border">
        {undone.kept.map((row) => (
          <li key={row.id} className="flex flex-wrap gap-x-4 px-4 py-2.5">
            <Link to={`/${kind}/${row.id}` as never} className="font-medium hover:underline">
              {row.number}
            </Link>
            <span className="text-muted">{row.message}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
